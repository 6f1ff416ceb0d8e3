"""审定: by who did not score, after the firm was heard; then frozen, and corrected by a further one alone."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from evaluations.appraisal_rules import Grade, Head
from evaluations.models import Appraisal, AppraisalReply, AppraisalResult, Mark
from evaluations.services.appraisals import final_scores_of, still_running
from evaluations.services.appraisals.replying import answer, reply
from evaluations.services.appraisals.reviewing import tell_firm
from evaluations.services.appraisals.scoring import submit
from supervision.models import Obligation
from tests.appraising import HALF, WINDOW_ENDS, final, give, of, opened, told
from tests.cast import NOON, World
from tests.law import policy_for, sweep_on

pytestmark = pytest.mark.django_db
_ONE_DAY = timedelta(days=1)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def heard(world: World) -> Appraisal:
    """Told with 95 points; its window is open."""
    opened(world)
    return told(world, R1="15")


def url_of(appraisal: Appraisal) -> str:
    return f"/appraisals/{appraisal.public_id}"


def test_before_the_firm_was_heard_nothing_is_final(
    world: World, heard: Appraisal, on_day: Callable[..., None]
) -> None:
    second, url = signed_in(world.second_officer), url_of(heard)
    assert "申辩期到2026年11月5日为止" in second.post(f"{url}/final/", follow=True).content.decode()
    objection = reply(heard, code="R1", text="台账已补齐", by=world.manager, at=NOON)
    on_day(WINDOW_ENDS)
    second = signed_in(world.second_officer)
    assert "暂不能审定" in second.get(f"{url}/").content.decode()
    assert "申辩期" in second.post(f"{url}/final/", follow=True).content.decode()
    on_day(WINDOW_ENDS + _ONE_DAY)
    second = signed_in(world.second_officer)
    assert "还有 1 条申辩没有答复" in second.post(f"{url}/final/", follow=True).content.decode()
    assert not AppraisalResult.objects.exists()
    answer(objection, points=Decimal(16), reason="部分属实", by=world.officer, at=NOON)
    cache.clear()
    assert "1 份物业考评可以审定" in second.get("/desk/").content.decode()
    assert "已审定" in second.post(f"{url}/final/", follow=True).content.decode()
    assert AppraisalResult.objects.get().score == Decimal("96.00")


def test_who_scored_or_changed_points_does_not_make_it_final(
    world: World, heard: Appraisal, on_day: Callable[..., None]
) -> None:
    objection = reply(heard, code="R1", text="台账已补齐", by=world.manager, at=NOON)
    answer(objection, points=Decimal(16), reason="部分属实", by=world.second_officer, at=NOON)
    on_day(WINDOW_ENDS + _ONE_DAY)
    url = f"{url_of(heard)}/final/"
    for scorer in (world.officer, world.second_officer):
        assert signed_in(scorer).post(url).status_code == 403
    for other in (world.auditor, world.cadre, world.manager):
        assert signed_in(other).post(url).status_code == 403
    for stranger in (world.owner, world.chair):
        assert signed_in(stranger).post(url).status_code == 404
    assert signed_in(world.leader).post(url).status_code == 302
    assert of(world.compound).final_by == world.leader


def test_then_the_compound_reads_it_and_strangers_do_not(world: World, heard: Appraisal) -> None:
    signed_in(world.manager).post(f"{url_of(heard)}/rest/")
    signed_in(world.second_officer).post(f"{url_of(heard)}/final/")
    for reader in (world.owner, world.chair, world.member, world.manager, world.cadre, world.auditor):
        client = signed_in(reader)
        assert "95.00" in client.get(f"{url_of(heard)}/").content.decode()
        assert "95.00" in client.get("/appraisals/?grade=excellent").content.decode()
        assert client.get("/appraisals/?grade=failed").content.decode().count("95.00") == 0
    for stranger in (world.other_chair, world.other_owner, world.other_cadre, world.other_manager):
        assert signed_in(stranger).get(f"{url_of(heard)}/").status_code == 404
    assert Client().get(f"{url_of(heard)}/").status_code == 302


def test_the_scores_of_a_half_year_come_in_one_list(world: World) -> None:
    opened(world)
    final(world, R1="15", W1="12.5")
    final(world, world.other_compound)
    assert still_running(world.town, HALF) == 0
    with CaptureQueriesContext(connection) as seen:
        scores = final_scores_of(world.town, HALF)
    assert len(seen) == 1
    assert [(one.compound, one.firm, one.score, one.grade) for one in scores] == [
        ("仑后花园", "石狮安居物业服务有限公司", Decimal("87.50"), Grade.GOOD),
        ("杆头新村", "泉州宏远物业管理有限公司", Decimal("100.00"), Grade.EXCELLENT),
    ]
    assert scores[0].heads[Head.SANITATION] == (Decimal("12.50"), Decimal("20.00"))
    assert (scores[0].compound_key, scores[0].firm_key) == (world.compound.pk, world.firm.pk)
    assert final_scores_of(world.town, HALF.previous()) == []


def test_the_offices_duty_is_fulfilled_by_the_final_score(world: World) -> None:
    policy_for(world.town, HALF.first)
    sweep_on(NOON.date())
    owed = Obligation.objects.get(duty="firm_appraisal", compound=world.compound, period=HALF.code)
    assert signed_in(world.officer).get(f"/obligations/{owed.public_id}/perform/").status_code == 403
    opened(world)
    found = told(world)
    owed.refresh_from_db()
    assert owed.fulfilled_at is None
    signed_in(world.manager).post(f"{url_of(found)}/rest/")
    signed_in(world.second_officer).post(f"{url_of(found)}/final/")
    owed.refresh_from_db()
    assert owed.fulfilled_at == AppraisalResult.objects.get().final_at
    assert owed.evidence.public_id == found.public_id
    other = Obligation.objects.get(duty="firm_appraisal", compound=world.other_compound, period=HALF.code)
    assert other.is_open


# -- Frozen ------------------------------------------------------------------------------------------------------------


def test_a_final_score_cannot_be_changed_in_any_way(world: World) -> None:
    opened(world)
    found = final(world)
    row = Appraisal.objects.filter(pk=found.pk)
    for change in ({"stage": "told", "final_by": None}, {"facts": {"S1": []}}, {"final_by": world.leader}):
        with pytest.raises(DatabaseError, match="a final appraisal stays"), transaction.atomic():
            row.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        AppraisalResult.objects.update(score=1)
    for late in (
        lambda: Mark.objects.create(
            appraisal=found, kind="item", code="R1", points=1, reason="x", made_by=world.officer, made_at=NOON
        ),
        lambda: AppraisalReply.objects.create(appraisal=found, text="x", made_by=world.manager, made_at=NOON),
    ):
        with pytest.raises(DatabaseError, match="not at this stage"), transaction.atomic():
            late()
    office = signed_in(world.officer)
    assert "不能再打分" in office.post(f"{url_of(found)}/score/", {}, follow=True).content.decode()
    assert "不能审定" in signed_in(world.leader).post(f"{url_of(found)}/final/", follow=True).content.decode()


def test_no_result_without_its_step_and_no_final_step_without_its_result(world: World) -> None:
    opened(world)
    found = of(world.compound)
    with pytest.raises(DatabaseError, match="not at this stage"), transaction.atomic():
        AppraisalResult.objects.create(
            appraisal=found, score=1, grade="failed", heads={}, inputs={}, hash="0" * 64, final_at=NOON
        )
    found = told(world)
    with pytest.raises(DatabaseError, match="has its result"), transaction.atomic():
        Appraisal.objects.filter(pk=found.pk).update(stage="final", final_by=world.second_officer)
    AppraisalResult.objects.create(
        appraisal=found, score=1, grade="failed", heads={}, inputs={}, hash="0" * 64, final_at=NOON
    )
    with pytest.raises(IntegrityError, match="does_not_make_it_final"), transaction.atomic():
        Appraisal.objects.filter(pk=found.pk).update(stage="final", final_by=world.officer)


# -- Corrected ---------------------------------------------------------------------------------------------------------


def test_a_final_score_is_corrected_by_a_further_one_that_refers_to_it(world: World) -> None:
    opened(world)
    old = final(world, R1="15")
    office, url = signed_in(world.officer), f"{url_of(old)}/correct/"
    for insider in (world.leader, world.manager, world.owner, world.cadre):
        assert signed_in(insider).post(url, {"words": "x"}).status_code == 403
    assert office.post(url, {"words": " "}).status_code == 422
    office.post(url, {"words": "台账扣分记错了小区"})
    further = of(world.compound)
    assert (further.version, further.corrects, further.stage) == (2, old, "scoring")
    assert "已经有更正" in office.post(url, {"words": "又来"}, follow=True).content.decode()
    assert [one.score for one in final_scores_of(world.town, HALF)] == [Decimal("95.00")]
    owner = signed_in(world.owner)
    assert "更正" not in owner.get(f"{url_of(old)}/").content.decode().split("经过")[0].split("<main")[1]
    assert owner.get(f"{url_of(further)}/").status_code == 404
    give(further, by=world.officer, R1="20")
    submit(further, by=world.officer, at=NOON)
    tell_firm(further, by=world.second_officer, at=NOON)
    signed_in(world.manager).post(f"{url_of(further)}/rest/")
    signed_in(world.second_officer).post(f"{url_of(further)}/final/")
    assert [(one.score, one.version) for one in final_scores_of(world.town, HALF)] == [(Decimal("100.00"), 2)]
    assert "以更正的为准" in owner.get(f"{url_of(old)}/").content.decode()
    assert "台账扣分记错了小区" in owner.get(f"{url_of(further)}/").content.decode()
    assert AppraisalResult.objects.get(appraisal=old).score == Decimal("95.00")
