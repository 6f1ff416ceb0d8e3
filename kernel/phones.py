"""Mobile numbers of mainland China: eleven digits, kept without spaces, dashes or country code."""

import re

from kernel.errors import DomainError
from kernel.text import cell_text, clean

MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_COUNTRY_CODE = re.compile(r"^(?:\+|00)?86(?=1\d{10}$)", re.ASCII)
_PUNCTUATION = re.compile(r"[\s\-‐-―−()·.]")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)


class PhoneError(DomainError):
    """What was written is not a mobile number; the message says why."""


def parse_phone(value: object, *, field: str | None = None) -> str:
    """Eleven digits from text or a spreadsheet number. Raises PhoneError naming `field`."""
    if isinstance(value, str) and MOBILE.fullmatch(value):
        return value
    text = clean(cell_text(value))
    if MOBILE.fullmatch(text):
        return text
    if _SCIENTIFIC.fullmatch(text):
        raise PhoneError(f"电话“{text}”已被表格软件改成科学计数，请把该列设为文本后重新填写。", field=field)
    digits = _COUNTRY_CODE.sub("", _PUNCTUATION.sub("", text))
    if MOBILE.fullmatch(digits) is None:
        raise PhoneError(f"电话“{text[:20]}”不是 11 位手机号码。", field=field)
    return digits
