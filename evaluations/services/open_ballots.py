"""The votes a person's homes may still cast, for their first page."""

from collections.abc import Sequence

from communities.models import Unit
from communities.permissions import Standing
from evaluations.models import Participation, RollEntry, Survey


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
