"""操作记录: auditors find any line by person, act, object, result, day and address, and nobody else reads it."""

import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.test import Client
from openpyxl import load_workbook

from accounts.models import ActionRecord, User
from accounts.services import record_action
from communities.models import Appointment, Body, City, Post, Town
from communities.rules import BodyKind, Role
from kernel.fields import Reference
from tests.cast import EARLIER, NOON, World
from tests.doors import refuses, requires_login, serves
from tests.statements import CEILING, statements

THING = Reference("finance.entry", "abcdefgh01234567", "记一笔 260 元")
PART = Reference("finance.voucher", "abcdefgh89abcdef", "发票.png")


@pytest.fixture
def lines(world: World) -> World:
    """Six lines on three days."""
    told = (
        (-2, "记一笔", world.treasurer, THING, ""),
        (-2, "销户", world.chair, None, ""),
        (-1, "记一笔", world.treasurer, None, "=cmd|' /C calc'!A0"),
        (0, "督促", world.officer, None, ""),
    )
    for days, act, by, subject, detail in told:
        with time_machine.travel(NOON + timedelta(days=days)):
            record_action(act, by=by, subject=subject, detail=detail)
    record_action("登录", by=None, by_text="无名氏", result=ActionRecord.Result.REFUSED)
    ActionRecord.objects.create(
        act="更正流水", by=world.member, address="10.1.2.3",
        parts=[{"act": "上传凭证", "subject": asdict(PART), "detail": ""}],
    )  # fmt: skip
    return world


def found(client: Client, **asked: str) -> list[str]:
    """The acts on the page, in its order; the reading itself left out."""
    page = client.get("/trail/", asked).context
    return [line.act for line in page["lines"] if line.act != "查阅操作记录"]


def test_only_auditors_read_the_trail_and_only_while_they_hold_the_post(
    world: World, on_day: Callable[..., None]
) -> None:
    for url in ("/trail/", "/trail/export/"):
        requires_login(url)
        for who in ("officer", "leader", "cadre", "chair", "supervisor", "manager", "owner", "stranger"):
            refuses(world.people[who], url)
        refuses(User.objects.create_superuser(f"root{len(url)}", name="管理员"), url)
        serves(world.auditor, url)
        assert Client().post(url).status_code in (302, 405)
    Appointment.objects.filter(user=world.auditor).update(until_on=date(2026, 10, 29))
    on_day(date(2026, 10, 30))
    refuses(world.auditor, "/trail/")


def test_every_question_finds_its_lines(lines: World, client_of: Callable[[User], Client]) -> None:
    client = client_of(lines.auditor)
    assert found(client) == ["更正流水", "登录", "督促", "记一笔", "销户", "记一笔"]
    assert found(client, person="郑秀英") == found(client, person="TREASURER") == ["记一笔", "记一笔"]
    assert found(client, person="无名氏") == ["登录"]
    assert found(client, person="查无此人") == []
    assert found(client, act="销户") == ["销户"]
    assert found(client, object=THING.public_id) == ["记一笔"]
    assert found(client, object=f"https://example.org/books/entries/{THING.public_id}/") == ["记一笔"]
    assert found(client, object=PART.public_id) == ["更正流水"], "the object of a part"
    assert found(client, object="记一笔 260", from_on="2026-10-01", until_on="2026-10-31") == ["记一笔"]
    assert found(client, result="refused") == ["登录"]
    assert found(client, from_on="2026-10-28", until_on="2026-10-28") == ["记一笔"]
    assert found(client, until_on="2026-10-27") == ["销户", "记一笔"]
    assert found(client, address="10.1.2.3") == ["更正流水"]
    assert found(client, person="郑秀英", until_on="2026-10-27") == ["记一笔"]
    assert found(client, sort="time") == found(client)[::-1]
    assert found(client, sort="act") == sorted(found(client, sort="act"))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"from_on": "2026-10-29", "until_on": "2026-10-01"}, "不能早于"),
        ({"object": "发票"}, "不超过 92 天"),
        ({"address": "10.1.2"}, "有效"),
        ({"from_on": "昨天"}, "日期"),
        ({"act": "没有这件事"}, "没有这件事"),
    ],
)
def test_a_question_that_cannot_be_answered_is_named_by_its_field(
    lines: World, client_of: Callable[[User], Client], asked: dict[str, str], told: str
) -> None:
    answer = client_of(lines.auditor).get("/trail/", asked)
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert answer.context["lines"] == []


def test_reading_leaves_one_line_for_a_search_and_none_for_turning_its_pages(
    world: World, client_of: Callable[[User], Client]
) -> None:
    ActionRecord.objects.bulk_create(ActionRecord(act="批量", by=world.officer) for _ in range(120))
    client, seen, after = client_of(world.auditor), [], ""
    while True:
        page = client.get("/trail/", {"act": "批量", "after": after}).context
        seen += [line.pk for line in page["lines"]]
        if page["more"] is None:
            break
        after = str(page["more"].pk)
    assert len(seen) == len(set(seen)) == 120
    assert seen == sorted(seen, reverse=True)
    read = ActionRecord.objects.filter(act="查阅操作记录", by=world.auditor)
    assert [line.detail for line in read] == ["何事：批量"]
    client.get("/trail/", {"act": "批量", "person": "林小琴"})
    assert read.all().count() == 2


