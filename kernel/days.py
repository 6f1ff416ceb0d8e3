"""Legal day counting in Beijing time.

A deadline is a date; its last moment is 24:00 of that day in Asia/Shanghai (Civil Code arts. 200-204),
so a thing is late from the next local midnight. Lateness is always computed, never stored.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local_day(moment: datetime) -> date:
    """The calendar day in Shanghai on which an aware moment falls."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone has no day")
    return moment.astimezone(SHANGHAI).date()


def today() -> date:
    """Today in Shanghai. Only views, tasks and commands ask; rules and services take the day as an argument."""
    return datetime.now(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """The first moment of a day in Shanghai, as an aware datetime."""
    return datetime.combine(day, time.min, tzinfo=SHANGHAI)


def late_from(due_on: date) -> datetime:
    """The first moment at which something due on `due_on` is late: the next local midnight."""
    return start_of(due_on + timedelta(days=1))


def is_late(due_on: date, *, done_at: datetime | None, on: date) -> bool:
    """Whether a duty due on `due_on` was done late, or is not done and overdue on the day `on`."""
    if done_at is not None:
        return done_at >= late_from(due_on)
    return on > due_on


def days_left(due_on: date, on: date) -> int:
    """Whole days until the due day; 0 on the day itself, negative when overdue."""
    return (due_on - on).days


def days_left_words(due_on: date, on: date) -> str:
    """还剩 5 天 / 今天截止 / 已逾期 3 天."""
    left = days_left(due_on, on)
    if left > 0:
        return f"还剩 {left} 天"
    return "今天截止" if left == 0 else f"已逾期 {-left} 天"


def notice_satisfied(posted_on: date, event_on: date, *, days: int) -> bool:
    """Whether `days` full days lie between posting and event; the day of posting is not counted (art. 201)."""
    return (event_on - posted_on).days >= days


def long_date(day: date) -> str:
    """2026年1月5日, without zero padding (GB/T 9704-2012)."""
    return f"{day.year}年{day.month}月{day.day}日"


def long_moment(at: datetime) -> str:
    """2026年1月5日 14:05, Beijing time."""
    return f"{long_date(local_day(at))} {at.astimezone(SHANGHAI):%H:%M}"
