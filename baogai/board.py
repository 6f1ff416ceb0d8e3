"""The town's board, read from the rollup alone: its cost grows with villages and duties, never with compounds.

What a cell says is counted; whether its open ones are late follows from their deadline and the day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import F, Q, QuerySet

from communities.models import Village
from kernel.periods import Cadence, Period
from supervision.models import BoardCell
from supervision.rules import RULES, Bearer, Duty, Ground, clause_of

#: How far ahead a deadline may lie for its period to be the one a column shows.
_AHEAD = timedelta(days=45)
#: As many overdue in one cell, and it turns from light to deep red.
_MANY = 2
_RATE_QUARTERS = 4
_CHINESE = "一二三四"
SHORT_NAMES = {
    Duty.DISCLOSURE: "公示",
    Duty.UTILITIES_DETAIL: "月明细",
    Duty.OWNERS_FORUM: "座谈会",
    Duty.COMMITTEE_SURVEY: "测评",
    Duty.FIRM_APPRAISAL: "考评",
    Duty.REPORT_MEETING: "述职",
}


@dataclass
class Tally:
    """Counts of obligations, added up over any cells."""

    total: int = 0
    on_time: int = 0
    late: int = 0
    overdue: int = 0
    unposted: int = 0
    corrected: int = 0

    def add(self, cell: BoardCell, on: date) -> None:
        self.total += cell.total
        self.on_time += cell.done_on_time
        self.late += cell.done_late
        self.unposted += cell.unposted
        self.corrected += cell.corrected_late
        self.overdue += cell.open if cell.deadline_on < on else 0

    @property
    def done(self) -> int:
        return self.on_time + self.late

    @property
    def open(self) -> int:
        return self.total - self.done

    @property
    def state(self) -> str:
        """The cell's colour; its words carry the same."""
        if not self.total:
            return "none"
        if not self.open:
            return "done"
        if not self.overdue:
            return "soon"
        return "late" if self.overdue >= _MANY else "late-1"


@dataclass(frozen=True)
class Column:
    """One duty with the period the board shows of it."""

    duty: Duty
    period: Period
    deadline_on: date

    @property
    def name(self) -> str:
        return SHORT_NAMES[self.duty]

    @property
    def period_name(self) -> str:
        return short_period(self.period)


@dataclass(frozen=True)
class Row:
    """A village: one tally per column, and what is overdue there of any duty and period."""

    village: Village
    tallies: Sequence[tuple[Column, Tally]]
    overdue: int

    @property
    def state(self) -> str:
        if not self.overdue:
            return "done"
        return "late" if self.overdue >= _MANY else "late-1"


@dataclass(frozen=True)
class OwnLine:
    """A duty of the town's own bodies, added up over villages where it is owed for each compound."""

    duty: Duty
    period: Period
    deadline_on: date
    open: int
    total: int

    @property
    def clause(self) -> str:
        return clause_of(self.duty)


@dataclass(frozen=True)
class Rate:
    """How many of a quarter's disclosures were on time."""

    period: Period
    tally: Tally
    is_running: bool


@dataclass(frozen=True)
class Board:
    columns: Sequence[Column]
    rows: Sequence[Row]
    rates: Sequence[Rate]
    own: Sequence[OwnLine]
    disclosure: Tally = field(default_factory=Tally)
    disclosure_column: Column | None = None


def short_period(period: Period) -> str:
    """三季度, 上半年, 9月, 2026年: where the year is plain from the rest of the page."""
    return {
        Cadence.MONTH: f"{period.index}月",
        Cadence.QUARTER: f"{_CHINESE[(period.index - 1) % 4]}季度",
        Cadence.HALF: f"{'上下'[(period.index - 1) % 2]}半年",
        Cadence.YEAR: f"{period.year}年",
    }[period.cadence]


def _back(period: Period, steps: int) -> list[Period]:
    """The period and those before it, newest first."""
    found = [period]
    for _ in range(steps):
        found.append(found[-1].previous())
    return found


def periods_around(on: date) -> list[str]:
    """The codes of every period the board may show: of each cadence the present and two before, more of quarters."""
    codes = []
    for cadence in Cadence:
        steps = _RATE_QUARTERS if cadence is Cadence.QUARTER else 2
        codes += [period.code for period in _back(Period.containing(on, cadence), steps)]
    return codes


