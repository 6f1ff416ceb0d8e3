"""一户一码: a slip of paper binds a household in three taps; nothing else lets anybody in."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from threading import Barrier

import pytest
import time_machine
from django.contrib.auth.hashers import BasePasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pypdf import PdfReader

from accounts.limits import SECRETS_PER_ADDRESS
from accounts.models import ActionRecord, User
from baogai import doors
from baogai.views.doors import slips as slip_views
from communities.models import Owner, Ownership, Residence, Slip, Unit
from kernel.codes import digest, in_groups
from notices.models import Message
from notices.services.printing import PrintingError
from tests.arriving import NEW_PHONE, code_on, home_beside, slip_for, tap, texts_to
from tests.cast import EARLIER, TODAY, World, build_world
from tests.doors import hides_from, refuses, requires_login, serves
from tests.statements import CEILING, statements
from tests.surveying import opened


@pytest.fixture
def home(world: World) -> Unit:
    """A home on the roster with two owners, nobody bound."""
    unit = home_beside(world)
    for name in ("郑秀琴", "吴大海"):
        owner = Owner.objects.create(compound=world.compound, name=name, phone="")
        Ownership.objects.create(unit=unit, owner=owner, from_on=EARLIER)
    return unit


def owner_of(unit: Unit, name: str) -> Owner:
    return Owner.objects.get(name=name, ownerships__unit=unit)


# -- Three taps --------------------------------------------------------------------------------------------------------


def test_scan_tap_ones_name_type_the_phone_and_one_is_in(world: World, home: Unit) -> None:
    client, secret = Client(), slip_for(world, home)
    assert client.get(f"/s/{secret}/")["Location"] == "/arrive/home/", "the code leaves the address at once"
    page = client.get("/arrive/home/").content.decode()
    assert "郑**" in page
    assert "吴**" in page
    assert "郑秀琴" not in page, "no more than it takes to say: that is me"
    answer = tap(client, owner_of(home, "郑秀琴").public_id)
    assert answer["Location"] == f"/arrive/done/{home.public_id}/"
    assert "已绑定" in client.get(answer["Location"]).content.decode()
    assert "仑后花园" in client.get("/desk/").content.decode()
    person = owner_of(home, "郑秀琴").user
    assert (person.name, person.phone, person.has_usable_password()) == ("郑秀琴", NEW_PHONE, False)
    assert ActionRecord.objects.filter(act="绑定房屋", by=person, detail__contains="凭入户条").count() == 1
    assert client.get(f"/compounds/{world.other_compound.public_id}/").status_code == 404


def test_the_code_may_be_typed_as_people_type(world: World, home: Unit) -> None:
    typed = f" {in_groups(slip_for(world, home)).replace('0', 'o').replace('1', 'I')} "
    assert Client().post("/arrive/", {"code": typed})["Location"] == "/arrive/home/"


def test_family_and_tenants_give_their_name_and_get_the_home_but_own_nothing(world: World, home: Unit) -> None:
    client = Client()
    client.get(f"/s/{slip_for(world, home)}/")
    nameless = tap(client, "family")
    assert nameless.status_code == 422
    assert "请填写您的姓名" in nameless.content.decode()
    assert f'value="{NEW_PHONE}"' in nameless.content.decode(), "nothing typed is lost"
    assert tap(client, "family", name="吴小海").status_code == 302
    person = User.objects.get(phone=NEW_PHONE)
    assert Residence.objects.get(user=person).relation == "family"
    assert client.get("/desk/").status_code == 200
    assert client.get(f"/compounds/{world.compound.public_id}/").status_code == 200
    assert client.get(f"/compounds/{world.compound.public_id}/units/").status_code == 403
    assert client.post(f"/homes/{home.public_id}/slip/").status_code == 403, "family hands out no slips"


def test_whoever_is_signed_in_already_binds_their_own_account(world: World, home: Unit, client_of: Callable) -> None:
    client = client_of(world.owner)
    client.get(f"/s/{slip_for(world, home)}/")
    assert 'name="phone"' not in client.get("/arrive/home/").content.decode()
    assert client.post("/arrive/home/", {"who": owner_of(home, "吴大海").public_id}).status_code == 302
    assert owner_of(home, "吴大海").user == world.owner


def test_those_bound_already_are_told(world: World) -> None:
    client = Client()
    client.get(f"/s/{slip_for(world)}/")
    tap(client, "tenant", name="林租客")
    told = Message.objects.inbox_of(world.owner).get()
    assert "林**（租户，137****1234）" in told.body
    assert "林租客" not in told.body
    assert not Message.objects.inbox_of(User.objects.get(phone=NEW_PHONE)).exists()


def test_two_owners_who_look_alike_are_told_apart_by_one_more_character(world: World, home: Unit) -> None:
    twin = Owner.objects.create(compound=world.compound, name="郑文强", phone="")
    Ownership.objects.create(unit=home, owner=twin, from_on=EARLIER)
    client = Client()
    client.get(f"/s/{slip_for(world, home)}/")
    page = client.get("/arrive/home/").content.decode()
    assert "郑*琴" in page
    assert "郑*强" in page
    assert "吴**" in page


# -- What opens nothing ------------------------------------------------------------------------------------------------


def test_a_slip_is_used_once(world: World, home: Unit) -> None:
    secret, first, second = slip_for(world, home), Client(), Client()
    for client in (first, second):
        client.get(f"/s/{secret}/")
    assert tap(first, owner_of(home, "郑秀琴").public_id).status_code == 302
    assert tap(second, owner_of(home, "吴大海").public_id)["Location"] == "/arrive/", "shown before, used up since"
    assert Client().get(f"/s/{secret}/").status_code == 422
    assert owner_of(home, "吴大海").user is None
    assert User.objects.filter(phone=NEW_PHONE).count() == 1


@pytest.mark.parametrize("spoil", ["wrong", "revoked", "reissued", "expired", "sold"])
def test_wrong_revoked_replaced_expired_and_sold_get_one_answer(
    world: World, home: Unit, clock: time_machine.Traveller, spoil: str
) -> None:
    secret = slip_for(world, home)
    assert Client().get(f"/s/{secret}/").status_code == 302, "it opens before"
    if spoil == "wrong":
        secret = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    elif spoil == "revoked":
        serves(world.cadre, f"/homes/{home.public_id}/slip/revoke/", data={})
    elif spoil == "reissued":
        again = slip_for(world, home)
        assert Client().get(f"/s/{again}/").status_code == 302
    elif spoil == "expired":
        clock.shift(timedelta(days=181))
    else:
        clock.shift(timedelta(days=3))
        buyer = Owner.objects.create(compound=world.compound, name="新业主", phone="")
        Ownership.objects.create(unit=home, owner=buyer, from_on=TODAY + timedelta(days=2))
    answer = Client().get(f"/s/{secret}/")
    assert answer.status_code == 422
    words = re.search(r'class="error"[^>]*>.*?</p>', answer.content.decode(), re.DOTALL)
    assert words is not None
    assert "这张入户条不能用：可能输错了，或者已经用过、作废、过期" in words.group()


def test_a_posters_code_a_room_or_a_foreign_choice_lets_nobody_in(world: World, home: Unit) -> None:
    client = Client()
    for typed in ("3-1102", "1102", home.public_id, world.compound.public_id, "", "0" * 16):
        assert client.post("/arrive/", {"code": typed}).status_code == 422
    assert client.get("/arrive/home/")["Location"] == "/arrive/"
    client.get(f"/s/{slip_for(world, home)}/")
    neighbour = Owner.objects.get(user=world.owner)
    for who in (neighbour.public_id, "owner", "", "x" * 4000, "\x00"):
        assert tap(client, who).status_code == 422
    assert User.objects.filter(phone=NEW_PHONE).count() == 0
    assert client.get("/desk/").status_code == 302


def test_two_hundred_tries_from_one_address_are_stopped_whatever_header_they_carry(world: World, home: Unit) -> None:
    cache.clear()
    answers = [
        Client().get(f"/s/{number:016}/", REMOTE_ADDR="10.6.6.6", headers={"X-Forwarded-For": f"10.0.0.{number}"})
        for number in range(200)
    ]
    assert [answer.status_code for answer in answers].count(422) == SECRETS_PER_ADDRESS.failures
    assert {answer.status_code for answer in answers[SECRETS_PER_ADDRESS.failures :]} == {429}
    assert Client().get(f"/s/{slip_for(world, home)}/", REMOTE_ADDR="10.7.7.7").status_code == 302


def test_a_hundred_households_at_one_address_are_not_stopped(world: World, home: Unit) -> None:
    cache.clear()
    secret = slip_for(world, home)
    assert {Client().get(f"/s/{secret}/").status_code for _ in range(SECRETS_PER_ADDRESS.failures + 5)} == {302}


def test_strange_and_huge_texts_are_refused_in_words(world: World, home: Unit) -> None:
    client = Client()
    client.get(f"/s/{slip_for(world, home)}/")
    huge = "宝" * (2**20 // 3)
    for name, phone in (
        ("a\x00b", NEW_PHONE),
        (huge, NEW_PHONE),
        ("李四", huge),
        ("李四", "12345"),
        ("\u200b", NEW_PHONE),
    ):
        assert tap(client, "family", name=name, phone=phone).status_code == 422
    assert client.post("/arrive/", {"code": huge}).status_code == 422


def test_an_existing_accounts_number_typed_at_a_slip_opens_nothing_of_that_account(world: World, home: Unit) -> None:
    """Whoever types the officer's number gets an account of their own, and is told nothing about the officer's."""
    client = Client()
    client.get(f"/s/{slip_for(world, home)}/")
    assert tap(client, "family", phone=world.officer.phone, name="路人").status_code == 302
    assert client.get("/bindings/").status_code == 403
    assert User.objects.filter(phone=world.officer.phone).count() == 2


# -- Two at once -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_of_two_people_with_one_slip_at_once_one_gets_in(guarded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: without the claim, the same two both get in."""
    world = build_world()
    home = home_beside(world)
    secret = slip_for(world, home)
    if not guarded:
        monkeypatch.setattr(doors, "use_slip", lambda *_, **__: None)
    meeting, open_resident = Barrier(2, timeout=20), doors.open_resident

    def meet(**facts: str) -> User:
        """Both are past the page's own look at the slip before either claims it."""
        meeting.wait()
        return open_resident(**facts)

    monkeypatch.setattr(doors, "open_resident", meet)
    clients = [Client(), Client()]
    for client in clients:
        client.get(f"/s/{secret}/")

    def go(number: int) -> int:
        try:
            return int(tap(clients[number], "family", name=f"家人{number}", phone=f"1370000000{number}").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(go, range(2)))
    bound = Residence.objects.filter(unit=home).count()
    if guarded:
        assert bound == 1
        assert answers == [302, 409]
        assert User.objects.filter(name__startswith="家人").count() == 1, "the other's account was taken back"
    else:
        assert bound == 2


