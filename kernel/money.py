"""Amounts in yuan: read from what people write, counted in whole fen, shown with thousands."""

import re
from decimal import Decimal

from kernel.decimals import CENT, Fault, NotExactError, two_places
from kernel.errors import DomainError
from kernel.text import clean

# Decimal(14, 2): the ledger's column.
DIGITS = 14
# The rule for "12.5元": the currency may stand once before or after the number and is dropped.
_CURRENCY = re.compile(r"^(?:人民币|RMB|CNY|¥)?\s*(.*?)\s*(?:元整|元|圆)?$", re.IGNORECASE)
_BRACKETED = re.compile(r"\((.+)\)")
_WORDS = {
    Fault.NOT_A_NUMBER: "金额“{shown}”无法识别，请只写数字，例如 1234.50。",
    Fault.TOO_PRECISE: "金额“{shown}”超过两位小数，最小单位是分（0.01 元）。",
    Fault.TOO_LARGE: "金额“{shown}”太大，最多 12 位整数。",
}


class AmountError(DomainError):
    """What was written is not an amount of money; the message says why."""


def parse_amount(value: object, *, signed: bool = False, field: str | None = None) -> Decimal:
    """An amount in yuan with two decimals.

    Understands １２.５, 1,234.50, ¥12, 12.5元 and, where `signed`, -12, −12 and (12). Floats come from spreadsheet
    cells and are accepted when they differ from two decimals only by float noise. Refuses, as AmountError naming
    `field`: nothing, 0.001, NaN, Infinity, 1e309, more than 14 digits, and negatives unless `signed`.
    """
    shown = clean(str(value))[:30] if value is not None else ""
    if shown == "":
        raise AmountError("请填写金额。", field=field)
    try:
        amount = two_places(_number_part(value) if isinstance(value, str) else value, digits=DIGITS)
    except NotExactError as error:
        raise AmountError(_WORDS[error.fault].format(shown=shown), field=field) from error
    if amount < 0 and not signed:
        raise AmountError(f"金额“{shown}”不能为负数。", field=field)
    return amount


def _number_part(text: str) -> str:
    match = _CURRENCY.match(clean(text))
    number = (match.group(1) if match else "").replace(" ", "")
    # Accountants write a negative amount in brackets.
    bracketed = _BRACKETED.fullmatch(number)
    return f"-{bracketed.group(1)}" if bracketed else number


def to_fen(amount: Decimal) -> int:
    """Whole fen. Raises ValueError when the amount has fractions of a fen, which no stored amount has."""
    fen = amount * 100
    if fen != fen.to_integral_value():
        raise ValueError(f"{amount} yuan is not a whole number of fen")
    return int(fen)


def from_fen(fen: int) -> Decimal:
    """Yuan with two decimals."""
    return (Decimal(fen) / 100).quantize(CENT)


def yuan(amount: Decimal) -> str:
    """1,234.50, with the true minus sign (U+2212) where negative."""
    return f"{amount:,.2f}".replace("-", "−")


def signed_yuan(amount: Decimal) -> str:
    """+1,234.50 / −1,234.50 / 0.00."""
    return f"+{yuan(amount)}" if amount > 0 else yuan(amount)
