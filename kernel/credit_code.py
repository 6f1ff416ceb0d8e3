"""Unified social credit codes (统一社会信用代码) and their check character, GB 32100-2015."""

from kernel.errors import DomainError
from kernel.text import clean

# GB 32100-2015 §4: digits and capitals without I, O, S, V, Z; a character's value is its place here.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# GB 32100-2015 §5: the weight of place i is 3^(i-1) mod 31.
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
LENGTH = 18


class CreditCodeError(DomainError):
    """The code is mistyped; the message says how."""


def check_character(body: str) -> str:
    """The 18th character for the first 17. Raises ValueError for characters outside the alphabet."""
    total = sum(weight * ALPHABET.index(char) for weight, char in zip(_WEIGHTS, body, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def parse_credit_code(text: str, *, field: str | None = None) -> str:
    """The 18 characters in capitals without spaces. Raises CreditCodeError naming `field`."""
    code = clean(text).replace(" ", "").upper()
    if len(code) != LENGTH:
        raise CreditCodeError(f"统一社会信用代码应为 18 位，现在是 {len(code)} 位。", field=field)
    if strange := [char for char in code if char not in ALPHABET]:
        raise CreditCodeError(
            f"统一社会信用代码中不会出现“{strange[0]}”，请核对（常见：O 与 0、I 与 1）。", field=field
        )
    if code[-1] != check_character(code[:-1]):
        raise CreditCodeError("统一社会信用代码的校验位不符，请逐位核对营业执照。", field=field)
    return code


def is_credit_code(code: str) -> bool:
    """Whether the text is a code exactly as it is stored: 18 capitals and digits with the right check character."""
    try:
        return parse_credit_code(code) == code
    except CreditCodeError:
        return False
