"""The polling place: a survey and a home together, as a vote needs them, in one statement.

Nothing here is decided for good: whether the survey is open and the home has not voted is asked again with the lock.
"""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.compiled import CompiledRead
from communities.models import Body, Building, Compound, PropertyFirm, Stair, Unit
from evaluations.models import Participation, Questionnaire, RollEntry, Survey

#: What is read of each, by the way that leads there; whatever else a page shows of them it loads when it does.
#: The names stand in the model's own order, by which `from_db` takes the values.
_OF: dict[type[Any], tuple[str, list[str]]] = {
    Survey: (
        "survey__",
        [
            *("id", "public_id", "compound_id", "kind", "period", "questionnaire_id", "body_id", "firm_id"),
            *("state", "closes_at", "public_key", "seal_size"),
        ],
    ),
    Questionnaire: ("survey__questionnaire__", ["id", "scale", "questions"]),
    Compound: ("survey__compound__", ["id", "name"]),
    Body: ("survey__body__", ["id", "name"]),
    PropertyFirm: ("survey__firm__", ["id", "name"]),
    Unit: ("unit__", ["id", "public_id", "building_id", "stair_id", "room_text"]),
    Building: ("unit__building__", ["id", "text"]),
    Stair: ("unit__stair__", ["id", "text"]),
}
_COLUMNS = [f"{way}{name}" for way, names in _OF.values() for name in names]


@dataclass(frozen=True)
class BallotPaper:
    """A survey that has opened, a home of its roll, and whether the home has voted."""

    survey: Survey
    unit: Unit
    has_voted: bool


def _papers(survey: str, unit: str) -> QuerySet[Any, tuple[Any, ...]]:
    voted = Participation.objects.filter(survey=OuterRef("survey"), unit=OuterRef("unit"))
    rolled = RollEntry.objects.filter(survey__public_id=survey, unit__public_id=unit).order_by()
    return rolled.annotate(voted=Exists(voted)).values_list(*_COLUMNS, "voted")


_read_papers = CompiledRead(_papers, "a survey", "a unit")


def paper_of(survey: str, unit: str) -> BallotPaper | None:
    """By the public ids of both; None where the home is not on the roll of such a survey, or it has not opened.

    Asks nobody's permission: `may_vote_for` is the caller's to ask.
    """
    rows = _read_papers(survey, unit)
    if not rows:
        return None
    values = iter(rows[0])
    found = {
        model: model.from_db("default", names, list(islice(values, len(names)))) for model, (_, names) in _OF.items()
    }
    the_survey, the_unit = found[Survey], found[Unit]
    the_survey.questionnaire, the_survey.compound = found[Questionnaire], found[Compound]
    the_survey.body = found[Body] if the_survey.body_id else None
    the_survey.firm = found[PropertyFirm] if the_survey.firm_id else None
    the_unit.building = found[Building]
    the_unit.stair = found[Stair] if the_unit.stair_id else None
    return BallotPaper(the_survey, the_unit, has_voted=next(values))
