"""Reading exact two-place numbers from text and spreadsheet cells; money and areas build on it.

Never rounds what a person wrote: a third decimal is refused. Only the noise of binary floats, which spreadsheets
put into their files (91.95999999999999 for 91.96), is removed.
"""

import math
import re
from decimal import Decimal
from enum import Enum

CENT = Decimal("0.01")
# Either plain digits or thousands in groups of three; `1,23` is ambiguous and refused.
_NUMBER = re.compile(r"([+-]?)(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d*))?", re.ASCII)
_MINUS_SIGNS = str.maketrans("−–—﹣", "----")
# A sum of some cells differs from its decimal value by a few units in the last place, never by more.
_NOISE_ULPS = 8


class Fault(Enum):
    """Why something is not an exact two-place number; the caller has the words for it."""

    NOT_A_NUMBER = "not a number"
    TOO_PRECISE = "more than two decimals"
    TOO_LARGE = "too many digits"


class NotExactError(ValueError):
    """Carries the `Fault`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def two_places(value: object, *, digits: int) -> Decimal:
    """The exact value with two decimals and at most `digits` digits in all.

    Takes text, already cleaned of units and currency signs, and numbers; of anything else a spreadsheet may hold
    (dates, truth values) it says that it is no number. Raises NotExactError.
    """
    if isinstance(value, str):
        return _from_text(value, digits=digits)
    if isinstance(value, float):
        number = _from_float(value)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        number = Decimal(value)
    else:
        raise NotExactError(Fault.NOT_A_NUMBER)
    if not number.is_finite():
        raise NotExactError(Fault.NOT_A_NUMBER)
    if abs(number) >= 10 ** (digits - 2):
        raise NotExactError(Fault.TOO_LARGE)
    exact = number.quantize(CENT)
    if exact != number:
        raise NotExactError(Fault.TOO_PRECISE)
    return abs(exact) if exact.is_zero() else exact


def _from_text(text: str, *, digits: int) -> Decimal:
    match = _NUMBER.fullmatch(text if text.isascii() else text.translate(_MINUS_SIGNS))
    if match is None:
        raise NotExactError(Fault.NOT_A_NUMBER)
    sign, whole, fraction = match.groups("")
    if "," in whole:
        whole = whole.replace(",", "")
    if len(whole) > digits - 2 and len(whole.lstrip("0")) > digits - 2:
        raise NotExactError(Fault.TOO_LARGE)
    if len(fraction) > 2 and fraction[2:].strip("0"):
        raise NotExactError(Fault.TOO_PRECISE)
    number = Decimal(f"{sign}{whole}.{fraction[:2]:0<2}")
    return abs(number) if number.is_zero() else number


def _from_float(value: float) -> Decimal:
    if not math.isfinite(value):
        raise NotExactError(Fault.NOT_A_NUMBER)
    rounded = round(value, 2)
    noise = min(_NOISE_ULPS * math.ulp(max(abs(value), 1.0)), 0.0005)
    if abs(value - rounded) > noise:
        raise NotExactError(Fault.TOO_PRECISE)
    return Decimal(repr(rounded))