def test_a_person_asked_for_by_name_stands_in_no_address(lines: World, client_of: Callable[[User], Client]) -> None:
    ActionRecord.objects.bulk_create(ActionRecord(act="批量", by=lines.officer) for _ in range(60))
    client = client_of(lines.auditor)
    answer = client.post("/trail/", {"person": " 林小琴 ", "result": "done"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'method="post" action="/trail/"' in page
    assert 'value="林小琴"' in page, "what was asked stays in its field"
    ways_on = [way for way in re.findall(r'href="(\?[^"]*)"', page) if "who=" in way]
    assert len(ways_on) >= 3, "further pages, and both orders"
    assert not any("person" in way or quote("林小琴") in way or "林小琴" in way for way in ways_on)
    more = client.get("/trail/" + next(way for way in ways_on if "after=" in way).replace("&amp;", "&"))
    assert {line.by for line in more.context["lines"]} == {lines.officer}
    assert "林小琴" not in more.wsgi_request.get_full_path()
    told = ActionRecord.objects.filter(act="查阅操作记录", by=lines.auditor)
    assert [line.detail for line in told] == ["何人（姓名或用户名）：林小琴；结果：done"]
    elsewhere = client_of(lines.auditor).get("/trail/", {"who": answer.context["form"].data["who"]})
    assert elsewhere.context["lines"] == [], "the key opens nothing in another session"
    assert "请重新填写姓名" in elsewhere.content.decode()


@pytest.mark.parametrize("sort", ["time", "-time", "act", "-act", "hidden", ""])
def test_pages_in_every_order_show_each_line_once(lines: World, client_of: Any, sort: str) -> None:
    ActionRecord.objects.bulk_create(ActionRecord(act=f"批量{n % 3}", by=lines.officer) for n in range(110))
    client, seen, after = client_of(lines.auditor), [], ""
    for _ in range(4):
        page = client.get("/trail/", {"sort": sort, "after": after, "person": "林小琴"}).context
        seen += [line.pk for line in page["lines"]]
        if page["more"] is None:
            break
        after = str(page["more"].pk)
    assert len(seen) == len(set(seen)) == 111
    for bad in ("x", "-1", "9" * 30, "1.5", "\x00"):
        assert client.get("/trail/", {"after": bad}).status_code == 200


def test_the_page_costs_the_same_few_statements_however_long_the_trail(lines: World, client_of: Any) -> None:
    client, search = client_of(lines.auditor), "/trail/?person=林小琴"
    few = statements(client, search)
    ActionRecord.objects.bulk_create(ActionRecord(act="批量", by=lines.officer) for _ in range(200))
    assert statements(client, search) == few <= CEILING


def test_an_auditor_does_not_read_of_people_who_belong_to_another_town_only(lines: World, client_of: Any) -> None:
    far = Town.objects.create(city=City.objects.create(code="350582", name="晋江市"), code="350582101", name="外镇")
    office = Body.objects.create(kind=BodyKind.OFFICE, name="外镇小区服务岗", town=far, from_on=EARLIER)
    auditing = Body.objects.create(kind=BodyKind.AUDIT, name="外镇审计", town=far, from_on=EARLIER)
    people = []
    for body, name, role in ((office, "外镇干事", Role.TOWN_OFFICER), (auditing, "外镇审计员", Role.AUDITOR)):
        person = User.objects.create(username=name, name=name)
        Appointment.objects.create(
            post=Post.objects.create(body=body, title=name, role=role), user=person, from_on=EARLIER
        )
        people.append(person)
    record_action("外镇办事", by=people[0])
    ours, theirs = client_of(lines.auditor), client_of(people[1])
    assert "外镇办事" not in found(ours)
    assert {"督促", "登录"} <= set(found(ours))
    assert found(theirs) == ["外镇办事", "登录"], "what nobody known did is every auditor's business"
    told = ours.get("/trail/export/").getvalue().decode()
    assert "外镇办事" not in told
    assert "不在您的范围" in told


def test_the_export_of_a_month_holds_no_formula_and_is_written_down(lines: World, client_of: Any) -> None:
    client = client_of(lines.auditor)
    answer = client.get("/trail/export/", {"month": "2026-10", "format": "xlsx"})
    sheet = load_workbook(BytesIO(answer.getvalue())).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert [cell for cell in cells if cell.data_type == "f"] == []
    assert "=cmd|' /C calc'!A0" in {cell.value for cell in cells}
    assert "'=cmd" in client.get("/trail/export/", {"month": "2026-10"}).getvalue().decode()
    written = ActionRecord.objects.filter(act="导出操作记录", by=lines.auditor).order_by("id")
    assert [line.detail for line in written] == ["2026-10，xlsx", "2026-10，csv"]
    assert client.get("/trail/export/", {"month": "2026-13"}).status_code == 422
