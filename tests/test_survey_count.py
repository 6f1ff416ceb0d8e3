"""The count: rates in whole numbers on both sides of each line, what follows, and what is not shown."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from communities.models import Unit
from evaluations.models import Ballot, Comment, SealedBallot, SealedComment, Survey, SurveyProposal
from evaluations.rules import Act, Outcome, SurveyKind, Tally, outcome_of, proposed_act
from evaluations.services.closing import close_survey, finish
from evaluations.services.lists import list_of, public_file
from evaluations.services.results import result_of, results_of, still_running
from supervision.models import Obligation
from tests.cast import NOON, World
from tests.law import policy_for, sweep_on
from tests.surveying import HALF, count, end_now, homes, opened, start, votes

_C, _F = SurveyKind.COMMITTEE, SurveyKind.FIRM


@pytest.fixture
def units(world: World) -> list[Unit]:
    return homes(world.compound, 40)


def ended(world: World, kind: SurveyKind, units: list[Unit], overalls: str, *, scale: str = "grades") -> Survey:
    survey = opened(world, kind, scale=scale)
    votes(survey, units, overalls)
    end_now(survey, world.officer)
    return count(survey)


@pytest.mark.parametrize(
    ("kind", "counts", "act"),
    [
        # The committee: satisfied below 50 % of the valid ballots, strictly.
        (_C, {"B": 4999, "D": 5001}, Act.REELECTION),  # 49.99 %
        (_C, {"B": 5000, "D": 5000}, None),  # exactly 50 %
        (_C, {"B": 5001, "D": 4999}, None),  # 50.01 %
        (_C, {"A": 20, "C": 30, "N": 40, "D": 20, "E": 20}, Act.REELECTION),  # 一般 is neither, and it is valid
        (_C, {"B": 50, "D": 50, "U": 900}, None),  # 不了解 is not valid
        (_C, {"B": 49, "D": 51, "U": 900}, Act.REELECTION),
        # The firm: dissatisfied above 50 %, strictly.
        (_F, {"B": 5001, "E": 4999}, None),
        (_F, {"B": 5000, "E": 5000}, None),
        (_F, {"B": 4999, "E": 5001}, Act.INTERVIEW),
        (_F, {"B": 40, "N": 30, "D": 30}, None),
        (_F, {"A": 1, "N": 48, "D": 50, "E": 1}, Act.INTERVIEW),  # 51 of 100
        (SurveyKind.MEETING, {"E": 100}, None),
    ],
)
def test_both_lines_are_strict_and_whole_numbers_decide(kind: SurveyKind, counts: dict[str, int], act: Act) -> None:
    assert proposed_act(kind, Tally(counts), threshold=50) is act


@pytest.mark.parametrize(
    ("valid", "participations", "units", "outcome"),
    [
        (0, 50, 100, Outcome.NONE),
        (9, 9, 10, Outcome.FEW),
        (10, 10, 10, Outcome.COUNTED),
        (10, 12, 41, Outcome.LOW),  # 29.27 %
        (10, 12, 40, Outcome.COUNTED),  # exactly 30 %
    ],
)
def test_too_few_ballots_and_too_low_a_turnout_are_told_apart(
    valid: int, participations: int, units: int, outcome: Outcome
) -> None:
    found = outcome_of(valid=valid, participations=participations, units=units, least_ballots=10, turnout_floor=30)
    assert found is outcome


def test_half_a_vote_under_the_line_is_proposed_to_the_officer_with_clause_and_figures(
    world: World, units: list[Unit]
) -> None:
    survey = ended(world, _C, units, "B" * 9 + "D" * 10)
    assert (survey.result.valid, survey.result.satisfied, survey.result.outcome) == (19, 9, Outcome.COUNTED)
    proposal = SurveyProposal.objects.get()
    assert (proposal.act, proposal.clause, proposal.decision) == (Act.REELECTION, "四（二）4", "")
    assert proposal.figures == "有效票 19，满意 9，100×9 ＜ 50×19"
    told = world.officer.messages.get()
    assert "建议协助召集业主大会表决提前换届" in told.title


@pytest.mark.parametrize(
    ("overalls", "outcome"),
    [("E" * 9, Outcome.FEW), ("E" * 9 + "U" * 20, Outcome.FEW), ("", Outcome.NONE), ("U" * 15, Outcome.NONE)],
)
def test_of_too_few_valid_ballots_nothing_is_shown_and_nothing_follows(
    world: World, units: list[Unit], overalls: str, outcome: Outcome
) -> None:
    survey = ended(world, _F, units, overalls)
    figures = result_of(survey)
    assert (survey.result.outcome, figures.outcome) == (outcome, outcome)
    assert (figures.valid, figures.satisfied, figures.satisfied_rate, figures.list_hash) == (None, None, None, "")
    assert figures.participations == len(overalls)
    assert not SurveyProposal.objects.exists()
    assert not public_file(survey).exists()
    assert survey.key_destroyed_at is not None


def test_ten_valid_ballots_are_a_result(world: World, units: list[Unit]) -> None:
    survey = ended(world, _F, units, "E" * 10 + "U" * 3)
    figures = result_of(survey)
    assert (figures.valid, figures.dissatisfied, figures.act) == (10, 10, Act.INTERVIEW)
    assert (figures.satisfied_rate, figures.dissatisfied_rate, figures.index) == (0, 1, 0)


def test_a_turnout_below_the_floor_is_shown_as_such_and_proposes_nothing(world: World) -> None:
    survey = ended(world, _F, homes(world.compound, 60), "E" * 12)
    assert (survey.result.outcome, result_of(survey).dissatisfied) == (Outcome.LOW, 12)
    assert not SurveyProposal.objects.exists()


def test_the_middle_answer_counts_for_neither_side(world: World, units: list[Unit]) -> None:
    survey = ended(world, _C, units, "A" * 8 + "N" * 6 + "D" * 6, scale="middle")
    assert (survey.result.valid, survey.result.satisfied, survey.result.dissatisfied) == (20, 8, 6)
    assert SurveyProposal.objects.get().act == Act.REELECTION


@pytest.mark.usefixtures("key_store")
def test_the_count_leaves_sorted_ballots_a_file_with_their_hash_and_no_seal_or_key(
    world: World, units: list[Unit]
) -> None:
    survey = opened(world)
    receipts = votes(survey, units, "ABCDEUABCDEU", comment="楼道灯坏了")
    end_now(survey, world.officer)
    survey = count(survey)
    kept = list(Ballot.objects.filter(survey=survey).order_by().values_list("receipt", flat=True))
    assert kept == sorted(kept)
    assert {one.replace("-", "").lower() for one in receipts} == set(kept)
    assert public_file(survey).read_bytes() == list_of(survey)
    assert not SealedBallot.objects.exists()
    assert not SealedComment.objects.exists()
    assert list(settings.KEY_STORE.iterdir()) == []
    assert [comment.text for comment in Comment.objects.all()] == ["楼道灯坏了"] * 12
    assert survey.key_destroyed_at is not None


def test_a_further_run_changes_nothing(world: World, units: list[Unit]) -> None:
    survey = ended(world, _C, units, "B" * 12)
    before = list(Ballot.objects.values_list("receipt", "answers"))
    assert not close_survey(survey.pk)
    assert not finish(survey.pk)
    assert list(Ballot.objects.values_list("receipt", "answers")) == before


def test_before_its_hour_nothing_is_counted(world: World, units: list[Unit]) -> None:
    survey = opened(world)
    votes(survey, units, "B" * 12)
    assert not close_survey(survey.pk)
    survey.refresh_from_db()
    assert survey.state == "open"


def test_the_offices_duty_is_fulfilled_by_closing_also_without_a_result(world: World, units: list[Unit]) -> None:
    policy_for(world.town, HALF.first)
    sweep_on(NOON.date())
    owed = Obligation.objects.get(duty="committee_survey", compound=world.compound)
    survey = ended(world, _C, units, "")
    owed.refresh_from_db()
    assert owed.fulfilled_at == survey.close_asked_at
    assert owed.evidence.public_id == survey.public_id
    other = Obligation.objects.get(duty="firm_appraisal", compound=world.compound)
    assert other.fulfilled_at is None


def test_the_figures_of_a_half_year_come_in_one_list(world: World, units: list[Unit]) -> None:
    ended(world, _C, units, "B" * 12)
    start(world, _F)
    now = timezone.now()
    found = results_of(world.town, HALF, at=now)
    assert [(one.compound, one.kind, one.valid) for one in found] == [("仑后花园", _C, 12)]
    assert still_running(world.town, HALF, at=now).count() == 2
    assert results_of(world.town, HALF, at=NOON - timedelta(seconds=1)) == [], "as it was known at that moment"
    assert not still_running(world.town, HALF, at=NOON - timedelta(seconds=1)).exists()
