"""Full phone numbers: one at a time for a reason, or a compound's by two persons, for a day; all of it in the trail."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from openpyxl import load_workbook

from accounts.models import ActionRecord, User
from communities.models import Owner, PhoneExport
from notices.models import Message
from tests.cast import NOON, World
from tests.doors import hides_from, refuses, requires_login, serves

PHONE = "13812345678"
ClientOf = Callable[[User | None], Client]


def acts(**facts: Any) -> list[tuple[str, str]]:
    found = ActionRecord.objects.filter(**facts).order_by("id")
    return list(found.values_list("act", "result"))


# -- One number --------------------------------------------------------------------------------------------------------


@pytest.fixture
def url(world: World) -> str:
    owner = Owner.objects.get(compound=world.compound)
    return f"/compounds/{world.compound.public_id}/owners/{owner.public_id}/phone/"


def test_a_number_is_shown_once_for_a_reason_and_written_down(world: World, url: str) -> None:
    data = {"reason": "联系漏水报修"}
    requires_login(url)
    for who in ("stranger", "other_chair", "other_manager"):
        hides_from(world.people[who], url, data=data)
    for who in ("auditor", "leader", "member", "supervisor", "owner"):
        if who == "leader":
            continue  # leads the town: oversees the compound, and may see the roster
        refuses(world.people[who], url, data=data)
    listed = f"/compounds/{world.compound.public_id}/units/"
    for who in ("officer", "cadre", "chair", "treasurer", "manager", "clerk"):
        person = world.people[who]
        assert PHONE not in serves(person, listed).content.decode(), "the list shows the mask"
        assert url in serves(person, listed).content.decode()
        assert PHONE not in serves(person, url).content.decode(), "opening the page shows nothing yet"
        answer = serves(person, url, data=data)
        assert PHONE in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        line = ActionRecord.objects.get(by=person, act="查看完整号码")
        assert (line.result, line.detail) == ("done", "联系漏水报修")
        assert PHONE not in str(line.subject)
        assert "施雅琴" not in str(line.subject)


@pytest.mark.parametrize("reason", ["", "  ", "看看", "\u200b\u200b\u200b\u200b\u200b", "理" * 201])
def test_without_a_reason_no_number(world: World, client_of: ClientOf, url: str, reason: str) -> None:
    page = client_of(world.officer).post(url, {"reason": reason}).content.decode()
    assert PHONE not in page
    assert acts(by=world.officer) == [("查看完整号码", "refused")]
    assert PHONE in client_of(world.officer).post(url, {"reason": "联系漏水报修"}).content.decode()


def test_another_compounds_owner_is_not_found_under_ones_own(world: World, client_of: ClientOf) -> None:
    other = Owner.objects.get(compound=world.other_compound)
    mixed = f"/compounds/{world.compound.public_id}/owners/{other.public_id}/phone/"
    hides_from(world.chair, mixed, data={"reason": "联系漏水报修"})
    nobody = Owner.objects.create(compound=world.compound, name="无号码")
    page = client_of(world.chair).post(
        f"/compounds/{world.compound.public_id}/owners/{nobody.public_id}/phone/", {"reason": "联系漏水报修"}
    )
    assert "没有这位业主的号码" in page.content.decode()


# -- A compound's ------------------------------------------------------------------------------------------------------


def ask(world: World, client_of: ClientOf, by: User) -> PhoneExport:
    answer = client_of(by).post(f"/compounds/{world.compound.public_id}/phones/", {"reason": "停水通知到户"})
    assert answer.status_code == 302
    return PhoneExport.objects.latest("id")


def decide(client_of: ClientOf, by: User, asked: PhoneExport, agrees: str = "1") -> int:
    return client_of(by).post(f"/phones/{asked.public_id}/", {"agrees": agrees}).status_code


def test_two_persons_a_day_and_a_watermark(world: World, client_of: ClientOf) -> None:
    asked = ask(world, client_of, world.cadre)
    file = f"/phones/{asked.public_id}/phones.xlsx"
    requires_login(file)
    hides_from(world.cadre, file)
    told = Message.objects.filter(kind=Message.Kind.TASK, title__startswith="请决定")
    assert {one.recipient for one in told} == {world.officer, world.second_officer}
    assert PHONE not in "".join(one.title + one.body for one in told)
    assert decide(client_of, world.cadre, asked) == 403, "nobody decides their own, and cadres none"
    assert decide(client_of, world.officer, asked) == 302
    answer = serves(world.cadre, file)
    for who in ("officer", "second_officer", "leader", "other_cadre", "chair", "owner", "auditor"):
        hides_from(world.people[who], file)
    book = load_workbook(BytesIO(answer.getvalue()))
    for sheet in book.worksheets:
        marks = [str(sheet.cell(row, 1).value) for row in (1, 2, 3)]
        assert "黄明辉" in marks[0]
        assert "2026-10-29 12:0" in marks[1]
        assert "林小琴" in marks[1]
        assert "停水通知到户" in marks[2]
    assert [cell.value for cell in book.worksheets[0][5]][1:] == ["施雅琴", PHONE]
    assert acts(subject__public_id=asked.public_id, result="done") == [
        ("申请导出完整号码", "done"),
        ("同意导出完整号码", "done"),
        ("导出完整号码", "done"),
    ]
    assert acts(subject__public_id=asked.public_id, act="决定导出完整号码") == [("决定导出完整号码", "refused")]
    assert "同意：导出" in Message.objects.filter(recipient=world.cadre).latest("id").title
    with time_machine.travel(NOON + timedelta(hours=23)):
        serves(world.cadre, file)
    with time_machine.travel(NOON + timedelta(hours=24, minutes=2)):
        hides_from(world.cadre, file)


def test_the_link_dies_with_the_right(world: World, client_of: ClientOf) -> None:
    asked = ask(world, client_of, world.cadre)
    decide(client_of, world.officer, asked)
    serves(world.cadre, f"/phones/{asked.public_id}/phones.xlsx")
    world.cadre.appointments.update(until_on=NOON.date() - timedelta(days=1))
    hides_from(world.cadre, f"/phones/{asked.public_id}/phones.xlsx")
    hides_from(world.cadre, f"/phones/{asked.public_id}/")


def test_an_officers_own_request_needs_another_officer_and_is_decided_once(world: World, client_of: ClientOf) -> None:
    asked = ask(world, client_of, world.officer)
    again = client_of(world.officer).post(f"/compounds/{world.compound.public_id}/phones/", {"reason": "停水通知到户"})
    assert "已有一份申请等待决定" in again.content.decode()
    assert decide(client_of, world.officer, asked) == 403
    assert decide(client_of, world.second_officer, asked, "0") == 302
    hides_from(world.officer, f"/phones/{asked.public_id}/phones.xlsx")
    assert decide(client_of, world.second_officer, asked, "1") == 409
    asked.refresh_from_db()
    assert asked.decision == "declined"


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"reason": ""}, "an_export_of_numbers_states_its_reason"),
        ({"decision": "agreed", "decided_by": "officer", "decided_at": NOON}, "nobody_agrees_to_their_own_export"),
        ({"decision": "agreed"}, "a_decided_export_names_who_and_when"),
    ],
)
def test_the_database_agrees(world: World, facts: dict[str, Any], name: str) -> None:
    people = {key: world.people[value] for key, value in facts.items() if key == "decided_by"}
    whole = {"compound": world.compound, "asked_by": world.officer, "asked_at": NOON, "reason": "通知"} | facts | people
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        PhoneExport.objects.create(**whole)


def test_who_may_not_ask_is_refused_and_who_may_is_served(world: World) -> None:
    url = f"/compounds/{world.compound.public_id}/phones/"
    requires_login(url)
    for who in ("leader", "auditor", "chair", "manager", "owner"):
        refuses(world.people[who], url, data={"reason": "停水通知到户"})
    for who in ("stranger", "other_cadre", "other_manager"):
        hides_from(world.people[who], url, data={"reason": "停水通知到户"})
    serves(world.cadre, url)
    serves(world.officer, url)