def cells_for(scope: Q, on: date) -> QuerySet[BoardCell]:
    """Cells of the periods the board shows, and every older one with something still open."""
    unfinished = Q(total__gt=F("done_on_time") + F("done_late"))
    return BoardCell.objects.filter(scope).filter(Q(period__in=periods_around(on)) | unfinished)


def columns_of(cells: Iterable[tuple[str, str, date]], on: date) -> list[Column]:
    """For each duty owed by compounds the period to show, from (duty, period, deadline) of what is owed.

    The newest one that is due by now or soon; where all lie further ahead, the nearest.
    """
    owed: dict[str, dict[str, date]] = {}
    for duty, period, deadline_on in cells:
        of_duty = owed.setdefault(duty, {})
        of_duty[period] = max(deadline_on, of_duty.get(period, deadline_on))
    columns = []
    for duty in SHORT_NAMES:
        by_deadline = sorted(owed.get(duty, {}).items(), key=lambda item: item[1])
        if not by_deadline:
            continue
        near = [item for item in by_deadline if item[1] <= on + _AHEAD]
        period, deadline_on = near[-1] if near else by_deadline[0]
        columns.append(Column(duty, Period.parse(period), deadline_on))
    return columns


def build_board(cells: Sequence[BoardCell], villages: Sequence[Village], on: date) -> Board:
    """The grid, the rates and the town's own lines, in one walk over the cells."""
    local = [cell for cell in cells if cell.village_id is not None]
    columns = columns_of(((cell.duty, cell.period, cell.deadline_on) for cell in local), on)
    shown = {(column.duty.value, column.period.code): column for column in columns}
    tallies: dict[tuple[int | None, str], Tally] = {}
    overdue: dict[int | None, int] = {}
    quarters: dict[str, Tally] = {}
    for cell in local:
        if cell.deadline_on < on:
            overdue[cell.village_id] = overdue.get(cell.village_id, 0) + cell.open
        if (cell.duty, cell.period) in shown:
            tallies.setdefault((cell.village_id, cell.duty), Tally()).add(cell, on)
        if cell.duty == Duty.DISCLOSURE:
            quarters.setdefault(cell.period, Tally()).add(cell, on)
    disclosure = next((column for column in columns if column.duty is Duty.DISCLOSURE), None)
    return Board(
        columns=columns,
        rows=[
            Row(
                village,
                [(column, tallies.get((village.pk, column.duty.value), Tally())) for column in columns],
                overdue.get(village.pk, 0),
            )
            for village in villages
        ],
        rates=_rates(quarters, disclosure, on),
        own=_own_lines(cells),
        disclosure=quarters.get(disclosure.period.code, Tally()) if disclosure else Tally(),
        disclosure_column=disclosure,
    )


def _rates(quarters: dict[str, Tally], newest: Column | None, on: date) -> list[Rate]:
    """The last four quarters with disclosures owed, oldest first."""
    if newest is None:
        return []
    periods = [period for period in reversed(_back(newest.period, _RATE_QUARTERS - 1)) if period.code in quarters]
    return [
        Rate(period, quarters[period.code], period == newest.period and newest.deadline_on >= on) for period in periods
    ]


#: Duties of the town's own bodies.
OWN_DUTIES = frozenset(
    rule.duty.value
    for rule in RULES
    if rule.bearer in (Bearer.OFFICE, Bearer.LEADING_GROUP) or rule.ground is Ground.TOWN
)


def _own_lines(cells: Iterable[BoardCell]) -> list[OwnLine]:
    """What the town's own bodies still have to do, by deadline."""
    sums: dict[tuple[str, str, date], list[int]] = {}
    for cell in cells:
        if cell.duty in OWN_DUTIES:
            counted = sums.setdefault((cell.duty, cell.period, cell.deadline_on), [0, 0])
            counted[0] += cell.open
            counted[1] += cell.total
    lines = [
        OwnLine(Duty(duty), Period.parse(period), deadline_on, left, total)
        for (duty, period, deadline_on), (left, total) in sums.items()
        if left
    ]
    return sorted(lines, key=lambda line: (line.deadline_on, line.duty))
