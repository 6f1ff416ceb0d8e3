"""Exclusive areas in square metres, two decimals; decided on as whole hundredths of a square metre."""

import re
from decimal import Decimal

from kernel.decimals import CENT, Fault, NotExactError, two_places
from kernel.errors import DomainError
from kernel.text import clean

# Decimal(12, 2): the unit's column.
DIGITS = 12
_UNIT = re.compile(r"\s*(?:平方米|平方|平米|平|m2|m\^2|M2)$")
# What needs no reading at all; most of a long roster is written so.
_PLAIN = re.compile(r"[1-9]\d{0,6}\.\d\d", re.ASCII)
_WORDS = {
    Fault.NOT_A_NUMBER: "面积“{shown}”不是数字，请写成 89.50 这样的平方米数。",
    Fault.TOO_PRECISE: "面积“{shown}”超过两位小数，请按不动产登记的两位小数填写。",
    Fault.TOO_LARGE: "面积“{shown}”太大，请核对。",
}


class AreaError(DomainError):
    """What was written is not an area; the message says why."""


def parse_area(value: object, *, field: str | None = None) -> Decimal:
    """An area in m² with two decimals, more than zero.

    Understands 89.5㎡, 114.02平方米, １１２．８９ and spreadsheet floats with noise. Raises AreaError naming
    `field` for anything else: nothing, 约九十, -88.5, 0, a third decimal.
    """
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return Decimal(value)
    number = value if value is not None else ""
    if isinstance(number, str):
        number = _UNIT.sub("", clean(number))
        if number == "":
            raise AreaError("缺少面积。", field=field)
    try:
        area = two_places(number, digits=DIGITS)
    except NotExactError as error:
        raise AreaError(_WORDS[error.fault].format(shown=clean(str(value))[:20]), field=field) from error
    if area <= 0:
        raise AreaError(f"面积“{clean(str(value))[:20]}”必须大于 0。", field=field)
    return area


def to_hundredths(area: Decimal) -> int:
    """Whole hundredths of a square metre. Raises ValueError for a finer area, which no stored area is."""
    hundredths = area * 100
    if hundredths != hundredths.to_integral_value():
        raise ValueError(f"{area} m² is not a whole number of hundredths")
    return int(hundredths)


def from_hundredths(hundredths: int) -> Decimal:
    """Square metres with two decimals."""
    return (Decimal(hundredths) / 100).quantize(CENT)
