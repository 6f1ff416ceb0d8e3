"""Scoring: automatic items explain themselves line by line, people give reasons, and somebody hands it in."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from communities.models import Compound, PropertyFirm, ServiceContract
from communities.rules import CompoundKind
from evaluations.appraisal_facts import FindingFact, TicketFact, ticket_part
from evaluations.appraisal_rules import DEFAULT_ITEMS, Grade, Source
from evaluations.appraisal_scoring import grade_of, rounded
from evaluations.models import Appraisal, Mark
from evaluations.rules import SurveyKind
from evaluations.services.appraisals import gathering
from evaluations.services.appraisals.opening import open_round
from evaluations.services.appraisals.sheets import marks_of, sheet_of
from kernel.errors import ConflictError
from kernel.fields import Reference
from supervision.services import fulfil
from tests import books
from tests.appraising import HALF, give, give_all, of, opened
from tests.cast import EARLIER, NOON, World, credit_code
from tests.disclosing import at, owe
from tests.surveying import count, end_now, homes, votes
from tests.surveying import opened as survey_opened

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(user: User, appraisal: Appraisal) -> str:
    answer = signed_in(user).get(f"/appraisals/{appraisal.public_id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def surveyed(world: World, answers: str) -> None:
    """The firm's survey of the half-year, counted."""
    units = homes(world.compound, len(answers))
    survey = survey_opened(world, SurveyKind.FIRM)
    votes(survey, units, answers)
    end_now(survey, world.officer)
    count(survey)


def started(world: World) -> Appraisal:
    """By the method the portal brings along."""
    open_round(world.town, HALF, by=world.officer, at=NOON)
    return of(world.compound)


def got(appraisal: Appraisal) -> dict[str, Decimal | None]:
    return {line.item.code: line.shown for line in sheet_of(appraisal, marks_of(appraisal)).lines}


# -- Starting ----------------------------------------------------------------------------------------------------------


def test_the_office_starts_and_every_firm_in_office_is_appraised(world: World) -> None:
    url = f"/appraisals/method/350581101/{HALF.code}/open/"
    for other in (world.leader, world.auditor, world.cadre, world.manager, world.owner):
        assert signed_in(other).post(url).status_code == 403
    office = signed_in(world.officer)
    assert "共 2 个小区" in office.post(url, follow=True).content.decode()
    assert set(Appraisal.objects.values_list("compound__name", "firm__name", "stage")) == {
        ("仑后花园", "石狮安居物业服务有限公司", "scoring"),
        ("杆头新村", "泉州宏远物业管理有限公司", "scoring"),
    }
    assert "已经开始打分" in office.post(url, follow=True).content.decode()
    assert Appraisal.objects.count() == 2
    assert "仑后花园" in office.get("/appraisals/?stage=scoring&q=仑后").content.decode()
    assert "仑后花园" not in signed_in(world.manager).get("/appraisals/").content.decode()


def test_a_past_half_year_appraises_who_was_in_office_on_its_last_day(world: World) -> None:
    ServiceContract.objects.filter(pk=world.contract.pk).update(ended_on=date(2026, 6, 29))
    later = ServiceContract.objects.create(
        compound=world.compound, firm=world.other_firm, from_on=date(2026, 6, 30), fee_per_m2=1
    )
    open_round(world.town, HALF.previous(), by=world.officer, at=NOON)
    assert of(world.compound, period=HALF.previous()).firm == later.firm


def test_without_any_firm_there_is_nothing_to_appraise(world: World) -> None:
    ServiceContract.objects.all().delete()
    with pytest.raises(ConflictError, match="没有可以考评的小区"):
        open_round(world.town, HALF, by=world.officer, at=NOON)


