"""Changing one's phone: prove oneself again, prove the new number, and the old one is told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from accounts.models import ActionRecord, User
from notices.models import Message
from tests.arriving import NEW_PHONE, code_on, home_beside, slip_for, texts_to
from tests.cast import World
from tests.doors import requires_login

OLD = "13812345678"


@pytest.fixture
def client(world: World, client_of: Callable) -> Client:
    cache.clear()
    User.objects.filter(pk=world.owner.pk).update(phone=OLD)
    world.owner.refresh_from_db()
    return client_of(world.owner)


def to_the_new_one(client: Client) -> int:
    assert client.post("/me/phone/new/", {"phone": NEW_PHONE})["Location"] == "/me/phone/new/code/"
    return int(client.post("/me/phone/new/code/", {"code": code_on(NEW_PHONE)}).status_code)


def phone_of(world: World) -> str:
    return User.objects.get(pk=world.owner.pk).phone


def test_with_codes_to_both_numbers_the_phone_changes_and_the_old_one_is_told(
    world: World, client: Client, django_capture_on_commit_callbacks: Callable
) -> None:
    for url in ("/me/phone/", "/me/phone/old/", "/me/phone/new/", "/me/phone/new/code/"):
        requires_login(url)
    assert client.post("/me/phone/")["Location"] == "/me/phone/old/"
    assert client.post("/me/phone/old/", {"code": "000000"}).status_code == 422
    assert client.post("/me/phone/old/", {"code": code_on(OLD)})["Location"] == "/me/phone/new/"
    with django_capture_on_commit_callbacks(execute=True):
        assert to_the_new_one(client) == 302
    assert phone_of(world) == NEW_PHONE
    assert "更换了手机号" in texts_to(OLD)[0]
    assert "137****1234" in Message.objects.inbox_of(world.owner).get().body
    assert ActionRecord.objects.filter(act="更换手机号", by=world.owner, detail__contains="138****5678").count() == 1
    assert client.get("/me/phone/new/")["Location"] == "/me/phone/", "proven once, used once"


def test_without_the_old_number_a_slip_of_ones_own_home_proves_it(world: World, client: Client) -> None:
    foreign = slip_for(world, home_beside(world))
    answer = client.post("/me/phone/", {"code": foreign})
    assert answer.status_code == 422
    assert "不是您家的" in answer.content.decode()
    own = slip_for(world)
    assert client.post("/me/phone/", {"code": own})["Location"] == "/me/phone/new/"
    assert to_the_new_one(client) == 302
    assert phone_of(world) == NEW_PHONE
    assert client.post("/me/phone/", {"code": own}).status_code == 422, "used up"


def test_a_lost_phone_is_signed_out_when_the_number_changes(world: World, client: Client) -> None:
    lost, here = Client(), Client()
    for browser in (lost, here):
        cache.clear()
        browser.post("/login/code/", {"phone": OLD})
        browser.post("/login/code/check/", {"code": code_on(OLD)})
        assert browser.get("/desk/").status_code == 200
    here.post("/me/phone/", {"code": slip_for(world)})
    assert to_the_new_one(here) == 302
    assert here.get("/desk/").status_code == 200
    assert lost.get("/desk/").status_code == 302


def test_nothing_changes_without_proof_or_after_a_quarter_of_an_hour(
    world: World, client: Client, clock: time_machine.Traveller
) -> None:
    assert client.post("/me/phone/new/", {"phone": NEW_PHONE})["Location"] == "/me/phone/"
    assert client.post("/me/phone/new/code/", {"code": "123456"})["Location"] == "/me/phone/"
    client.post("/me/phone/")
    client.post("/me/phone/old/", {"code": code_on(OLD)})
    clock.shift(timedelta(minutes=16))
    assert client.post("/me/phone/new/", {"phone": NEW_PHONE})["Location"] == "/me/phone/"
    assert phone_of(world) == OLD


def test_a_code_for_one_purpose_opens_no_other_door(world: World, client: Client) -> None:
    client.post("/me/phone/")
    code = code_on(OLD)
    visitor = Client()
    visitor.post("/login/code/", {"phone": "13799998888"})
    assert visitor.post("/login/code/check/", {"code": code}).status_code == 422
    assert client.post("/me/phone/new/code/", {"code": code})["Location"] == "/me/phone/"


def test_a_committees_treasurer_changes_by_the_old_number_only(world: World, client_of: Callable) -> None:
    cache.clear()
    client = client_of(world.treasurer)
    assert "用入户条证明" not in client.get("/me/phone/").content.decode()
    slip = slip_for(world)
    assert client.post("/me/phone/", {"code": slip}).status_code == 422
    client.post("/me/phone/")
    assert client.post("/me/phone/old/", {"code": code_on(world.treasurer.phone)}).status_code == 302
