"""What everybody may see without signing in: each compound's latest disclosure and whether it was on time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baogai.forms import PublicFilter
from communities.models import Compound, Village
from finance.models import Disclosure
from kernel.days import today
from kernel.periods import Cadence, Period
from supervision.models import Obligation
from supervision.rules import Duty

_PAGE = 30


@dataclass(frozen=True)
class CompoundLine:
    """A compound with its current disclosures and its duties of the last finished quarter."""

    compound: Compound
    disclosures: Sequence[Disclosure]
    obligations: Sequence[Obligation]


def public_home(request: HttpRequest) -> HttpResponse:
    """Compounds by village, with the on-time marks of the quarter that fell due last (clause 4.3.1)."""
    on = today()
    quarter = Period.containing(on, Cadence.QUARTER).previous()
    villages = Village.objects.annotate(n=Count("compounds")).filter(n__gt=0).order_by("id")
    form = PublicFilter(request.GET, villages=villages)
    page = Paginator(_compounds(form), _PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "quarter": quarter,
        "villages": _by_village(_lines(list(page), quarter)),
    }
    return render(request, "baogai/public_home.html", context)


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