def test_starting_asks_the_database_as_often_for_many_compounds_as_for_two(world: World) -> None:
    with CaptureQueriesContext(connection) as few:
        open_round(world.town, HALF.previous(), by=world.officer, at=NOON)
    for number in range(30):
        firm = PropertyFirm.objects.create(name=f"企业{number}", credit_code=credit_code(100 + number))
        compound = Compound.objects.create(
            village=world.village, name=f"小区{number}", kind=CompoundKind.COMMERCIAL, built_year=2010
        )
        ServiceContract.objects.create(compound=compound, firm=firm, from_on=EARLIER, fee_per_m2=1)
    with CaptureQueriesContext(connection) as many:
        open_round(world.town, HALF, by=world.officer, at=NOON)
    assert Appraisal.objects.count() == 34
    assert len(many) <= len(few) <= 25


# -- What the portal knows ---------------------------------------------------------------------------------------------


def test_satisfaction_is_the_exact_rate_of_the_firms_survey(world: World) -> None:
    surveyed(world, "AAAABBBBBEEE")  # 9 of 12
    found = started(world)
    assert got(found)["S1"] == Decimal("22.50")
    assert "有效票 12 张，满意 9 张" in page_of(world.officer, found)
    assert got(of(world.other_compound))["S1"] is None


def test_a_survey_of_too_few_ballots_scores_nothing(world: World) -> None:
    surveyed(world, "AAAAAAAAA")
    assert got(started(world))["S1"] is None


def test_disclosures_count_by_the_day_they_were_due(world: World) -> None:
    proof = Reference("finance.disclosure", "0" * 16, "公示")
    last_moment = owe(world, "2026Q2", world.firm)  # due on 31 July
    fulfil(last_moment, at=at(date(2026, 8, 1)).replace(hour=0) - timedelta(seconds=1), evidence=proof, by=None)
    found = started(world)
    assert got(found)["R1"] == Decimal("5.00")
    owe(world, "2026Q3", world.firm)  # due on 31 October: not yet
    other = owe(world, "2026Q2", world.other_firm, compound=world.other_compound)
    fulfil(other, at=at(date(2026, 8, 1)).replace(hour=0), evidence=proof, by=None)
    office = signed_in(world.officer)
    gather = f"/appraisals/method/350581101/{HALF.code}/gather/"
    assert "已重新采集 2 个" in office.post(gather, follow=True).content.decode()
    found = of(world.compound)
    assert got(found)["R1"] == Decimal("5.00")
    assert "尚未到期，不计" in page_of(world.officer, found)
    assert got(of(world.other_compound))["R1"] == Decimal("0.00")
    assert "8月1日完成，逾期" in page_of(world.officer, of(world.other_compound))
    assert signed_in(world.leader).post(gather).status_code == 403


