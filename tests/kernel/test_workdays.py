"""Terms in working days, with the holiday table handed in (Civil Code arts. 201, 203)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.workdays import add_workdays, shift_off_rest_day

# National Day 2026 with its two working weekend days, as the State Council's notice gives such things.
REST = {date(2026, 10, day) for day in range(1, 8)}
WORKING_WEEKENDS = {date(2026, 9, 27), date(2026, 10, 10)}


def is_workday(day: date) -> bool:
    return day in WORKING_WEEKENDS or (day.weekday() < 5 and day not in REST)


def test_the_start_day_is_not_counted():
    assert add_workdays(date(2026, 9, 21), 1, is_workday) == date(2026, 9, 22)
    assert add_workdays(date(2026, 9, 21), 0, is_workday) == date(2026, 9, 21)


def test_a_term_runs_over_a_holiday_and_counts_the_working_saturday():
    assert add_workdays(date(2026, 9, 30), 3, is_workday) == date(2026, 10, 10)


def test_a_working_sunday_counts():
    assert add_workdays(date(2026, 9, 25), 1, is_workday) == date(2026, 9, 27)


def test_a_deadline_on_a_rest_day_moves_to_the_day_after_the_rest():
    assert shift_off_rest_day(date(2026, 10, 1), is_workday) == date(2026, 10, 8)
    assert shift_off_rest_day(date(2026, 10, 10), is_workday) == date(2026, 10, 10)


def test_a_calendar_without_working_days_is_an_error():
    with pytest.raises(ValueError, match="no working day"):
        shift_off_rest_day(date(2026, 1, 1), lambda _day: False)
    with pytest.raises(ValueError, match="cannot be negative"):
        add_workdays(date(2026, 1, 1), -1, is_workday)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 40), st.integers(0, 40))
def test_terms_add_up(start, first, second):
    once = add_workdays(start, first + second, is_workday)
    assert add_workdays(add_workdays(start, first, is_workday), second, is_workday) == once
    assert first + second == 0 or is_workday(once)
