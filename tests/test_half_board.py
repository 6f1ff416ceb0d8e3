"""半年总览: what runs, how many took part, what came out and waits; never an answer of an open survey."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from communities.models import Body, Compound, Village
from communities.rules import CompoundKind
from evaluations.appraisal_rules import Stage
from evaluations.models import SurveyProposal
from evaluations.rules import SurveyKind
from evaluations.services.appraisals.finishing import correct
from evaluations.services.opening import open_survey
from tests import appraising
from tests.cast import EARLIER, NOON, World
from tests.doors import refuses, requires_login, serves
from tests.editing import HALF, half_surveyed, results_issued
from tests.statements import CEILING, statements
from tests.surveying import homes, opened, start, votes

ClientOf = Callable[..., Client]
HERE = "/board/half/"


@pytest.fixture(autouse=True)
def _counted_anew() -> None:
    """The figures are kept for a minute, and a test is over sooner."""
    cache.clear()


def test_while_a_survey_is_open_only_turnout_is_told(world: World, client_of: ClientOf) -> None:
    units = homes(world.compound, 12)
    survey = opened(world)
    votes(survey, units[:7], "D" * 7)
    answer = client_of(world.officer).get(HERE)
    whole = answer.context["whole"]
    assert answer.context["period"].code == "2026H2"
    assert (whole.total, whole.open, whole.took_part, whole.homes) == (1, 1, 7, 13)
    assert (whole.counted, whole.small, whole.beyond) == (0, 0, 0)
    page = answer.content.decode()
    assert "不满意" not in page
    assert "7/13（54%）" in page
    assert [line.name for line in answer.context["lines"]] == ["仑后村"]
    assert "其余 1 个村（社区）没有发起" in page


def test_results_of_a_half_year_are_added_up_by_village_and_kind(world: World, client_of: ClientOf) -> None:
    """Exactly half is a result; over half dissatisfied is beyond the line; nine ballots and none are too few."""
    half_surveyed(world)
    answer = client_of(world.officer).get(HERE)
    assert answer.context["period"] == HALF
    lines = {line.name: line for line in [*answer.context["lines"], answer.context["sum"]]}
    told = {name: (one.whole.closed, one.whole.took_part, one.whole.beyond) for name, one in lines.items()}
    assert told == {"仑后村": (2, 40, 1), "杆头村": (2, 9, 0), "合计": (4, 49, 1)}
    whole = lines["合计"].whole
    assert (whole.counted, whole.small, whole.without, whole.waiting) == (2, 1, 1, 1)
    committees, firms = (sums for _, sums in lines["合计"].kinds)
    assert (committees.closed, firms.closed) == (2, 2)


def test_appraisals_are_counted_by_stage_and_by_grade(world: World, client_of: ClientOf) -> None:
    """Of one that is being corrected the former score stands until the further one is final."""
    appraising.opened(world, period=HALF)
    appraising.told(world, world.other_compound, period=HALF)
    done = appraising.final(world, period=HALF, S1="0")
    correct(done, reason="复核有误", by=world.officer, at=NOON)
    answer = client_of(world.officer).get(HERE)
    assert answer.context["period"] == HALF
    stages, grades = (
        dict(told) for told in (answer.context["appraised"].by_stage, answer.context["appraised"].by_grade)
    )
    assert {stage.value: count for stage, count in stages.items() if count} == {"told": 1, "final": 1}
    assert {grade.value: count for grade, count in grades.items() if count} == {"passed": 1}
    page = client_of(world.cadre).get(HERE)
    assert dict(page.context["appraised"].by_stage)[Stage.TOLD] == 0, "of the own village alone"


def test_what_is_beyond_the_line_waits_first_and_says_how_it_was_decided(world: World, client_of: ClientOf) -> None:
    half_surveyed(world)
    officer = client_of(world.officer)
    proposal = SurveyProposal.objects.get()
    page = officer.get(HERE).content.decode()
    assert "约谈物业服务企业" in page
    assert "100×11 ＞ 50×20" in page
    assert "等待决定" in page
    officer.post(
        f"/surveys/{proposal.survey.public_id}/decide/", {"decision": "done", "reason": "已约谈，限期一个月整改"}
    )
    page = officer.get(HERE).content.decode()
    assert "已采纳办理" in page


def test_the_history_leads_to_each_half_year_and_to_its_edition(world: World, client_of: ClientOf) -> None:
    half_surveyed(world)
    edition = results_issued(world)
    opened(world)
    officer = client_of(world.officer)
    answer = officer.get(HERE)
    assert [one.period.code for one in answer.context["history"]] == ["2026H2", "2026H1"]
    assert answer.context["period"].code == "2026H2"
    page = officer.get(f"{HERE}?period=2026H1").content.decode()
    assert edition.letter_number in page
    assert "0/4" in page
    for strange in ("2026Q1", "x", "1999H1", "2026H1\x00"):
        assert officer.get(HERE, {"period": strange}).context["period"].code == "2026H2"


def test_once_all_is_counted_the_office_is_led_to_the_edition(world: World, client_of: ClientOf) -> None:
    half_surveyed(world)
    way = f"/editions/work/new/{world.town.code}/"
    assert way in client_of(world.officer).get(HERE).content.decode()
    for person in (world.leader, world.auditor, world.cadre):
        assert way not in client_of(person).get(HERE).content.decode(), person
    results_issued(world)
    cache.clear()
    assert way not in client_of(world.officer).get(HERE).content.decode()


def test_a_village_sees_its_own_part_and_others_nothing(world: World, client_of: ClientOf) -> None:
    half_surveyed(world)
    answer = client_of(world.cadre).get(HERE)
    assert [line.name for line in answer.context["lines"]] == ["仑后村"]
    assert (answer.context["whole"].total, answer.context["untouched"]) == (2, 0)
    page = answer.content.decode()
    assert "杆头" not in page
    requires_login(HERE)
    for person in (world.chair, world.manager, world.owner, world.stranger):
        refuses(person, HERE)
    for person in (world.leader, world.auditor):
        serves(person, HERE)


def test_the_town_s_and_the_villages_desks_lead_here(world: World, client_of: ClientOf) -> None:
    for person in (world.officer, world.cadre):
        assert f'href="{HERE}"' in client_of(person).get("/desk/").content.decode(), person


def test_it_costs_the_same_however_many_compounds_there_are(world: World, client_of: ClientOf) -> None:
    half_surveyed(world)
    officer = client_of(world.officer)
    before = statements(officer, HERE)
    _many(world)
    cache.clear()
    anew = statements(officer, HERE)
    assert max(before, anew) <= CEILING
    assert anew == before


def _many(world: World) -> None:
    """Twenty further compounds in ten further villages, all surveyed in the half-year, two of them open."""
    villages = Village.objects.bulk_create(Village(town=world.town, name=f"村{n}", duty_area="点") for n in range(10))
    for number in range(20):
        village = villages[number % 10]
        compound = Compound.objects.create(
            village=village, name=f"小区{number}", kind=CompoundKind.OLD, built_year=1990
        )
        place = {"town": world.town, "village": village, "compound": compound}
        Body.objects.create(kind="committee", name=f"业委会{number}", from_on=EARLIER, **place)
    started = start(world, SurveyKind.COMMITTEE, period=HALF)
    for survey in started[:2]:
        homes(survey.compound, 3)
        assert open_survey(survey.pk)


def test_the_page_says_so_where_nothing_was_surveyed(world: World, client_of: ClientOf) -> None:
    answer = client_of(world.officer).get(HERE)
    assert answer.context["period"].code == "2026H2"
    assert "这半年还没有测评" in answer.content.decode()
    assert f"/surveys/start/{world.town.code}/" in answer.content.decode()
