"""Which days are working days: the editable table first, then the packaged calendar, then plain weekdays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar
from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from kernel.errors import DomainError
from supervision.models import Holiday

_SATURDAY = 5


@dataclass(frozen=True)
class WorkdayCalendar:
    """Answers `calendar(day)`: is it a working day? `table` holds the days entered by hand or loaded, True for rest."""

    table: Mapping[date, bool]

    def __call__(self, day: date) -> bool:
        if day in self.table:
            return not self.table[day]
        if is_packaged(day.year):
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < _SATURDAY

    def unknown_years(self, years: Iterable[int]) -> list[int]:
        """Years for which only weekdays are counted, because no notice of holidays is known."""
        entered = {day.year for day in self.table}
        return [year for year in years if year not in entered and not is_packaged(year)]


@dataclass(frozen=True)
class DayMark:
    """How a day differs from what its weekday says, or which holiday it is: 休 国庆节, 班 国庆节调休上班."""

    is_rest: bool
    name: str

    @property
    def word(self) -> str:
        return "休" if self.is_rest else "班"


def marks_between(first: date, last: date) -> dict[date, DayMark]:
    """The holidays and working weekends from `first` to `last`, in one statement: entered by hand, else packaged."""
    entered = {one.on: DayMark(one.is_rest, one.name) for one in Holiday.objects.filter(on__range=(first, last))}
    days = (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    found = ((day, entered[day] if day in entered else _packaged_mark(day)) for day in days)
    return {day: mark for day, mark in found if mark is not None}


def _packaged_mark(day: date) -> DayMark | None:
    """What the packaged calendar says of a day; nothing of plain days and of years it does not know."""
    if not is_packaged(day.year):
        return None
    is_rest, name = chinese_calendar.get_holiday_detail(day)
    if name is None:
        return None
    return DayMark(is_rest, _chinese_name(name, is_rest=is_rest))


def is_packaged(year: int) -> bool:
    """Whether the packaged calendar knows the State Council's notice for the year."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def workday_calendar() -> WorkdayCalendar:
    """The calendar as it stands, in one statement."""
    return WorkdayCalendar(dict(Holiday.objects.values_list("on", "is_rest")))


@transaction.atomic
def load_holidays(year: int, *, by: User | None) -> int:
    """Copy a year's holidays and working weekends from the packaged calendar into the table, to be edited there.

    Days already entered stay as they are. Returns how many were new. Raises DomainError for a year the package lacks.
    """
    if not is_packaged(year):
        raise DomainError(f"随程序的节假日表没有 {year} 年，请按国务院通知在“数据管理—节假日与调休”中逐日录入。")
    known = set(Holiday.objects.filter(on__year=year).values_list("on", flat=True))
    new = [holiday for holiday in _differing_days(year) if holiday.on not in known]
    Holiday.objects.bulk_create(new)
    if new:
        record_action("载入节假日", by=by, detail=f"{year} 年 {len(new)} 天")
    return len(new)


def _differing_days(year: int) -> Iterable[Holiday]:
    """The days of a year whose kind differs from what their weekday says."""
    day = date(year, 1, 1)
    while day.year == year:
        is_rest, name = chinese_calendar.get_holiday_detail(day)
        if is_rest != (day.weekday() >= _SATURDAY):
            yield Holiday(on=day, is_rest=is_rest, name=_chinese_name(name, is_rest=is_rest))
        day += timedelta(days=1)


def _chinese_name(name: str | None, *, is_rest: bool) -> str:
    chinese = next((holiday.chinese for holiday in chinese_calendar.Holiday if holiday.value == name), "")
    return chinese if is_rest else f"{chinese}调休上班"
