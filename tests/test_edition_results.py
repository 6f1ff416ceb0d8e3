"""The half-year's results: drawn from counted surveys alone, in words where too few voted, brought to the four."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import User
from baogai.editions import begin_correction, dispatch, issue
from baogai.editions.results import results_drawn
from communities.models import Body, ServiceContract
from evaluations.rules import SurveyKind
from evaluations.services.appraisals.scoring import veto
from evaluations.services.opening import open_survey
from evaluations.services.starting import drop_draft
from kernel.errors import DomainError
from notices.models import Edition
from notices.rules import Recipient
from notices.services.editions import submit_draft, verify_editions
from supervision.models import Obligation
from supervision.rules import Duty
from tests import appraising
from tests.cast import NOON, TODAY, World
from tests.disclosing import at, policy_of
from tests.editing import (
    HALF,
    LATER,
    QUARTER,
    WORDING,
    half_surveyed,
    issued,
    proof,
    results_drafted,
    results_issued,
    second_quarter,
)
from tests.statements import CEILING, statements
from tests.surveying import count, end_now, homes, start, votes

ClientOf = Callable[..., Client]
NEW = "/editions/work/new/350581101/"
#: From the households on: of the committee's line the counts, the rates, no score, the outcome.
EXACTLY_HALF = [31, 20, 20, 10, 10, "50.00%", "50.00%", "", "", "有结果"]


@pytest.fixture
def edition(world: World) -> Edition:
    half_surveyed(world)
    return results_issued(world)


def _cells(edition: Edition) -> dict[str, list[str | int]]:
    return {f"{row['name']} {row['cells'][2]}": row["cells"][4:] for row in edition.figures["rows"]}


def test_each_body_has_its_line_with_exact_rates_and_too_few_in_words(edition: Edition, client_of: ClientOf) -> None:
    cells = _cells(edition)
    assert cells["仑后花园 业委会"] == EXACTLY_HALF
    assert cells["仑后花园 物业"] == [31, 20, 20, 9, 11, "45.00%", "55.00%", "", "", "不满意率超过50%"]
    assert cells["杆头新村 业委会"][1:] == [9, "", "", "", "", "", "", "", "样本不足（有效票过少）"]
    assert cells["杆头新村 物业"][1:] == [0, "", "", "", "", "", "", "", "没有结果（无有效票）"]
    assert edition.figures["basis"].endswith("四（二）4、四（四）5")
    page = client_of(None).get(f"/editions/{edition.public_id}/").content.decode()
    assert "2026年上半年业委会满意度测评和物业服务考评结果" in page
    assert "公布的有效票共40张，另有2项样本不足或没有结果，不公布票数。" in page
    assert "不满意率超过50%的1个" in page
    assert ">0.00%" not in page


def test_no_figure_of_a_small_sample_can_be_worked_out_from_the_sums(edition: Edition) -> None:
    totals = {total["label"]: total["value"] for total in edition.figures["totals"]}
    assert (totals["公布的有效票"], totals["参与户次"], totals["参与率"]) == (40, 49, "39.52%")
    assert [(bar["name"], bar["part"], bar["whole"]) for bar in edition.figures["bars"]] == [("仑后村", 19, 40)]


def test_it_waits_for_every_survey_of_the_half_year_and_says_for_which(world: World, client_of: ClientOf) -> None:
    started = start(world, SurveyKind.COMMITTEE, period=HALF)
    told = {"choice": f"results:{HALF.code}", "series": "宝小区通", "issuer": "宝盖镇小区服务岗", "request": "请落实。"}
    officer = client_of(world.officer)
    page = officer.post(NEW, told)
    assert page.status_code == 200
    assert (
        "测评还没有结束：仑后花园2026年上半年业委会满意度测评、杆头新村2026年上半年业委会满意度测评"
        in page.content.decode()
    )
    assert "请落实。" in page.content.decode()
    for survey in started:
        drop_draft(survey, by=world.officer, at=LATER)
    assert "没有可以通报的内容" in officer.post(NEW, told).content.decode()


def test_a_long_list_of_what_still_runs_names_five_and_says_how_many(world: World) -> None:
    start(world, SurveyKind.COMMITTEE, SurveyKind.FIRM, period=HALF)
    _committee_of_the_bare_compound(world)
    ServiceContract.objects.create(
        compound=world.bare_compound, firm=world.firm, from_on=date(2026, 1, 1), fee_per_m2=Decimal("0.80")
    )
    start(world, SurveyKind.COMMITTEE, SurveyKind.FIRM, compound=world.bare_compound, period=HALF)
    with pytest.raises(DomainError, match="等 6 项。计票后才能编制"):
        results_drafted(world)


def _committee_of_the_bare_compound(world: World) -> Body:
    """So that one more survey of the half-year can be started."""
    place = {"town": world.town, "village": world.bare_compound.village, "compound": world.bare_compound}
    return Body.objects.create(kind="committee", name="新业委会", from_on=date(2026, 1, 1), **place)


def test_what_was_previewed_is_issued_whatever_is_started_meanwhile(world: World) -> None:
    """A survey begun after the figures were drawn is not in them, and does not hold them up."""
    half_surveyed(world)
    draft = results_drafted(world)
    _committee_of_the_bare_compound(world)
    start(world, SurveyKind.COMMITTEE, compound=world.bare_compound, period=HALF, at=LATER + timedelta(minutes=1))
    edition = issue(draft, by=world.leader, at=LATER + timedelta(minutes=2))
    assert len(edition.figures["rows"]) == 4
    with pytest.raises(DomainError, match="测评还没有结束"):
        results_drafted(world, when=LATER + timedelta(minutes=3))


def _owed(world: World, duty: Duty, period: str = HALF.code) -> Obligation:
    return Obligation.objects.create(
        duty=duty,
        period=period,
        period_first_on=date(2026, 1, 1),
        period_last_on=date(2026, 6, 30),
        town=world.town,
        bearer_body=world.office,
        policy=policy_of(world),
        opened_on=date(2026, 7, 1),
        due_on=date(2026, 10, 30),
        deadline_on=date(2026, 10, 30),
    )


def test_the_duty_to_publish_is_done_with_the_fourth_and_late_when_the_fourth_is(world: World) -> None:
    """方案四（二）4: 报送、抄送、刊登、推送; the server's clock counts. What was not appraised is not settled by it."""
    owed, appraisal = _owed(world, Duty.SURVEY_PUBLICATION), _owed(world, Duty.APPRAISAL_PUBLICATION)
    other = _owed(world, Duty.SURVEY_PUBLICATION, "2025H2")
    half_surveyed(world)
    edition = results_issued(world)
    moments = [LATER, LATER, at(date(2026, 10, 30)), at(date(2026, 10, 31), 0, 0, 0)]
    for recipient, when in zip(Recipient, moments, strict=True):
        owed.refresh_from_db()
        assert owed.is_open, recipient
        dispatch(edition, recipient=recipient, done_on=TODAY, proof=proof(), by=world.officer, at=when)
    owed.refresh_from_db()
    assert owed.fulfilled_at == moments[-1]
    assert owed.is_late(date(2026, 10, 31))
    assert (owed.evidence.kind, owed.evidence.public_id) == ("notices.edition", edition.public_id)
    for one in (appraisal, other):
        one.refresh_from_db()
        assert one.is_open


