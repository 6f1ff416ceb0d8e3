"""Days on which something falls due, from the rollup; of who bears duties themselves, from their own obligations.

The cost grows with days and duties, never with compounds: a town's figures stand in the board's cells already.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from icalendar import Alarm, Calendar, Event

from baogai.board import SHORT_NAMES, Tally, short_period
from communities.models import Village
from communities.permissions import COMMITTEE_ROLES, FIRM_ROLES, Standing
from kernel.days import SHANGHAI, days_left_words
from kernel.periods import Period, month_end
from supervision.models import BoardCell, Obligation
from supervision.rules import Duty, clause_of
from supervision.services.holidays import DayMark

_SOON = timedelta(days=7)
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


@dataclass
class Due:
    """One duty of one period that falls due on a day, counted over one's reach."""

    on: date
    duty: Duty
    period: Period
    tally: Tally = field(default_factory=Tally)

    @property
    def name(self) -> str:
        return SHORT_NAMES.get(self.duty, self.duty.label)

    @property
    def period_name(self) -> str:
        return short_period(self.period)

    def chip(self, today: date) -> dict[str, str]:
        """State in icon, words and colour: 公示 2/5 逾期 3."""
        tally, counted = self.tally, f"{self.name} {self.tally.done}/{self.tally.total}"
        if not tally.open:
            return {"state": "done", "symbol": "check-circle", "words": f"{counted} 已完成"}
        if tally.overdue:
            return {"state": "late", "symbol": "exclamation-circle", "words": f"{counted} 逾期 {tally.overdue}"}
        state = "soon" if self.on <= today + _SOON else "calm"
        return {"state": state, "symbol": "clock", "words": counted}


@dataclass(frozen=True)
class Day:
    """One square of the month, one line of the week."""

    on: date
    dues: Sequence[tuple[Due, dict[str, str]]]
    mark: DayMark | None
    is_today: bool
    in_month: bool

    @property
    def is_rest(self) -> bool:
        return self.mark.is_rest if self.mark else self.on.isoweekday() > 5


def month_of(day: date) -> tuple[date, date]:
    """The month's first and last day."""
    return day.replace(day=1), month_end(day.year, day.month)


def week_of(day: date) -> tuple[date, date]:
    """Monday to Sunday."""
    monday = day - _DAY * day.weekday()
    return monday, monday + _DAY * 6


def dues_between(
    standing: Standing, first: date, last: date, *, village: Village | None = None, duty: str = ""
) -> list[Due]:
    """What falls due from `first` to `last` in the person's reach, by day; at most two statements."""
    found: dict[tuple[date, str, str], Due] = {}

    def at(key: tuple[date, str, str]) -> Tally:
        on, duty_code, period = key
        return found.setdefault(key, Due(on, Duty(duty_code), Period.parse(period))).tally

    wanted = Q(deadline_on__range=(first, last)) & (Q(duty=duty) if duty else Q())
    overseen = standing.town_ids or standing.village_ids
    if overseen:
        cells = BoardCell.objects.filter(
            Q(town_id__in=standing.town_ids) | Q(village_id__in=standing.village_ids), wanted, total__gt=0
        )
        for cell in cells.filter(village=village) if village else cells:
            at((cell.deadline_on, cell.duty, cell.period)).add(cell, standing.on)
    if not overseen or any(h.role in COMMITTEE_ROLES | FIRM_ROLES for h in standing.holdings):
        for on, duty_code, period, total, on_time, late in _own_counts(standing, wanted, village):
            tally = at((on, duty_code, period))
            tally.total, tally.on_time, tally.late = tally.total + total, tally.on_time + on_time, tally.late + late
            tally.overdue += total - on_time - late if on < standing.on else 0
    order = list(Duty)
    return sorted(found.values(), key=lambda due: (due.on, order.index(due.duty), due.period.first))


def _own_counts(
    standing: Standing, wanted: Q, village: Village | None
) -> Iterable[tuple[date, str, str, int, int, int]]:
    """Of a bearer's own obligations; what is overseen is counted from the cells already."""
    own = Obligation.objects.visible_to(standing).filter(wanted, released_on__isnull=True)
    if standing.town_ids or standing.village_ids:
        own = own.exclude(town_id__in=standing.town_ids).exclude(compound__village_id__in=standing.village_ids)
    if village:
        own = own.filter(compound__village=village)
    return (
        own.order_by()
        .alias(done_on=TruncDate("fulfilled_at", tzinfo=SHANGHAI))
        .values_list("deadline_on", "duty", "period")
        .annotate(
            total=Count("pk"),
            on_time=Count("pk", filter=Q(done_on__lte=F("deadline_on"))),
            late=Count("pk", filter=Q(done_on__gt=F("deadline_on"))),
        )
    )


def weeks_of(
    first: date, last: date, dues: Iterable[Due], marks: Mapping[date, DayMark], *, month: date, today: date
) -> list[list[Day]]:
    """Whole weeks from Monday to Sunday that cover the days `first` … `last`."""
    by_day: dict[date, list[tuple[Due, dict[str, str]]]] = {}
    for due in dues:
        by_day.setdefault(due.on, []).append((due, due.chip(today)))

    def square(on: date) -> Day:
        in_month = (on.year, on.month) == (month.year, month.month)
        return Day(on, by_day.get(on, []), marks.get(on), on == today, in_month)

    monday, weeks = week_of(first)[0], []
    while monday <= last:
        weeks.append([square(monday + _DAY * ahead) for ahead in range(7)])
        monday += _WEEK
    return weeks


def as_ics(dues: Iterable[Due], *, owner: str, page_of: Any, host: str, at: datetime, today: date) -> bytes:
    """An iCalendar (RFC 5545) of all-day events, one per day, duty and period; counts and clauses, nobody's name.

    Taken in again, an event replaces the one of the last time: its UID stays. `page_of(due)` is its list's address.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//baogai//due days//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "宝盖镇小区监督·期限")
    for due in dues:
        key = f"{owner}:{due.duty.value}:{due.period.code}:{due.on.isoformat()}"
        event, tally = Event(), due.tally
        event.add("uid", f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@{host}")
        event.add("dtstamp", at)
        event.add("dtstart", due.on)
        event.add("dtend", due.on + _DAY)
        event.add("summary", f"{due.period.label}{due.duty.label}：{_open_words(tally)}")
        counted = f"应办 {tally.total} 件，已完成 {tally.done} 件，{days_left_words(due.on, today)}。"
        event.add("description", f"{counted}依据：{clause_of(due.duty)}。")
        event.add("url", page_of(due))
        event.add("transp", "TRANSPARENT")
        if tally.open:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", f"{due.duty.label}明天到期")
            alarm.add("trigger", -timedelta(days=1) + timedelta(hours=9))
            event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _open_words(tally: Tally) -> str:
    return f"还有 {tally.open} 件未完成" if tally.open else "已全部完成"
