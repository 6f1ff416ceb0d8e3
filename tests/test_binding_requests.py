"""Without a slip: a proven phone, a request, a cadre's look at the roster, and both sides told."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import ActionRecord, User
from communities.models import BindingRequest, Owner, Ownership, Residence, Unit
from notices.models import Message
from tests.arriving import NEW_PHONE, code_on, home_beside
from tests.cast import EARLIER, World
from tests.doors import hides_from, refuses, requires_login, serves
from tests.statements import CEILING, statements


@pytest.fixture
def home(world: World) -> Unit:
    cache.clear()
    unit = home_beside(world)
    owner = Owner.objects.create(compound=world.compound, name="郑秀琴", phone=NEW_PHONE)
    Ownership.objects.create(unit=unit, owner=owner, from_on=EARLIER)
    return unit


def typed(room: str = "1103", **changed: str) -> dict[str, str]:
    facts = {"building": "３栋", "stair": "", "room": f"{room}室", "relation": "owner", "name": "郑秀琴", "note": ""}
    return facts | {"phone": NEW_PHONE} | changed


def apply(world: World, **changed: str) -> Client:
    client = Client()
    answer = client.post(f"/arrive/apply/{world.compound.public_id}/", typed(**changed))
    assert answer["Location"] == "/arrive/apply/code/", answer.content.decode()[-1500:]
    answer = client.post("/arrive/apply/code/", {"code": code_on(changed.get("phone", NEW_PHONE))})
    assert answer["Location"] == "/arrive/asked/"
    return client


def decide(user: User, asked: BindingRequest, **facts: str):
    client = Client()
    client.force_login(user)
    return client.post(f"/bindings/{asked.public_id}/", facts)


def test_a_request_gives_no_right_until_the_cadre_has_looked_at_the_roster(world: World, home: Unit) -> None:
    client = apply(world)
    asked = BindingRequest.objects.get()
    assert asked.unit == home, "３栋 1103室 is 3号楼1单元1103"
    assert "待核对" in client.get("/arrive/asked/").content.decode()
    assert client.get(f"/compounds/{world.compound.public_id}/").status_code == 404
    url = f"/bindings/{asked.public_id}/"
    requires_login("/bindings/")
    requires_login(url)
    for who in (world.other_cadre, world.chair, world.manager, world.owner, world.stranger, asked.user):
        hides_from(who, url, data={"decision": "approve"})
        refuses(who, "/bindings/") if who is not world.other_cadre else serves(who, "/bindings/")
    for who in (world.leader, world.auditor):
        refuses(who, url, data={"decision": "approve"})
    assert "郑秀琴" not in serves(world.other_cadre, "/bindings/").content.decode()
    assert "郑秀琴" in serves(world.cadre, "/bindings/").content.decode()
    assert "有 1 件绑定房屋的申请待核对" in serves(world.cadre, "/desk/").content.decode()
    assert "有 1 件绑定房屋的申请待核对" in serves(world.officer, "/desk/").content.decode()
    for who in (world.leader, world.auditor, world.other_cadre):
        assert "绑定房屋的申请待核对" not in serves(who, "/desk/").content.decode()
    page = serves(world.cadre, url).content.decode()
    assert "手机号一致" in page
    assert "姓名一致" in page
    owner = Owner.objects.get(name="郑秀琴")
    assert decide(world.cadre, asked, decision="approve").status_code == 422, "which owner must be said"
    assert decide(world.cadre, asked, decision="approve", owner=owner.public_id).status_code == 302
    assert client.get(f"/compounds/{world.compound.public_id}/").status_code == 200
    assert "已同意" in Message.objects.inbox_of(asked.user).get().title
    assert ActionRecord.objects.filter(act="绑定房屋", by=world.cadre).count() == 1


def test_a_refusal_says_why_to_who_asked_and_nobody_is_bound(world: World, home: Unit) -> None:
    client = apply(world, relation="tenant", name="林租客")
    asked = BindingRequest.objects.get()
    silent = decide(world.cadre, asked, decision="refuse", reason="  ")
    assert silent.status_code == 422
    assert "请写明不同意的理由" in silent.content.decode()
    assert decide(world.officer, asked, decision="refuse", reason="租约没有备案").status_code == 302
    assert "租约没有备案" in client.get("/arrive/asked/").content.decode()
    assert "租约没有备案" in Message.objects.inbox_of(asked.user).get().body
    assert not Residence.objects.exists()
    assert client.get(f"/compounds/{world.compound.public_id}/").status_code == 404
    assert decide(world.cadre, asked, decision="approve").status_code == 200, "decided once; the page shows it"
    assert BindingRequest.objects.get().outcome == "refused"


def test_the_household_is_told_when_family_is_let_in(world: World) -> None:
    cache.clear()
    apply(world, room="1102", relation="family", name="施小弟")
    assert not Message.objects.inbox_of(world.owner).exists(), "a request by itself bothers nobody"
    assert decide(world.cadre, BindingRequest.objects.get(), decision="approve").status_code == 302
    assert "施**（家人" in Message.objects.inbox_of(world.owner).get().body


def test_an_owner_bound_already_cannot_be_taken_by_a_request(world: World) -> None:
    cache.clear()
    apply(world, room="1102", name="施雅琴")
    asked = BindingRequest.objects.get()
    bound = Owner.objects.get(user=world.owner)
    assert decide(world.cadre, asked, decision="approve", owner=bound.public_id).status_code in (409, 422)
    bound.refresh_from_db()
    assert bound.user == world.owner


def test_what_does_not_fit_is_said_beside_the_field_and_nothing_typed_is_lost(world: World, home: Unit) -> None:
    url = f"/arrive/apply/{world.compound.public_id}/"
    for change, words in (
        ({"room": "9999"}, "名册里没有这个楼栋和房号"),
        ({"name": "\u200b"}, "请填写您的姓名"),
        ({"phone": "12"}, "手机号应为 11 位数字"),
        ({"relation": "officer"}, ""),
        ({"note": "宝" * 300_000}, ""),
        ({"building": "a\x00"}, ""),
    ):
        answer = Client().post(url, typed() | change)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert "郑秀琴" in answer.content.decode() or "name" in change
    assert BindingRequest.objects.count() == 0
    assert Client().get("/arrive/apply/code/")["Location"] == "/arrive/apply/"


def test_one_asks_once_and_the_same_person_has_one_account(world: World, home: Unit, client_of: Callable) -> None:
    client = apply(world)
    again = client.post(
        f"/arrive/apply/{world.compound.public_id}/", {"building": "3", "room": "1103", "relation": "owner"}
    )
    assert again.status_code == 422
    assert "您已申请绑定这户" in again.content.decode()
    cache.clear()
    other = Client()
    other.post(f"/arrive/apply/{world.compound.public_id}/", typed(room="1102", relation="family"))
    other.post("/arrive/apply/code/", {"code": code_on(NEW_PHONE)})
    assert User.objects.filter(phone=NEW_PHONE).count() == 1
    assert BindingRequest.objects.filter(user__phone=NEW_PHONE).count() == 2


def test_the_list_costs_the_same_statements_for_few_and_many(world: World, home: Unit, client_of: Callable) -> None:
    apply(world)
    client = client_of(world.cadre)
    before = statements(client, "/bindings/")
    asked = BindingRequest.objects.get()
    people = User.objects.bulk_create(User(username=f"p{n}", name=f"某{n}") for n in range(20))
    BindingRequest.objects.bulk_create(
        BindingRequest(unit=home, user=one, relation="family", asked_at=asked.asked_at) for one in people
    )
    assert statements(client, "/bindings/") == before <= CEILING


def test_the_search_for_ones_compound_finds_by_part_of_the_name(world: World) -> None:
    page = Client().get("/arrive/apply/?q=仑后").content.decode()
    assert "仑后花园" in page
    assert "杆头新村" not in page