def test_a_circular_of_disclosures_fulfils_no_duty_to_publish_results(world: World) -> None:
    owed = _owed(world, Duty.SURVEY_PUBLICATION, QUARTER.code)
    second_quarter(world)
    edition = issued(world)
    for recipient in Recipient:
        dispatch(edition, recipient=recipient, done_on=TODAY, proof=proof(), by=world.officer, at=LATER)
    owed.refresh_from_db()
    assert owed.is_open


def test_the_duty_to_publish_cannot_be_ticked_off_by_hand(world: World, client_of: ClientOf) -> None:
    officer = client_of(world.officer)
    for duty in (Duty.SURVEY_PUBLICATION, Duty.APPRAISAL_PUBLICATION):
        owed = _owed(world, duty)
        assert officer.get(f"/obligations/{owed.public_id}/perform/").status_code == 403
        page = officer.get(f"/obligations/{owed.public_id}/").content.decode()
        assert "登记办理情况" not in page
        assert "看发布稿" in page


def test_a_correction_lists_what_became_different(world: World, edition: Edition) -> None:
    """One more compound was surveyed late: its line is new, the sums are others."""
    neighbours = homes(world.bare_compound, 20)
    _committee_of_the_bare_compound(world)
    (late,) = start(world, SurveyKind.COMMITTEE, compound=world.bare_compound, period=HALF)
    assert open_survey(late.pk)
    late.refresh_from_db()
    votes(late, neighbours, "B" * 15)
    end_now(late, world.officer)
    count(late)
    draft = begin_correction(edition, wording=WORDING, reason="补入晚办的一项", by=world.officer, at=LATER)
    correction = issue(submit_draft(draft, by=world.officer, at=LATER), by=world.leader, at=LATER)
    changes = correction.figures["differences"]
    assert any("（新业委会）：新增" in one for one in changes)
    assert any("公布的有效票由“40”改为“55”" in one for one in changes)
    assert correction.letter_number == "宝小区通〔2026〕2号"
    assert list(verify_editions()) == []


