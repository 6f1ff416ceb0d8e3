"""按期率: how much of what fell due in a quarter was done in time, by village and by duty, from the rollup alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q, Sum
from django.db.models.functions import ExtractQuarter, ExtractYear
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import PersonRequest
from baogai.board import SHORT_NAMES, short_period
from baogai.permissions import may_see_board
from communities.models import Village
from communities.permissions import standing_of
from kernel.days import today
from kernel.periods import Cadence, Period
from supervision.models import BoardCell
from supervision.rules import Duty

_QUARTERS = 8
_GOOD, _FAIR = 95, 80


class TrendForm(forms.Form):
    """Filters live in the address; a value that is not on offer is treated as not given."""

    village = forms.ModelChoiceField(
        label="村（社区）",
        required=False,
        queryset=Village.objects.none(),
        to_field_name="public_id",
        empty_label="全部",
    )
    duty = forms.ChoiceField(label="事项", required=False, choices=[("", "全部"), *Duty.choices])


@dataclass
class Rate:
    """Of what fell due in a quarter: how much was done in time. What is not due yet is in neither figure."""

    on_time: int = 0
    due: int = 0

    def add(self, on_time: int, due: int) -> None:
        self.on_time, self.due = self.on_time + on_time, self.due + due

    @property
    def percent(self) -> int | None:
        return (200 * self.on_time + self.due) // (2 * self.due) if self.due else None

    @property
    def state(self) -> str:
        if self.percent is None:
            return "none"
        return "done" if self.percent >= _GOOD else "soon" if self.percent >= _FAIR else "late-1"


@dataclass(frozen=True)
class Line:
    """A village or a duty: one rate per quarter."""

    name: str
    rates: Sequence[Rate]


#: (village or None for the town's own, duty, quarter's code, done in time, fallen due)
Fact = tuple[int | None, str, str, int, int]


@login_required
@require_safe
def trend(request: PersonRequest) -> HttpResponse:
    """Eight quarters at most; two statements however many compounds there are."""
    standing = standing_of(request.user, today())
    if not may_see_board(standing):
        raise PermissionDenied("按期率由镇、村（社区）查看。")
    villages = list(
        Village.objects.filter(Q(town_id__in=standing.town_ids) | Q(pk__in=standing.village_ids)).order_by("id")
    )
    form = TrendForm(request.GET)
    form.fields["village"].queryset = Village.objects.filter(pk__in=[one.pk for one in villages]).order_by("id")  # type: ignore[attr-defined] # a ModelChoiceField
    form.is_valid()
    village, duty = form.cleaned_data.get("village"), form.cleaned_data.get("duty")
    reach = Q(town_id__in=standing.town_ids) | Q(village_id__in=standing.village_ids)
    reach &= (Q(village=village) if village else Q()) & (Q(duty=duty) if duty else Q())
    quarters = _quarters(standing.on)
    facts = list(_facts(reach, quarters, standing.on))
    quarters = _since_anything_was_due(quarters, facts)
    whole = _line("合计", facts, quarters)
    rows: list[tuple[int | None, str]] = [(one.pk, one.name) for one in villages if village in (None, one)]
    rows += [(None, "镇本级")] if standing.town_ids and not village else []
    context = {
        "form": form,
        "quarters": [(quarter, short_period(quarter)) for quarter in quarters],
        "whole": whole,
        "bars": _bars(quarters, whole),
        "villages": [_line(name, [fact for fact in facts if fact[0] == pk], quarters) for pk, name in rows],
        "duties": [
            _line(SHORT_NAMES.get(one, one.label), own, quarters)
            for one in Duty
            if (own := [fact for fact in facts if fact[1] == one.value])
        ],
        "good": _GOOD,
        "fair": _FAIR,
    }
    return render(request, "baogai/trend.html", context)


def _quarters(on: date) -> list[Period]:
    """The present quarter and those before it, oldest first."""
    found = [Period.containing(on, Cadence.QUARTER)]
    while len(found) < _QUARTERS:
        found.append(found[-1].previous())
    return found[::-1]


def _since_anything_was_due(quarters: Sequence[Period], facts: Iterable[Fact]) -> list[Period]:
    """Without the empty ones before supervision began, which would fill a phone; one is always left."""
    first = min((quarter for _, _, quarter, _, due in facts if due), default=quarters[-1].code)
    return [quarter for quarter in quarters if quarter.code >= first]


def _facts(reach: Q, quarters: Sequence[Period], on: date) -> Iterable[Fact]:
    """Sums per village, duty and quarter of the deadline; of what is not due yet only what is done already counts."""
    cells = BoardCell.objects.filter(reach, deadline_on__range=(quarters[0].first, quarters[-1].last))
    sums = (
        cells.order_by()
        .annotate(year=ExtractYear("deadline_on"), quarter=ExtractQuarter("deadline_on"))
        .values_list("village_id", "duty", "year", "quarter")
        .annotate(
            on_time=Sum("done_on_time", filter=Q(deadline_on__lt=on), default=0),
            due=Sum("total", filter=Q(deadline_on__lt=on), default=0),
        )
    )
    for village_id, duty, year, quarter, on_time, due in sums:
        yield village_id, duty, Period(year, Cadence.QUARTER, quarter).code, on_time, due


def _line(name: str, facts: Iterable[Fact], quarters: Sequence[Period]) -> Line:
    rates = {quarter.code: Rate() for quarter in quarters}
    for _, _, quarter, on_time, due in facts:
        if quarter in rates:
            rates[quarter].add(on_time, due)
    return Line(name, list(rates.values()))


def _bars(quarters: Sequence[Period], whole: Line) -> list[tuple[str, int, str]]:
    """For the picture; what had nothing due has no bar."""
    return [
        (f"{quarter.year} {short_period(quarter)}", rate.percent or 0, f"{rate.percent}%（{rate.on_time}/{rate.due}）")
        for quarter, rate in zip(quarters, whole.rates, strict=True)
        if rate.percent is not None
    ]
