"""What everybody may see without signing in: each compound's latest disclosure, and who did what in time.

The villages' and the town's own marks are read from the rollup, the compounds' for the page shown alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baogai.board import OWN_DUTIES
from baogai.forms import PublicFilter
from baogai.templatetags.parts import due_chip_of
from communities.models import Compound, Village
from finance.models import Disclosure
from kernel.days import today
from kernel.periods import Cadence, Period
from supervision.models import BoardCell, Obligation
from supervision.rules import Duty, clause_of

_PAGE = 30
#: Of the town's own duties those are shown that fell due within half a year, or will within a quarter.
_BACK, _AHEAD = timedelta(days=184), timedelta(days=92)


@dataclass(frozen=True)
class CompoundLine:
    """A compound with its current disclosures and its duties of the last finished quarter."""

    compound: Compound
    disclosures: Sequence[Disclosure]
    obligations: Sequence[Obligation]


@dataclass(frozen=True)
class TownLine:
    """A duty of the town's own bodies in one period, added up where it is owed for each compound."""

    town: str
    duty: Duty
    period: Period
    deadline_on: date
    done: int
    total: int
    chip: dict[str, str]

    @property
    def clause(self) -> str:
        return clause_of(self.duty)


@dataclass(frozen=True)
class VillageLine:
    """Of a village's disclosures of the quarter, how many were on time and how many are there at all."""

    village: Village
    on_time: int
    done: int
    total: int


def public_home(request: HttpRequest) -> HttpResponse:
    """Compounds by village, with the on-time marks of the quarter that fell due last (clause 4.3.1)."""
    on = today()
    quarter = Period.containing(on, Cadence.QUARTER).previous()
    villages = list(Village.objects.annotate(n=Count("compounds")).filter(n__gt=0).order_by("id"))
    form = PublicFilter(request.GET, villages=villages)
    page = Paginator(_compounds(form), _PAGE).get_page(request.GET.get("page"))
    own = _town_lines(on)
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "quarter": quarter,
        "villages": _by_village(_lines(list(page), quarter)),
        "own": own,
        "own_towns": len({line.town for line in own}),
        "rates": _village_lines(villages, quarter),
    }
    return render(request, "baogai/public_home.html", context)


def _town_lines(on: date) -> list[TownLine]:
    """What the town itself owes, held to the same measure as everybody (方案四（四）2、四（二）4、四（四）4–5)."""
    cells = BoardCell.objects.filter(
        duty__in=OWN_DUTIES, total__gt=0, deadline_on__range=(on - _BACK, on + _AHEAD)
    ).order_by()
    sums = cells.values_list("town__name", "duty", "period", "deadline_on").annotate(
        owed=Sum("total"), in_time=Sum("done_on_time"), late=Sum("done_late")
    )
    lines = [
        TownLine(
            town,
            Duty(duty),
            Period.parse(period),
            deadline_on,
            in_time + late,
            owed,
            _town_chip(deadline_on, owed=owed, in_time=in_time, late=late, on=on),
        )
        for town, duty, period, deadline_on, owed, in_time, late in sums
    ]
    return sorted(lines, key=lambda line: (line.deadline_on, line.duty, line.town), reverse=True)


def _town_chip(deadline_on: date, *, owed: int, in_time: int, late: int, on: date) -> dict[str, str]:
    if in_time + late < owed:
        return due_chip_of(deadline_on, on)
    words = "按期完成" if not late else f"完成，其中逾期 {late} 件" if owed > 1 else "逾期完成"
    return {"state": "soon" if late else "done", "words": words, "symbol": "check-circle"}


def _village_lines(villages: Iterable[Village], quarter: Period) -> list[VillageLine]:
    """One statement over the rollup: villages, not compounds."""
    cells = BoardCell.objects.filter(duty=Duty.DISCLOSURE, period=quarter.code, village__isnull=False).order_by()
    sums = {
        village: counted
        for village, *counted in cells.values_list("village_id").annotate(
            Sum("done_on_time"), Sum("done_late"), Sum("total")
        )
    }
    return [
        VillageLine(village, in_time, in_time + late, total)
        for village in villages
        if village.pk in sums
        for in_time, late, total in (sums[village.pk],)
    ]


def _compounds(form: PublicFilter) -> Any:
    found = Compound.objects.select_related("village").order_by("village_id", "name")
    if form.is_valid():
        if words := form.cleaned_data["q"].strip():
            found = found.filter(Q(name__icontains=words) | Q(village__name__icontains=words))
        if form.cleaned_data["village"]:
            found = found.filter(village__public_id=form.cleaned_data["village"])
    return found


def _lines(compounds: Sequence[Compound], quarter: Period) -> list[CompoundLine]:
    """Two statements for the whole page, however many compounds stand on it."""
    disclosures: dict[int, list[Disclosure]] = {}
    current = Disclosure.objects.current().filter(compound__in=compounds, period__gte=_a_year_before(quarter))
    for one in current.for_display().order_by("-period", "pk"):
        of_compound = disclosures.setdefault(one.compound_id, [])
        if not of_compound or of_compound[0].period == one.period:
            of_compound.append(one)
    owed: dict[int | None, list[Obligation]] = {}
    duties = Obligation.objects.filter(compound__in=compounds, duty=Duty.DISCLOSURE, period=quarter.code)
    for obligation in duties.filter(released_on__isnull=True).for_display().order_by("pk"):
        owed.setdefault(obligation.compound_id, []).append(obligation)
    return [
        CompoundLine(compound, disclosures.get(compound.pk, []), owed.get(compound.pk, [])) for compound in compounds
    ]


def _a_year_before(quarter: Period) -> str:
    return f"{quarter.year - 1}Q{quarter.index}"


def _by_village(lines: Iterable[CompoundLine]) -> list[tuple[Village, list[CompoundLine]]]:
    groups: dict[int, tuple[Village, list[CompoundLine]]] = {}
    for line in lines:
        village = line.compound.village
        groups.setdefault(village.pk, (village, []))[1].append(line)
    return list(groups.values())
