"""The votes a person's homes may still cast, for their first page and for the way to it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.compiled import NEVER, NO_ID, CompiledRead
from communities.models import Unit
from communities.permissions import Standing
from evaluations.models import Participation, RollEntry, Survey
from evaluations.rules import State


def still_to_cast(standing: Standing, units: Sequence[Unit]) -> list[tuple[Survey, Unit]]:
    """Each open survey with each of the homes that is on its roll and has not taken part; three statements at most."""
    running = Survey.objects.open().filter(compound__in=standing.home_compound_ids).order_by("closes_at", "kind")
    surveys = {survey.pk: survey for survey in running}
    if not surveys:
        return []
    homes = {unit.pk: unit for unit in units}
    pair = ("survey_id", "unit_id")
    rolled = RollEntry.objects.filter(survey__in=surveys, unit__in=homes).values_list(*pair)
    voted = set(Participation.objects.filter(survey__in=surveys, unit__in=homes).values_list(*pair))
    found = [(surveys[survey], homes[unit]) for survey, unit in rolled if (survey, unit) not in voted]
    order = list(surveys)
    return sorted(found, key=lambda one: (order.index(one[0].pk), str(one[1])))


def next_ballot(units: Collection[int], *, at: datetime) -> tuple[str, str] | None:
    """The public ids of a survey and a home whose vote is still out, the first to close; one statement a home."""
    found = [row for unit in sorted(units) for row in _read_waiting(unit, at)]
    return min(found)[2:] if found else None


def _waiting(unit: int, at: datetime) -> QuerySet[Any, tuple[Any, ...]]:
    voted = Participation.objects.filter(survey=OuterRef("survey"), unit=OuterRef("unit"))
    rolled = RollEntry.objects.filter(~Exists(voted), unit=unit, survey__state=State.OPEN, survey__closes_at__gt=at)
    return rolled.values_list("survey__closes_at", "survey__kind", "survey__public_id", "unit__public_id")


_read_waiting = CompiledRead(_waiting, NO_ID, NEVER)
