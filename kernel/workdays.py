"""Counting working days; what a working day is comes from the caller (an editable holiday table)."""

from collections.abc import Callable
from datetime import date, timedelta

IsWorkday = Callable[[date], bool]
_ONE_DAY = timedelta(days=1)
# No holiday is nearly as long; a table that knows no working day at all must not hang the caller.
_LONGEST_REST = 60


def shift_off_rest_day(day: date, is_workday: IsWorkday) -> date:
    """The day itself, or the first working day after the rest (Civil Code art. 203). Raises ValueError after 60."""
    for ahead in range(_LONGEST_REST + 1):
        if is_workday(day + ahead * _ONE_DAY):
            return day + ahead * _ONE_DAY
    raise ValueError(f"no working day within {_LONGEST_REST} days of {day}")


def add_workdays(start: date, count: int, is_workday: IsWorkday) -> date:
    """The last day of a term of `count` working days; the start day is not counted (Civil Code art. 201).

    0 gives the start itself. Raises ValueError for a negative count.
    """
    if count < 0:
        raise ValueError("a term cannot be negative")
    day = start
    for _ in range(count):
        day = shift_off_rest_day(day + _ONE_DAY, is_workday)
    return day
