"""How amounts, days, periods and people are worded on a page. Loaded into every template (settings.TEMPLATES)."""

from datetime import date, datetime
from decimal import Decimal

from django import template

from baogai.references import page_for_auditors, page_of
from kernel import days, masking, money, shares
from kernel.fields import Reference
from kernel.periods import Period
from supervision.models import Obligation

register = template.Library()

_WEEKDAYS = "一二三四五六日"
_NOTHING = "—"


@register.filter
def yuan(amount: Decimal | None) -> str:
    """1,234.50, or a dash where there is no amount."""
    return _NOTHING if amount is None else money.yuan(amount)


@register.filter
def signed_yuan(amount: Decimal | None) -> str:
    """+1,234.50 / −1,234.50."""
    return _NOTHING if amount is None else money.signed_yuan(amount)


@register.filter
def fen_yuan(fen: int | None) -> str:
    """Whole fen of a frozen disclosure, shown in yuan."""
    return _NOTHING if fen is None else money.yuan(money.from_fen(int(fen)))


@register.filter
def long_date(day: date | datetime | None) -> str:
    """2026年1月5日; a moment is worded by its day in Beijing."""
    if day is None or day == "":
        return _NOTHING
    return days.long_date(days.local_day(day) if isinstance(day, datetime) else day)


@register.filter
def short_date(day: date | datetime | None) -> str:
    """1月5日, where the year is plain from the heading."""
    if day is None or day == "":
        return _NOTHING
    plain = days.local_day(day) if isinstance(day, datetime) else day
    return f"{plain.month}月{plain.day}日"


@register.filter
def moment(at: datetime | None) -> str:
    """2026年1月5日 14:05, Beijing time."""
    return _NOTHING if at is None else days.long_moment(at)


@register.filter
def weekday(day: date) -> str:
    """星期四."""
    return f"星期{_WEEKDAYS[day.weekday()]}"


@register.filter
def days_left(due_on: date, on: date) -> str:
    """还剩 5 天 / 今天截止 / 已逾期 3 天."""
    return days.days_left_words(due_on, on)


@register.simple_tag
def deadline(obligation: Obligation) -> str:
    """2026年11月5日（原 10月31日，因系统故障延期）: the day that counts, and why where an extension moved it."""
    shown = long_date(obligation.deadline_on)
    if obligation.extension is None:
        return shown
    return f"{shown}（原{short_date(obligation.unextended_on)}，因{obligation.extension.reason}延期）"


@register.filter
def period_label(code: str) -> str:
    """2026Q3 → 2026年第三季度."""
    return Period.parse(code).label


@register.filter
def percent(part: int | None, whole: int | None) -> str:
    """36 of 47 → 77%, rounded half up on whole numbers; a dash where there is nothing to divide."""
    if not whole or part is None:
        return _NOTHING
    return f"{(200 * part + whole) // (2 * whole)}%"


@register.filter
def exact_percent(part: int | None, whole: int | None) -> str:
    """4,999 of 10,000 → 49.99%, rounded half up on whole numbers; decisions compare the numbers, never this."""
    if not whole or part is None:
        return _NOTHING
    return shares.percent_words(part, whole)


@register.filter
def clause(text: str) -> str:
    """四（三）1 → 依据：方案四（三）1; other documents stand as they are named."""
    if not text:
        return ""
    named = text if text.startswith(("方案", "《", "民法典", "依据", "本系统")) else f"方案{text}"
    return named if named.startswith("依据") else f"依据：{named}"


@register.filter
def mask_name(name: str) -> str:
    """张三 → 张*; organisations stay as they are."""
    return masking.mask_name(name)


@register.filter
def mask_phone(phone: str) -> str:
    """138****1234."""
    return masking.mask_phone(phone)


@register.filter
def mask_numbers(text: str) -> str:
    """A free text without mobiles, identity numbers and bank cards."""
    return masking.mask_numbers(text)


@register.filter
def mask_account(tail: str) -> str:
    """****0421."""
    return masking.mask_account(tail)


@register.filter
def area(square_metres: Decimal | None) -> str:
    """1,234.50 m²."""
    return _NOTHING if square_metres is None else f"{square_metres:,.2f} m²"


@register.filter
def fingerprint(hexadecimal: str) -> str:
    """The first 16 hex digits in groups of four, as a poster shows them."""
    shown = hexadecimal[:16]
    return " ".join(shown[start : start + 4] for start in range(0, len(shown), 4))


@register.filter
def page_of_reference(reference: Reference | None) -> str:
    """The address of what a message or record points at; empty where it has no page."""
    return page_of(reference)


@register.filter
def page_for_auditors_of(reference: Reference | None) -> str:
    """The address of what a line of the action trail is about; empty where its reader may not enter."""
    return page_for_auditors(reference)
