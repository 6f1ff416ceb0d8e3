"""履职总览: what falls due in a quarter, villages × duties, read from the rollup alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import PersonRequest
from baogai.board import SHORT_NAMES, Tally, short_period
from baogai.permissions import may_see_board
from communities.models import Village
from communities.permissions import Standing, standing_of
from kernel.days import today
from kernel.periods import Cadence, Period, periods_between
from supervision.models import BoardCell
from supervision.rules import Duty


class QuarterForm(forms.Form):
    """Which quarter's deadlines are shown; the present one unless chosen."""

    quarter = forms.ChoiceField(label="截止日所在季度", required=False)

    def __init__(self, data: Any, *, quarters: Sequence[Period]) -> None:
        super().__init__(data)
        self.fields["quarter"].choices = [(one.code, one.label) for one in quarters]  # type: ignore[attr-defined] # a ChoiceField
        self.is_valid()

    def chosen(self, on: date) -> Period:
        code = self.cleaned_data.get("quarter")
        return Period.parse(code) if code else Period.containing(on, Cadence.QUARTER)


@dataclass(frozen=True)
class Head:
    """A column: one duty of one period, with its deadline."""

    duty: Duty
    period: Period
    deadline_on: date

    @property
    def name(self) -> str:
        return SHORT_NAMES.get(self.duty, self.duty.label)

    @property
    def period_name(self) -> str:
        return short_period(self.period)


@dataclass(frozen=True)
class Line:
    """A row: a village (None: the town's own duties, and the sum of all) with one tally per column."""

    name: str
    village: Village | None
    tallies: Sequence[tuple[Head, Tally]]
    whole: Tally


@login_required
@require_safe
def board(request: PersonRequest) -> HttpResponse:
    """For the town, its auditors and the villages' cadres, each for their own reach."""
    standing = standing_of(request.user, today())
    if not may_see_board(standing):
        raise PermissionDenied("履职总览由镇、村（社区）查看。")
    reach = Q(town_id__in=standing.town_ids) | Q(village_id__in=standing.village_ids)
    cells = BoardCell.objects.filter(reach)
    form = QuarterForm(request.GET, quarters=quarters_of(list(cells.values_list("deadline_on", flat=True).distinct())))
    quarter = form.chosen(standing.on)
    due = list(cells.filter(deadline_on__range=(quarter.first, quarter.last)))
    heads = heads_of(due)
    villages = Village.objects.filter(Q(town_id__in=standing.town_ids) | Q(pk__in=standing.village_ids)).order_by("id")
    context = {
        "form": form,
        "quarter": quarter,
        "heads": heads,
        "lines": _lines(due, heads, list(villages), standing),
    }
    return render(request, "baogai/board.html", context)


def quarters_of(deadlines: Iterable[date]) -> list[Period]:
    """From the quarter of the first deadline to that of the last, newest first."""
    days = list(deadlines)
    if not days:
        return []
    return list(reversed(periods_between(min(days), max(days), Cadence.QUARTER)))


def heads_of(cells: Sequence[BoardCell]) -> list[Head]:
    """A column for every duty and period that falls due, in the order of deadlines.

    Where an extension moved the deadline of some, the later one stands above the column.
    """
    found = {(cell.duty, cell.period): cell.deadline_on for cell in sorted(cells, key=lambda cell: cell.deadline_on)}
    heads = [Head(Duty(duty), Period.parse(period), deadline) for (duty, period), deadline in found.items()]
    return sorted(heads, key=lambda head: (head.deadline_on, list(Duty).index(head.duty)))


def _lines(
    cells: Sequence[BoardCell], heads: Sequence[Head], villages: Sequence[Village], standing: Standing
) -> list[Line]:
    """The villages, the town's own duties where one sees them, and the sum; each adds up to it."""
    tallies: dict[tuple[int | None, str, str], Tally] = {}
    for cell in cells:
        for row in (cell.village_id, -1):
            tallies.setdefault((row, cell.duty, cell.period), Tally()).add(cell, standing.on)

    def line(name: str, row: int | None, village: Village | None) -> Line:
        own = [(head, tallies.get((row, head.duty.value, head.period.code), Tally())) for head in heads]
        whole = Tally()
        for cell in cells:
            if row == -1 or cell.village_id == row:
                whole.add(cell, standing.on)
        return Line(name, village, own, whole)

    lines = [line(village.name, village.pk, village) for village in villages]
    if standing.town_ids:
        lines.append(line("镇本级", None, None))
    return [*lines, line("合计", -1, None)]