def test_an_overdue_disclosure_counts_as_missed_the_day_after(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    owe(world, "2026Q3", world.firm)
    open_round(world.town, HALF, by=world.officer, at=at(date(2026, 10, 31)))
    assert got(of(world.compound))["R1"] is None
    gathering.gather(of(world.compound).round, at=at(date(2026, 11, 1)))
    assert got(of(world.compound))["R1"] == Decimal("0.00")


def test_inspections_and_tickets_are_counted_for_their_compound(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    key = (world.compound.pk, world.firm.pk)
    cleaning = next(item.code for item in DEFAULT_ITEMS if item.label == "保洁")
    findings = [
        FindingFact(cleaning, Decimal("1.50"), date(2026, 9, 3), "3号楼楼道有垃圾", "f1"),
        FindingFact(cleaning, Decimal("0.50"), date(2026, 10, 8), "地库积水", "f2"),
        FindingFact("W2", Decimal(0), date(2026, 10, 8), "检查未发现问题", "i2"),
    ]
    monkeypatch.setattr(gathering, "findings_of", lambda *_: {key: findings})
    monkeypatch.setattr(gathering, "tickets_of", lambda *_: {world.compound.pk: tickets()})
    found = started(world)
    scores = got(found)
    assert scores[cleaning] == Decimal("4.00")
    assert scores["W2"] == Decimal("5.00")  # looked at, nothing found
    assert scores["W3"] is None  # nobody looked
    assert (scores["H1"], scores["H2"], scores["H3"]) == (Decimal("2.67"), Decimal("1.50"), Decimal("2.25"))
    page = page_of(world.officer, found)
    assert "2026年9月3日 3号楼楼道有垃圾，扣 1.50 分" in page
    assert "检查未发现问题" in page
    assert "工单 12345-3：经核不属实，不计" in page
    assert got(of(world.other_compound))[cleaning] is None


def tickets() -> list[TicketFact]:
    """Five: two handled in time, one late, one not due yet; one of them not justified."""

    def ticket(number: int, closed: datetime | None, *, satisfied: bool | None, repeated: bool = False) -> TicketFact:
        due = NOON + timedelta(days=1) if number == 4 else NOON - timedelta(days=1)
        return TicketFact(
            f"12345-{number}", NOON - timedelta(days=9), due, closed, satisfied, repeated, number != 3, f"t{number}"
        )

    on_time, late = NOON - timedelta(days=1), NOON - timedelta(days=1) + timedelta(seconds=1)
    return [
        ticket(1, on_time, satisfied=True),
        ticket(2, late, satisfied=False, repeated=True),
        ticket(3, on_time, satisfied=True),
        ticket(4, None, satisfied=None),
        TicketFact(
            "12345-5", NOON, NOON + timedelta(days=3), None, None, repeated=False, justified=True, reference="t5"
        ),
    ]


def test_a_ticket_not_due_yet_does_not_count_and_one_past_its_hour_does() -> None:
    fact = tickets()[3]
    before, after = (
        ticket_part(Source.HOTLINE_HANDLED, fact, at=moment)
        for moment in (fact.due_at, fact.due_at + timedelta(seconds=1))
    )
    assert before is not None
    assert after is not None
    assert (before.of, after.of, after.good) == (0, 1, 0)


# -- The total ---------------------------------------------------------------------------------------------------------


def test_a_worked_example_adds_exactly_and_rounds_once(world: World) -> None:
    """22.5 + 20 − 3.5 of 20 …: 30×9/12 + 16.5 + 18.25 + 20 + 10 = 87.25, and a bonus of 1.5: 88.75."""
    surveyed(world, "AAAABBBBBEEE")
    found = started(world)
    give(found, by=world.officer, R2="0", R3="2.5", C2="5.25", C3="5")
    give_all(found, by=world.officer)
    office, url = signed_in(world.officer), f"/appraisals/{found.public_id}"
    assert sheet_of(found, marks_of(found)).score == Decimal("87.25")
    office.post(f"{url}/adjust/", {"points": "1.5", "reason": "创建省级示范小区"})
    page = page_of(world.officer, found)
    assert "data-score>88.75<" in page
    assert "良好" in page


def test_items_without_facts_are_left_out_and_the_others_scaled(world: World) -> None:
    """19 of 19 by hand and 31 of 62 elsewhere…: without satisfaction's 30 points, 35 of 70 are 50."""
    opened(world)
    rows = of(world.compound)
    give(rows, by=world.officer, R1="10", C1="10", W1="10", H1="5")
    sheet = sheet_of(rows, marks_of(rows))
    assert (sheet.counted, sheet.score) == (Decimal(70), Decimal("50.00"))
    assert [line.item.code for line in sheet.unscored] == ["S1"]


def test_of_less_than_fifty_points_no_score_is_made(world: World) -> None:
    found = started(world)
    give(found, by=world.officer, **{f"R{n}": "3" for n in range(2, 7)}, C4="4")
    office = signed_in(world.officer)
    answer = office.post(f"/appraisals/{found.public_id}/submit/", follow=True).content.decode()
    assert "有依据的项目合计只有 19.00 分，不足 50 分" in answer
    give(found, by=world.officer, S1="28")
    assert "不足 50 分" in office.post(f"/appraisals/{found.public_id}/submit/", follow=True).content.decode()
    give(found, by=world.officer, R1="3")
    assert "已送审" in office.post(f"/appraisals/{found.public_id}/submit/", follow=True).content.decode()


def test_grades_go_by_the_printed_score_and_a_veto_fails_everything() -> None:
    for score, grade in (
        ("100", Grade.EXCELLENT),
        ("90.00", Grade.EXCELLENT),
        ("89.99", Grade.GOOD),
        ("80.00", Grade.GOOD),
        ("79.99", Grade.PASSED),
        ("60.00", Grade.PASSED),
        ("59.99", Grade.FAILED),
        ("0", Grade.FAILED),
    ):
        assert grade_of(Decimal(score), is_vetoed=False) is grade, score
        assert grade_of(Decimal(score), is_vetoed=True) is Grade.FAILED, score


def test_a_half_is_rounded_up_and_just_below_it_down() -> None:
    assert rounded(Fraction(89995, 1000)) == Decimal("90.00")
    assert rounded(Fraction(89994999, 1000000)) == Decimal("89.99")
    assert rounded(Fraction(2, 3)) == Decimal("0.67")


# -- What people decide ------------------------------------------------------------------------------------------------


def test_a_deduction_needs_its_reason_and_all_points_do_not(world: World) -> None:
    opened(world)
    found, office = of(world.compound), signed_in(world.officer)
    url = f"/appraisals/{found.public_id}/score/"
    empty = {f"{name}_{code}": "" for code in ("S1", "R1", "C1", "W1", "H1") for name in ("points", "reason")}
    bare = office.post(url, {**empty, "points_R1": "19.99"})
    assert (bare.status_code, "扣了分，请写明扣分的事实" in bare.content.decode()) == (422, True)
    assert 'value="19.99"' in bare.content.decode()
    beyond = office.post(url, {**empty, "points_R1": "20.01", "reason_R1": "x"})
    assert "应在 0 到 20.00 分之间" in beyond.content.decode()
    assert "请填得分" in office.post(url, {**empty, "reason_R1": "写了没填分"}).content.decode()
    assert not Mark.objects.exists()
    office.post(url, {**empty, "points_R1": "20", "points_C1": "18.5", "reason_C1": "二号门占道"})
    assert list(Mark.objects.values_list("code", "points", "reason", "made_by__name")) == [
        ("R1", Decimal("20.00"), "符合要求", "林小琴"),
        ("C1", Decimal("18.50"), "二号门占道", "林小琴"),
    ]
    office.post(url, {**empty, "points_C1": "18.5", "reason_C1": "二号门占道"})
    assert Mark.objects.count() == 2  # nothing changed, nothing written


def test_a_mark_goes_before_the_facts_and_can_be_taken_back(world: World) -> None:
    surveyed(world, "AAAABBBBBEEE")
    found, office = started(world), signed_in(world.officer)
    item = f"/appraisals/{found.public_id}/items/S1/"
    assert "有效票 12 张，满意 9 张" in office.get(item).content.decode()
    sent = {"points": "20", "reason": "测评期间停电两天，重新核实", "files": [books.picture("red", "通知.png")]}
    assert office.post(item, sent).status_code == 302
    assert got(found)["S1"] == Decimal("20.00")
    page = page_of(world.officer, found)
    assert "按此计分，不按采集的依据" in page
    assert "通知.png" in page
    undo = {"kind": "item", "code": "S1", "words": "按测评结果计"}
    assert (
        "没有撤销"
        in office.post(f"/appraisals/{found.public_id}/take-back/", undo | {"words": ""}, follow=True).content.decode()
    )
    office.post(f"/appraisals/{found.public_id}/take-back/", undo)
    assert got(found)["S1"] == Decimal("22.50")
    assert (
        "没有可以撤销的评分"
        in office.post(f"/appraisals/{found.public_id}/take-back/", undo, follow=True).content.decode()
    )
    assert "改过 2 次" in page_of(world.officer, found)


@pytest.mark.parametrize(
    ("points", "fits"), [("5", True), ("5.01", False), ("-5", True), ("-5.01", False), ("0", False)]
)
def test_bonus_and_penalty_stay_within_their_bounds(world: World, points: str, fits: bool) -> None:
    opened(world)
    found = of(world.compound)
    answer = signed_in(world.officer).post(
        f"/appraisals/{found.public_id}/adjust/", {"points": points, "reason": "通报表扬"}
    )
    assert (answer.status_code == 302) is fits
    assert Mark.objects.exists() is fits


def test_bonuses_are_bounded_together_and_the_total_ends_at_a_hundred(world: World) -> None:
    opened(world)
    found, office = of(world.compound), signed_in(world.officer)
    url = f"/appraisals/{found.public_id}/adjust/"
    office.post(url, {"points": "3", "reason": "通报表扬"})
    beyond = office.post(url, {"points": "2.01", "reason": "又一次"})
    assert "这样合计是 +5.01 分" in beyond.content.decode()
    office.post(url, {"points": "-1", "reason": "迟报"})
    give_all(found, by=world.officer)
    assert sheet_of(found, marks_of(found)).score == Decimal("100.00")


def test_a_veto_fails_the_firm_and_names_the_methods_matter(world: World) -> None:
    opened(world)
    found, office = of(world.compound), signed_in(world.officer)
    give_all(found, by=world.officer)
    url = f"/appraisals/{found.public_id}/veto/"
    assert "请从列出的事项里选" in office.post(url, {"matter": "看着不顺眼", "reason": "x"}).content.decode()
    assert office.post(url, {"matter": "侵占公共收益", "reason": ""}).status_code == 422
    office.post(url, {"matter": "侵占公共收益", "reason": "挪用电梯广告费，已立案"})
    page = page_of(world.officer, found)
    assert "一票否决：侵占公共收益" in page
    assert "不合格" in page
    assert "已经登记过" in office.post(url, {"matter": "侵占公共收益", "reason": "再记"}, follow=True).content.decode()


def test_nobody_but_the_office_scores(world: World) -> None:
    opened(world)
    found = of(world.compound)
    for path in ("score/", "items/R1/", "adjust/", "veto/", "take-back/", "submit/"):
        url = f"/appraisals/{found.public_id}/{path}"
        for insider in (world.leader, world.auditor, world.cadre):
            assert signed_in(insider).post(url, {"points": "1", "kind": "item"}).status_code == 403, path
        for outsider in (world.manager, world.owner, world.chair, world.other_cadre):
            assert signed_in(outsider).post(url, {"points": "1", "kind": "item"}).status_code == 404, path
    assert not Mark.objects.exists()


def test_what_was_handed_in_stays_as_it_is(world: World) -> None:
    opened(world)
    found, office = of(world.compound), signed_in(world.officer)
    url = f"/appraisals/{found.public_id}"
    unready = office.post(f"{url}/submit/", follow=True).content.decode()
    assert "还有 5 项没有打分：业主满意度" in unready
    give_all(found, by=world.officer)
    assert "已送审" in office.post(f"{url}/submit/", follow=True).content.decode()
    for path in ("score/", "items/R1/", "adjust/", "veto/"):
        assert "不能再打分" in office.post(f"{url}/{path}", {}, follow=True).content.decode(), path
    assert "不能再打分" in office.post(f"{url}/submit/", follow=True).content.decode()
    facts = of(world.compound).facts
    gathering.gather(found.round, at=NOON + timedelta(days=1))
    assert (of(world.compound).facts, of(world.compound).gathered_at) == (facts, NOON)
    assert of(world.other_compound).gathered_at == NOON + timedelta(days=1)
