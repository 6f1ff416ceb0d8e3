"""申辩: within five working days the firm speaks against its score, and the office answers every word."""

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from communities.models import ServiceContract
from evaluations.models import AppraisalReply, Mark, ReplyAnswer
from evaluations.services.appraisals.sheets import marks_of, sheet_of
from notices.models import Message
from tests import books
from tests.appraising import WINDOW_ENDS, of, opened, told
from tests.cast import TODAY, World

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def url(world: World) -> str:
    opened(world)
    return f"/appraisals/{told(world, R1='15').public_id}"


def test_the_manager_speaks_against_an_item_with_papers(world: World, url: str) -> None:
    manager = signed_in(world.manager)
    assert "可以申辩" in manager.get("/desk/").content.decode()
    assert "遵守制度（15.00 / 20.00）" in manager.get(f"{url}/reply/?item=R1").content.decode()
    unsaid = manager.post(f"{url}/reply/", {"code": "R1", "text": ""})
    assert (unsaid.status_code, "请写明申辩的理由" in unsaid.content.decode()) == (422, True)
    assert manager.post(f"{url}/reply/", {"code": "X9", "text": "x"}).status_code == 422
    assert manager.post(f"{url}/reply/", {"code": "R1", "text": "长" * 1001}).status_code == 422
    sent = {"code": "R1", "text": "台账 <b>已补齐</b>，见附件", "files": [books.picture("blue", "台账.png")]}
    assert manager.post(f"{url}/reply/", sent).status_code == 302
    manager.post(f"{url}/reply/", {"code": "", "text": "总体偏严"})
    for reader in (world.manager, world.officer, world.cadre, world.clerk):
        page = signed_in(reader).get(f"{url}/").content.decode()
        assert "台账 &lt;b&gt;已补齐" in page
        assert "总体偏严" in page
        assert "等待答复" in page or reader == world.officer
    assert Message.objects.inbox_of(world.officer).filter(title__contains="企业申辩").count() == 2
    file_url = f"{url}/files/{AppraisalReply.objects.first().files.get().file.public_id}/"
    assert signed_in(world.second_officer).get(file_url).status_code == 200
    assert signed_in(world.other_manager).get(file_url).status_code == 404


def test_nobody_else_speaks_for_the_firm(world: World, url: str) -> None:
    for insider in (world.clerk, world.officer, world.leader, world.cadre, world.auditor):
        assert signed_in(insider).post(f"{url}/reply/", {"text": "x"}).status_code == 403
        assert signed_in(insider).post(f"{url}/rest/").status_code == 403
    for outsider in (world.other_manager, world.owner, world.chair):
        assert signed_in(outsider).post(f"{url}/reply/", {"text": "x"}).status_code == 404
    assert not AppraisalReply.objects.exists()


@pytest.mark.parametrize(
    ("day", "hour", "is_open"),
    [(WINDOW_ENDS, time(23, 59, 59), True), (WINDOW_ENDS + timedelta(days=1), time(0), False)],
)
def test_the_window_ends_with_its_last_day(
    world: World, url: str, on_day: Callable[..., None], day: date, hour: time, is_open: bool
) -> None:
    on_day(day, hour)
    answer = signed_in(world.manager).post(f"{url}/reply/", {"code": "R1", "text": "补充"}, follow=True)
    assert AppraisalReply.objects.exists() is is_open
    assert ("已经结束" in answer.content.decode()) is not is_open


def test_a_firm_that_left_the_compound_still_speaks(world: World, url: str) -> None:
    ServiceContract.objects.filter(pk=world.contract.pk).update(ended_on=TODAY - timedelta(days=1))
    assert signed_in(world.manager).post(f"{url}/reply/", {"code": "R1", "text": "已交接"}).status_code == 302


def test_the_office_keeps_or_changes_the_points_with_reason(world: World, url: str) -> None:
    manager, office = signed_in(world.manager), signed_in(world.officer)
    for code, text in (("R1", "台账已补齐"), ("C1", "占道是装修公司"), ("", "总体偏严")):
        manager.post(f"{url}/reply/", {"code": code, "text": text})
    first, second, whole = AppraisalReply.objects.order_by("pk")
    answer = f"{url}/replies/{{}}/answer/"
    for insider in (world.leader, world.cadre, world.manager):
        assert signed_in(insider).post(answer.format(first.public_id), {"reason": "x"}).status_code == 403
    assert office.post(answer.format(first.public_id), {"points": "18", "reason": ""}).status_code == 422
    beyond = office.post(answer.format(first.public_id), {"points": "20.01", "reason": "核实"})
    assert (beyond.status_code, "应在 0 到 20.00 分之间" in beyond.content.decode()) == (422, True)
    office.post(answer.format(first.public_id), {"points": "18.5", "reason": "台账属实，迟交扣 1.5 分"})
    office.post(answer.format(second.public_id), {"points": "", "reason": "物业有劝阻责任"})
    assert (
        "points" not in office.get(answer.format(whole.public_id)).content.decode().split("</h1>")[1].split("reason")[0]
    )
    office.post(answer.format(whole.public_id), {"points": "1", "reason": "各小区同一标准"})
    told_again = office.post(answer.format(first.public_id), {"points": "1", "reason": "再改"}, follow=True)
    assert "已由他人答复" in told_again.content.decode()
    assert list(ReplyAnswer.objects.order_by("pk").values_list("mark__points", flat=True)) == [
        Decimal("18.50"),
        None,
        None,
    ]
    found = of(world.compound)
    assert sheet_of(found, marks_of(found)).score == Decimal("98.50")
    page = manager.get(f"{url}/").content.decode()
    assert "改为 18.50 分。台账属实" in page
    assert "维持。物业有劝阻责任" in page
    assert Mark.objects.filter(answer__isnull=False).count() == 1


def test_the_firm_may_end_its_window_and_then_says_nothing_more(world: World, url: str) -> None:
    manager = signed_in(world.manager)
    assert "没有其他意见" in manager.post(f"{url}/rest/", follow=True).content.decode()
    assert of(world.compound).replied_at is not None
    again = manager.post(f"{url}/reply/", {"code": "R1", "text": "又想起来"}, follow=True).content.decode()
    assert "不能再补充" in again
    assert "不能再补充" in manager.post(f"{url}/rest/", follow=True).content.decode()
    assert not AppraisalReply.objects.exists()
