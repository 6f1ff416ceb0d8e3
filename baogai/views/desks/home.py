"""A resident's home: the compound's money, whether its duties are kept on time, and its people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baogai.permissions import Desk
from communities.models import Appointment, Compound, ServiceContract, Unit
from communities.permissions import Standing
from communities.rules import BodyKind
from evaluations.models import Survey
from evaluations.services.open_ballots import still_to_cast
from finance.models import Disclosure
from kernel.periods import Period
from supervision.models import Obligation

_MARKS_SHOWN = 6
_SOON = timedelta(days=14)


@dataclass(frozen=True)
class Home:
    """One compound a person owns in, as its page shows it."""

    compound: Compound
    units: Sequence[Unit]
    disclosure: Disclosure | None
    marks: Sequence[Obligation]
    committee_size: int
    firm: str
    ballots: Sequence[tuple[Survey, Unit]] = ()

    @property
    def period(self) -> str:
        return Period.parse(self.disclosure.period).label if self.disclosure else ""


def home_desk(request: HttpRequest, standing: Standing, desk: Desk, desks: list[Desk]) -> HttpResponse:
    """Everything a resident looks for first; a fixed number of statements for any number of homes."""
    compounds = list(
        Compound.objects.filter(pk__in=standing.home_compound_ids).select_related("village").order_by("name")
    )
    units = list(Unit.objects.filter(pk__in=standing.home_unit_ids).select_related("building", "stair"))
    context = {"desk": desk, "desks": desks, "homes": _homes(compounds, units, standing)}
    return render(request, "baogai/desks/home.html", context)


def _homes(compounds: Sequence[Compound], units: Sequence[Unit], standing: Standing) -> list[Home]:
    newest: dict[int, Disclosure] = {}
    current = Disclosure.objects.current().filter(compound__in=compounds).for_display()
    for one in current.order_by("-period", "-account__is_dedicated", "pk"):
        newest.setdefault(one.compound_id, one)
    firms = dict(
        ServiceContract.objects.in_office(standing.on)
        .filter(compound__in=compounds)
        .values_list("compound_id", "firm__name")
    )
    marks = _marks(compounds, standing)
    sizes = _committee_sizes(compounds, standing)
    ballots = still_to_cast(standing, units)
    return [
        Home(
            compound=compound,
            units=[unit for unit in units if unit.building.compound_id == compound.pk],
            disclosure=newest.get(compound.pk),
            marks=marks.get(compound.pk, []),
            committee_size=sizes.get(compound.pk, 0),
            firm=firms.get(compound.pk, ""),
            ballots=[(survey, unit) for survey, unit in ballots if survey.compound_id == compound.pk],
        )
        for compound in compounds
    ]


def _marks(compounds: Iterable[Compound], standing: Standing) -> dict[int, list[Obligation]]:
    """The latest duties that were done, are overdue or due within a fortnight, the newest first."""
    found: dict[int, list[Obligation]] = {}
    kept = Obligation.objects.filter(compound__in=list(compounds), released_on__isnull=True).filter(
        Q(fulfilled_at__isnull=False) | Q(deadline_on__lte=standing.on + _SOON)
    )
    for obligation in kept.for_display().order_by("-deadline_on", "pk")[: _MARKS_SHOWN * 4]:
        of_compound = found.setdefault(obligation.compound_id or 0, [])
        if len(of_compound) < _MARKS_SHOWN:
            of_compound.append(obligation)
    return found


def _committee_sizes(compounds: Iterable[Compound], standing: Standing) -> dict[int, int]:
    held = Appointment.objects.current(standing.on).filter(
        post__body__compound__in=list(compounds), post__body__kind=BodyKind.COMMITTEE
    )
    sizes: dict[int, int] = {}
    for compound_id in held.values_list("post__body__compound_id", flat=True):
        sizes[compound_id] = sizes.get(compound_id, 0) + 1
    return sizes
