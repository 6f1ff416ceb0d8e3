"""Surveys for the tests: a compound with homes, a survey that is open in it, votes, the count."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from communities.models import Building, Compound, Residence, Unit
from evaluations.models import Participation, Survey
from evaluations.rules import TEMPLATES, Channel, SurveyKind
from evaluations.services import casting, turn
from evaluations.services.casting import Answers, cast
from evaluations.services.closing import close_survey, finish
from evaluations.services.opening import open_survey
from evaluations.services.questionnaires import take_over
from evaluations.services.starting import Plan, start_round
from kernel.periods import Cadence, Period
from tests.cast import NOON, TODAY, World

HALF = Period.containing(TODAY, Cadence.HALF)
#: The hour at which surveys of these tests end.
END = NOON + timedelta(days=10)


def homes(compound: Compound, count: int, *, building: str = "9") -> list[Unit]:
    """So many further homes in one building."""
    place, _ = Building.objects.get_or_create(compound=compound, key=building, text=f"{building}号楼")
    return Unit.objects.bulk_create(
        Unit(building=place, room_key=f"{number:04}", room_text=f"{number:04}", area=Decimal("90.00"))
        for number in range(1, count + 1)
    )


def residents(units: Sequence[Unit]) -> list[User]:
    """One person living in each."""
    people = [User(username=f"resident{unit.pk}", name=f"住户{unit.pk}", phone=f"139{unit.pk:08}") for unit in units]
    for person in people:
        person.set_unusable_password()
    User.objects.bulk_create(people)
    Residence.objects.bulk_create(
        Residence(unit=unit, user=person, relation="family", from_on=TODAY - timedelta(days=90))
        for unit, person in zip(units, people, strict=True)
    )
    return people


def start(
    world: World,
    *kinds: SurveyKind,
    compound: Compound | None = None,
    scale: str = "grades",
    ends: datetime = END,
    at: datetime = NOON,
    period: Period = HALF,
) -> list[Survey]:
    """Drafts of these kinds, in every compound or in one."""
    questionnaires = {
        kind: take_over(
            world.town,
            next(one for one in TEMPLATES if one.key == f"{kind.value}_{scale}"),
            by=world.officer,
            at=at,
        )
        for kind in kinds
    }
    plan = Plan(period, ends, questionnaires)
    started = start_round(world.town, plan=plan, by=world.officer, at=at, compound=compound)
    return list(started.surveys.order_by("compound_id", "kind"))


def opened(
    world: World,
    kind: SurveyKind = SurveyKind.COMMITTEE,
    *,
    scale: str = "grades",
    ends: datetime = END,
    at: datetime = NOON,
    period: Period = HALF,
) -> Survey:
    """One open survey of the first compound."""
    survey = start(world, kind, compound=world.compound, scale=scale, ends=ends, at=at, period=period)[0]
    assert open_survey(survey.pk)
    survey.refresh_from_db()
    return survey


def letters_of(survey: Survey, overall: str) -> str:
    """The same letter for every question."""
    return overall * len(survey.questionnaire.questions)


def vote(survey: Survey, unit: Unit, overall: str, *, by: User, comment: str = "") -> str:
    """By the service a page calls; the receipt in groups."""
    answers = Answers(letters_of(survey, overall), comment)
    return cast(survey, unit, answers=answers, channel=Channel.CODE, by=by, at=NOON)


def votes(survey: Survey, units: Iterable[Unit], overalls: str, *, comment: str = "") -> list[str]:
    """One vote per home in order, without asking who lives there: for counts, where rights are not the point."""
    receipts = []
    for unit, one in zip(units, overalls, strict=False):
        sealed = casting.seal_vote(survey, Answers(letters_of(survey, one), comment))
        with transaction.atomic():
            outcome = casting._take(survey, unit, sealed, Channel.CODE)
        receipts.append(casting._receipt_of(sealed, outcome))
    return receipts


def count(survey: Survey) -> Survey:
    """Close at its hour, count, destroy the key. The clock must be past it, or the end asked for."""
    assert close_survey(survey.pk)
    finish(survey.pk)
    return Survey.objects.for_display().get(pk=survey.pk)


def end_now(survey: Survey, by: User) -> None:
    """As if the office had asked for an early end."""
    Survey.objects.filter(pk=survey.pk).update(
        close_asked_at=turn.database_now(), close_asked_by=by, close_reason="测试"
    )


def took_part(survey: Survey) -> int:
    return Participation.objects.filter(survey=survey).count()