def test_the_frozen_results_are_an_export_of_the_data_pages(edition: Edition) -> None:
    client = Client()
    client.force_login(User.objects.create_user("system", name="系统管理员", is_staff=True))
    asked = {"format": "0", "resource": "0", "export_items": [edition.pk]}
    answer = client.post("/admin/notices/edition/export/", asked)
    header, *rows = load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True)
    assert header[:3] == ("文号", "标题", "校验码")
    told = {(row[4], row[5]): row for row in rows}
    assert told["仑后花园", "业委会"][7:12] == tuple(map(type(rows[0][7]), EXACTLY_HALF[:5]))
    assert told["杆头新村", "物业"][-1] == "没有结果（无有效票）"
    assert told["杆头新村", "物业"][9] is None
    assert {row[2] for row in rows} == {edition.hash}


def test_drawing_costs_the_same_however_many_were_surveyed(world: World, client_of: ClientOf) -> None:
    half_surveyed(world)
    draft = results_drafted(world)
    assert statements(client_of(world.officer), f"/editions/work/drafts/{draft.public_id}/") <= CEILING
    with CaptureQueriesContext(connection) as seen:
        results_drawn(world.town, HALF, LATER)
    assert len(seen) == 4


# -- With appraisals ---------------------------------------------------------------------------------------------------


def test_scores_and_grades_stand_beside_the_surveys_and_settle_their_own_duty(world: World) -> None:
    owed = [_owed(world, duty) for duty in (Duty.SURVEY_PUBLICATION, Duty.APPRAISAL_PUBLICATION)]
    half_surveyed(world)
    appraising.opened(world, period=HALF)
    appraising.final(world, period=HALF, S1="20.5")
    with pytest.raises(DomainError, match="考评还没有审定：杆头新村2026年上半年物业考评。"):
        results_drafted(world)
    appraising.final(world, world.other_compound, period=HALF, S1="0", R1="10")
    edition = results_issued(world)
    cells = _cells(edition)
    assert cells["仑后花园 物业"] == [31, 20, 20, 9, 11, "45.00%", "55.00%", "90.50", "优秀", "不满意率超过50%"]
    assert cells["杆头新村 物业"][-3:] == ["60.00", "合格", "没有结果（无有效票）"]
    assert cells["仑后花园 业委会"] == EXACTLY_HALF
    assert "2026年上半年全镇考评物业服务企业2个：优秀1个、合格1个。" in edition.figures["sentences"]
    for recipient in Recipient:
        dispatch(edition, recipient=recipient, done_on=TODAY, proof=proof(), by=world.officer, at=LATER)
    for one in owed:
        one.refresh_from_db()
        assert one.fulfilled_at == LATER


def test_a_firm_that_was_appraised_and_not_surveyed_has_its_line(world: World) -> None:
    appraising.opened(world, period=HALF)
    for compound in (world.compound, world.other_compound):
        appraising.final(world, compound, period=HALF)
    edition = results_issued(world)
    assert _cells(edition)["仑后花园 物业"] == ["", "", "", "", "", "", "", "100.00", "优秀", "未测评"]
    assert edition.figures["sentences"][0] == "2026年上半年全镇没有组织满意度测评。"
    assert edition.settles == [Duty.APPRAISAL_PUBLICATION]
    assert edition.figures["bars"] == []


def test_a_veto_is_said_beside_the_grade(world: World) -> None:
    appraising.opened(world, period=HALF)
    veto(
        appraising.of(world.compound, period=HALF),
        matter="侵占公共收益",
        reason="收益未入专户",
        by=world.officer,
        at=NOON,
    )
    for compound in (world.compound, world.other_compound):
        appraising.final(world, compound, period=HALF)
    assert _cells(results_issued(world))["仑后花园 物业"][-2] == "不合格（一票否决）"