def test_the_database_itself_knows_one_open_slip_a_home(world: World, home: Unit) -> None:
    slip_for(world, home)
    slip_for(world, home)
    assert Slip.objects.filter(unit=home).count() == 2
    assert Slip.objects.unspent().filter(unit=home).count() == 1


# -- Making them -------------------------------------------------------------------------------------------------------


def print_as(client: Client, world: World, scope: str = "needed"):
    return client.post(f"/compounds/{world.compound.public_id}/slips/", {"building": "3", "scope": scope})


def test_village_and_office_print_a_buildings_slips_and_others_do_not(
    world: World, home: Unit, client_of: Callable
) -> None:
    url, data = f"/compounds/{world.compound.public_id}/slips/", {"building": "3", "scope": "needed"}
    requires_login(url)
    for who in (world.other_cadre, world.stranger, world.other_chair):
        hides_from(who, url, data=data)
    for who in (world.leader, world.auditor, world.chair, world.manager, world.owner):
        refuses(who, url, data=data)
    assert Slip.objects.count() == 0
    answer = print_as(client_of(world.cadre), world)
    assert answer["Content-Type"] == "application/pdf"
    assert "no-store" in answer["Cache-Control"]
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
    assert "1103" in text
    assert "1102" not in text, "somebody is bound there"
    code = re.search(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", text)
    assert code is not None
    assert Client().post("/arrive/", {"code": code.group()}).status_code == 302
    serves(world.officer, url)


def test_while_a_survey_runs_its_rolls_hash_stands_on_the_slips(
    world: World, home: Unit, client_of: Callable, key_store: object
) -> None:
    def printed() -> str:
        paper = print_as(client_of(world.officer), world, "all")
        return "".join(PdfReader(BytesIO(paper.content)).pages[0].extract_text().split())

    assert "名册校验码" not in printed()
    survey = opened(world)
    assert f"名册校验码{survey.roll_hash[:16]}" in printed()


def test_nothing_but_a_hash_is_kept(world: World, home: Unit, client_of: Callable) -> None:
    secret = slip_for(world, home)
    slip = Slip.objects.get(unit=home)
    assert slip.secret_hash == digest(secret)
    kept = [str(row) for model in (Slip, ActionRecord, Message) for row in model.objects.values()]
    assert not [row for row in kept if secret in row]


def test_where_the_paper_fails_the_earlier_slips_stay_good(
    world: World, home: Unit, client_of: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = slip_for(world, home)

    def fail(html: str) -> bytes:
        raise PrintingError("no paper")

    monkeypatch.setattr(slip_views, "render_pdf", fail)
    with pytest.raises(PrintingError):
        print_as(client_of(world.cadre), world, "all")
    assert Client().get(f"/s/{secret}/").status_code == 302


def test_the_page_costs_the_same_statements_for_few_and_many(world: World, client_of: Callable) -> None:
    client, url = client_of(world.cadre), f"/compounds/{world.compound.public_id}/slips/"
    before = statements(client, url)
    for number in range(20):
        slip_for(world, home_beside(world, f"2{number:02}"))
    assert statements(client, url) == before <= CEILING


def test_an_owner_gives_the_family_a_slip_and_takes_the_tie_away_again(world: World, client_of: Callable) -> None:
    url = f"/homes/{world.unit.public_id}/"
    requires_login(url)
    hides_from(world.other_owner, url)
    refuses(world.chair, url)
    refuses(world.manager, f"{url}slip/", data={})
    client = client_of(world.owner)
    shown = client.post(f"{url}slip/").content.decode()
    code = re.search(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", shown)
    assert code is not None
    relative = Client()
    relative.post("/arrive/", {"code": code.group()})
    tap(relative, "family", name="施小弟")
    assert relative.get("/desk/").status_code == 200
    assert "施小弟" in client.get(url).content.decode()
    person = User.objects.get(phone=NEW_PHONE)
    tie = f"{url}people/{person.public_id}/part/"
    assert relative.post(f"{url}people/{world.owner.public_id}/part/").status_code == 403, "not the host's"
    page = client.get(tie).content.decode()
    assert "立即看不到这户和小区的内容" in page, "what follows is said before"
    for silent in ({}, {"reason": " \u200b"}):
        answer = client.post(tie, silent)
        assert answer.status_code == 422
        assert "必填" in answer.content.decode() or "请写明为什么解除" in answer.content.decode()
    assert relative.get(url).status_code == 200, "nothing is done without a reason"
    assert client.post(tie, {"reason": "租期已满"}).status_code == 302
    assert relative.get(url).status_code == 404
    assert relative.get(f"/compounds/{world.compound.public_id}/").status_code == 404, "with the next request"
    told = Message.objects.inbox_of(person).get()
    assert "不再绑定" in told.title
    assert "施雅琴 解除了您与" in told.body
    assert "租期已满" in told.body
    assert ActionRecord.objects.get(act="解除绑定", result="done").detail == "施小弟：租期已满"


def test_one_leaves_a_home_without_a_reason_and_the_village_parts_with_one(world: World, client_of: Callable) -> None:
    url = f"/homes/{world.unit.public_id}/people/{world.owner.public_id}/part/"
    requires_login(url)
    hides_from(world.other_owner, url)
    for who in ("chair", "manager", "leader", "auditor"):
        refuses(world.people[who], url, data={"reason": "已搬走"})
    assert "解除我与这户的绑定" in serves(world.owner, url).content.decode()
    assert client_of(world.cadre).post(url, {"reason": "绑错了户"}).status_code == 302
    told = Message.objects.inbox_of(world.owner).get()
    assert "黄明辉 解除了您与" in told.body
    assert "绑错了户" in told.body
    Owner.objects.filter(compound=world.compound).update(user=world.owner)
    assert client_of(world.owner).post(url).status_code == 302
    assert not Owner.objects.filter(user=world.owner).exists()
    assert Message.objects.inbox_of(world.owner).count() == 1, "who left by themselves need not be told"


# -- Moving out --------------------------------------------------------------------------------------------------------


def test_a_sale_ends_the_owners_and_the_familys_rights_with_the_next_request(
    world: World, on_day: Callable, client_of: Callable
) -> None:
    family, owner = Client(), client_of(world.owner)
    family.get(f"/s/{slip_for(world)}/")
    tap(family, "family", name="施小妹")
    compound = f"/compounds/{world.compound.public_id}/"
    assert family.get(compound).status_code == owner.get(compound).status_code == 200
    Ownership.objects.filter(unit=world.unit).update(until_on=TODAY)
    assert family.get(compound).status_code == owner.get(compound).status_code == 200, "the last day counts"
    buyer = Owner.objects.create(compound=world.compound, name="新业主", phone="")
    Ownership.objects.create(unit=world.unit, owner=buyer, from_on=date(2026, 10, 30))
    on_day(date(2026, 10, 30))
    assert family.get(compound).status_code == client_of(world.owner).get(compound).status_code == 404


# -- Another phone, by slip --------------------------------------------------------------------------------------------


def test_an_owner_bound_before_comes_back_by_slip_with_a_new_number_and_the_old_one_is_told(world: World) -> None:
    world.owner.phone = "13812345678"
    world.owner.save()
    client = Client()
    client.get(f"/s/{slip_for(world)}/")
    who = Owner.objects.get(user=world.owner).public_id
    assert "换了手机号的点这里" in client.get("/arrive/home/").content.decode()
    assert tap(client, who)["Location"] == "/arrive/code/"
    assert client.get("/desk/").status_code == 302, "the slip alone is not enough"
    code = code_on(NEW_PHONE)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert client.post("/arrive/code/", {"code": wrong}).status_code == 422
    assert client.post("/arrive/code/", {"code": code}).status_code == 302
    assert client.get("/desk/").status_code == 200
    assert User.objects.get(pk=world.owner.pk).phone == NEW_PHONE
    assert "更换了手机号" in texts_to("13812345678")[0]
    assert Slip.objects.unspent().count() == 0


def test_a_slip_never_takes_over_the_account_of_a_post_holder(world: World) -> None:
    owner = Owner.objects.create(compound=world.compound, name="陈志强", phone="", user=world.chair)
    Ownership.objects.create(unit=world.unit, owner=owner, from_on=EARLIER)
    client = Client()
    client.get(f"/s/{slip_for(world)}/")
    tap(client, owner.public_id)
    answer = client.post("/arrive/code/", {"code": code_on(NEW_PHONE)})
    assert answer.status_code == 422
    assert "不能用入户条更换手机号" in answer.content.decode()
    assert client.get("/desk/").status_code == 302
    assert User.objects.get(pk=world.chair.pk).phone != NEW_PHONE


# -- No password's hash on the way -------------------------------------------------------------------------------------


def test_no_password_hasher_runs_on_the_residents_way(
    world: World, home: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    for hasher in BasePasswordHasher.__subclasses__():
        for verb in ("encode", "verify"):
            if verb in vars(hasher):
                monkeypatch.setattr(hasher, verb, lambda *_, **__: hashed.append("x"))
    client = Client()
    client.get(f"/s/{slip_for(world, home)}/")
    tap(client, "family", name="吴小海")
    back = Client()
    back.post("/login/code/", {"phone": NEW_PHONE})
    assert back.post("/login/code/check/", {"code": code_on(NEW_PHONE)}).status_code == 302
    assert back.get("/desk/").status_code == 200
    assert hashed == []
    Client().post("/login/", {"username": "nobody", "password": "x"})
    assert hashed, "the password's door would have been seen"
