"""Coming back: a code to the phone, bound to the browser that asked (AUTH-03); a link handed over in person."""

import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.gateways import GatewayError, RefusedError
from accounts.models import ActionRecord, EntryLink, OutgoingSample, PhoneCode, User
from accounts.rules import CODE_TRIES
from accounts.services import codes
from baogai.tasks import forget_what_is_over, send_code
from communities.models import Owner, Ownership
from tests.arriving import code_on, home_beside, texts_to
from tests.cast import EARLIER, World, build_world
from tests.doors import hides_from, refuses

PHONE = "13812345678"


@pytest.fixture(autouse=True)
def _no_counters(db: None) -> None:
    cache.clear()


@pytest.fixture
def owner(world: World) -> User:
    world.owner.phone = PHONE
    world.owner.save()
    return world.owner


def ask(phone: str = PHONE, client: Client | None = None, **extra: object) -> Client:
    client = client or Client()
    answer = client.post("/login/code/", {"phone": phone, **extra})
    assert answer["Location"] == "/login/code/check/", answer.content.decode()[:300]
    return client


def enter(client: Client, code: str):
    return client.post("/login/code/check/", {"code": code})


def not_this(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_a_code_on_the_phone_opens_the_home_again_and_leads_where_one_wanted_to_go(owner: User) -> None:
    client = ask("138 1234 5678", next="/messages/")
    before = client.session.session_key
    assert enter(client, f" {code_on(PHONE)} ")["Location"] == "/messages/"
    assert client.get("/desk/").status_code == 200
    assert client.session.session_key != before, "the session has a new key (AUTH-04)"
    assert ActionRecord.objects.filter(act="登录", by=owner, detail="短信验证码").count() == 1


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", r"/\evil.example", "javascript:x"])
def test_a_hostile_way_on_leads_to_the_desk(owner: User, onward: str) -> None:
    client = ask(next=onward)
    assert enter(client, code_on(PHONE))["Location"] == "/desk/"


def test_known_and_unknown_numbers_get_the_same_answer_for_the_same_work(owner: User, world: World) -> None:
    """An unknown number, a known one, an officer's, who comes by password: nobody can tell which is which."""
    seen = []
    for phone in (PHONE, "13799998888", world.officer.phone):
        client = Client()
        client.get("/login/code/")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = client.post("/login/code/", {"phone": phone})
        page = client.get("/login/code/check/").content.decode()
        wrong = enter(client, "000000")
        words = re.sub(r"\d{3}\*{4}\d{4}|[A-Za-z0-9]{64}", "…", page + wrong.content.decode())
        statements = [re.sub(r"'[^']*'|\d+", "…", query["sql"])[:80] for query in asked]
        seen.append((answer.status_code, answer["Location"], wrong.status_code, words, statements))
    assert seen[0] == seen[1] == seen[2]
    assert texts_to("13799998888") == texts_to(world.officer.phone) == []
    assert len(texts_to(PHONE)) == 1


def test_only_the_browser_that_asked_can_use_the_code(owner: User) -> None:
    ask()
    code, elsewhere = code_on(PHONE), ask("13799998888")
    assert enter(elsewhere, code).status_code == 422
    assert enter(Client(), code)["Location"] == "/login/code/"
    assert elsewhere.get("/desk/").status_code == 302


def test_a_code_is_used_once_and_a_newer_one_replaces_it(owner: User, clock: time_machine.Traveller) -> None:
    client = ask()
    first = code_on(PHONE)
    clock.shift(timedelta(minutes=2))
    ask(client=client)
    second = code_on(PHONE)
    if first != second:
        assert enter(client, first).status_code == 422
    assert enter(client, second).status_code == 302
    client.post("/logout/")
    assert enter(client, second)["Location"] == "/login/code/"


def test_a_code_lasts_five_minutes(owner: User, clock: time_machine.Traveller) -> None:
    early, late = ask(), Client()
    code = code_on(PHONE)
    clock.shift(timedelta(minutes=4, seconds=59))
    assert enter(early, code).status_code == 302
    ask(client=late)
    code = code_on(PHONE)
    clock.shift(timedelta(minutes=5))
    assert "验证码已失效" in enter(late, code).content.decode()


def test_after_five_wrong_tries_the_right_code_is_refused(owner: User) -> None:
    client = ask()
    code = code_on(PHONE)
    for left in (4, 3, 2, 1):
        assert f"还可以再试 {left} 次" in enter(client, not_this(code)).content.decode()
    assert "请重新获取" in enter(client, not_this(code)).content.decode()
    assert enter(client, code).status_code == 422
    refused = ActionRecord.objects.get(act="验证码", result="refused")
    assert (refused.by_text, code in refused.detail) == ("138****5678", False)


@pytest.mark.django_db(transaction=True)
def test_two_hundred_tries_at_once_are_still_five(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    world = build_world()
    User.objects.filter(pk=world.owner.pk).update(phone=PHONE)
    client = ask()
    code_on(PHONE)
    looked_at: list[str] = []
    compare = codes.constant_time_compare
    monkeypatch.setattr(codes, "constant_time_compare", lambda a, b: (looked_at.append("x"), compare(a, b))[1])

    def guess(number: int) -> int:
        browser = Client(headers={"X-Forwarded-For": f"10.0.{number // 250}.{number % 250}"})
        browser.cookies = client.cookies
        try:
            return int(enter(browser, f"{number:06}").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(200)))
    assert len(looked_at) == CODE_TRIES


def test_codes_are_sent_seldom_to_one_number_and_the_header_changes_nothing(
    owner: User, clock: time_machine.Traveller
) -> None:
    ask()
    again = Client().post("/login/code/", {"phone": PHONE}, headers={"X-Forwarded-For": "10.9.9.9"})
    assert again.status_code == 429
    assert "1 分钟后再试" in again.content.decode()
    assert f'value="{PHONE}"' in again.content.decode(), "what was typed is kept"
    for _ in range(2):
        clock.shift(timedelta(seconds=61))
        ask()
    clock.shift(timedelta(seconds=61))
    assert Client().post("/login/code/", {"phone": PHONE}).status_code == 429, "three in a quarter of an hour"
    ask("13799998888")
    clock.shift(timedelta(minutes=15))
    ask()


def test_one_address_cannot_have_codes_sent_to_all_the_world(db: None) -> None:
    answers = [
        Client().post("/login/code/", {"phone": f"137{number:08}"}, headers={"X-Forwarded-For": f"10.0.0.{number}"})
        for number in range(65)
    ]
    assert [answer.status_code for answer in answers].count(302) == 60
    assert Client().post("/login/code/", {"phone": PHONE}, REMOTE_ADDR="10.7.7.7").status_code == 302


def test_the_code_stands_in_the_text_message_and_nowhere_else(owner: User, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client = ask()
        code = code_on(PHONE)
        pages = client.get("/login/code/check/").content.decode() + enter(client, not_this(code)).content.decode()
    assert code not in re.sub(r"[A-Za-z0-9]{64}", "", pages)
    assert not [
        line for line in caplog.messages if code in line and "OutgoingSample" not in line and "INSERT" not in line
    ]
    rows = [*PhoneCode.objects.values_list("code_hash", "phone"), *client.session.items()]
    assert not [row for row in rows if code in str(row)]


def test_a_second_delivery_sends_no_second_message(owner: User) -> None:
    ask()
    texts_to(PHONE)
    send_code(PhoneCode.objects.get().pk)
    assert len(texts_to(PHONE)) == 1


def test_a_gateway_that_is_away_is_asked_again_and_one_that_refuses_is_recorded(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ask()
    waiting = PhoneCode.objects.get()

    def away(*_: object, **__: object) -> None:
        raise GatewayError("away")

    monkeypatch.setattr(codes, "send_sms", away)
    with pytest.raises(GatewayError):
        codes.deliver_code(waiting.pk, at=waiting.asked_at)
    monkeypatch.undo()
    assert enter(client, code_on(PHONE)).status_code == 302

    def refuse(*_: object, **__: object) -> None:
        raise RefusedError("短信网关不发这一条。")

    monkeypatch.setattr(codes, "send_sms", refuse)
    other = PhoneCode.objects.create(
        phone=PHONE, purpose="sign_in", asked_at=waiting.asked_at, expires_at=waiting.expires_at
    )
    codes.deliver_code(other.pk, at=waiting.asked_at)
    assert ActionRecord.objects.filter(act="发送验证码", result="failed").count() == 1


def test_two_people_with_one_phone_say_who_they_are(world: World, owner: User) -> None:
    husband = User.objects.create(username="husband", name="林大山", phone=PHONE)
    second = home_beside(world)
    listed = Owner.objects.create(compound=world.compound, name="林大山", phone="", user=husband)
    Ownership.objects.create(unit=second, owner=listed, from_on=EARLIER)
    client = ask()
    assert enter(client, code_on(PHONE))["Location"] == "/login/code/who/"
    page = client.get("/login/code/who/").content.decode()
    assert "林**" in page
    assert "3号楼1单元1103" in page
    assert client.get("/desk/").status_code == 302
    assert client.post("/login/code/who/", {"who": world.officer.public_id}).status_code == 422
    assert client.post("/login/code/who/", {"who": husband.public_id}).status_code == 302
    assert "林大山" in client.get("/desk/").content.decode()


def test_officers_cadres_and_administrators_do_not_come_in_by_a_phone(world: World) -> None:
    for user in (world.officer, world.leader, world.auditor, world.cadre):
        ask(user.phone)
        assert texts_to(user.phone) == []
    ask(world.treasurer.phone)
    assert len(texts_to(world.treasurer.phone)) == 1, "a committee's people may"


def test_a_residents_session_lasts_the_half_year_and_a_post_holders_the_day(
    world: World, owner: User, clock: time_machine.Traveller, client_of: Callable
) -> None:
    resident, treasurer = ask(), ask(world.treasurer.phone)
    enter(resident, code_on(PHONE))
    enter(treasurer, code_on(world.treasurer.phone))
    clock.shift(timedelta(hours=11))
    assert resident.get("/desk/").status_code == treasurer.get("/desk/").status_code == 200
    clock.shift(timedelta(days=183))
    assert resident.get("/desk/").status_code == 200
    assert treasurer.get("/desk/").status_code == 302


def test_whoever_gets_a_post_signs_in_anew(world: World, owner: User) -> None:
    client = ask()
    enter(client, code_on(PHONE))
    assert client.get("/desk/").status_code == 200
    world.posts["member"].appointments.create(user=owner, from_on=EARLIER)
    assert client.get("/desk/")["Location"].startswith("/login/")


def test_yesterdays_codes_are_forgotten(owner: User, clock: time_machine.Traveller) -> None:
    ask()
    forget_what_is_over()
    assert PhoneCode.objects.count() == 1
    clock.shift(timedelta(days=2))
    forget_what_is_over()
    assert PhoneCode.objects.count() == 0


# -- Links -------------------------------------------------------------------------------------------------------------


def link_of(page: str) -> str:
    found = re.search(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", page)
    assert found is not None
    return found.group()


def test_the_village_hands_a_resident_a_link_that_works_once(world: World, owner: User, client_of: Callable) -> None:
    url = f"/homes/{world.unit.public_id}/people/{owner.public_id}/link/"
    hides_from(world.other_cadre, url, data={})
    for who in (world.chair, world.manager, world.leader, owner):
        refuses(who, url, data={})
    assert EntryLink.objects.count() == 0
    shown = client_of(world.cadre).post(url)
    assert "no-store" in shown["Cache-Control"]
    code = link_of(shown.content.decode())
    client = Client()
    typed = client.post("/arrive/", {"code": code})["Location"]
    assert typed == f"/login/link/{code.replace('-', '').lower()}/"
    for _ in range(2):  # a program that looks ahead uses nothing up
        assert client.get(typed)["Location"] == "/login/link/"
    page = client.get("/login/link/").content.decode()
    assert "施**" in page
    assert client.get("/desk/").status_code == 302
    assert client.post("/login/link/")["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200
    assert Client().get(typed).status_code == 404
    assert client.post("/login/link/")["Location"] == "/arrive/"


def test_a_link_dies_after_half_an_hour_and_when_another_is_made(
    world: World, owner: User, client_of: Callable, clock: time_machine.Traveller
) -> None:
    url = f"/homes/{world.unit.public_id}/people/{owner.public_id}/link/"
    first = link_of(client_of(world.cadre).post(url).content.decode())
    second = link_of(client_of(world.cadre).post(url).content.decode())
    assert Client().get(f"/login/link/{first}/").status_code == 404
    assert Client().get(f"/login/link/{second}/").status_code == 302
    clock.shift(timedelta(minutes=31))
    assert Client().get(f"/login/link/{second}/").status_code == 404


def test_no_link_is_handed_out_for_the_holder_of_a_post(world: World, client_of: Callable) -> None:
    listed = Owner.objects.create(compound=world.compound, name="陈志强", phone="", user=world.chair)
    Ownership.objects.create(unit=world.unit, owner=listed, from_on=EARLIER)
    url = f"/homes/{world.unit.public_id}/people/{world.chair.public_id}/link/"
    assert client_of(world.cadre).post(url).status_code == 403
    assert client_of(world.cadre).post(url.replace(world.chair.public_id, world.owner.public_id)).status_code == 200


def test_no_sample_is_needed_for_whom_nobody_bears(db: None) -> None:
    ask("13799998888")
    texts_to("13799998888")
    assert OutgoingSample.objects.count() == 0
    assert PhoneCode.objects.get().code_hash == ""
