"""登录设备: a person sees where they are signed in, in plain words, and ends one or all others."""

from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings as configured
from django.test import Client
from pytest_django import Settings

from accounts.models import ActionRecord, User
from kernel.devices import UNKNOWN, device_words
from tests.cast import World
from tests.doors import requires_login
from tests.statements import CEILING, statements

PASSWORD = "Shiqiao-13-taijie"
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; V2301A) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36 MicroMessenger/8.0"
)
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"


@pytest.fixture(autouse=True)
def _cheap_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *configured.PASSWORD_HASHERS]


@pytest.fixture
def chair(world: World) -> User:
    world.chair.set_password(PASSWORD)
    world.chair.save()
    return world.chair


def sign_in(user: User, agent: str = DESK, address: str = "10.1.1.1") -> Client:
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    assert client.post("/login/", {"username": user.username, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/desk/").status_code == 200


def keys_on(client: Client) -> dict[str, str]:
    """Device in words -> what its button sends."""
    shown = client.get("/me/devices/").context["devices"]
    return {one.words: one.key for one in shown}


def test_each_device_is_shown_with_when_from_where_and_what(chair: User) -> None:
    requires_login("/me/devices/")
    requires_login("/me/devices/end/", data={})
    desk, _ = sign_in(chair), sign_in(chair, PHONE, "10.2.2.2")
    page = desk.get("/me/devices/").content.decode()
    for words in ("Windows 电脑 · Edge 浏览器", "安卓手机 · 微信", "来自 10.2.2.2", "10月29日 12:00 登录"):
        assert words in page
    assert page.count("本机") == 1
    assert "Mozilla" not in page


def test_one_device_is_ended_and_the_others_go_on(chair: User) -> None:
    desk, phone, third = sign_in(chair), sign_in(chair, PHONE), sign_in(chair, "")
    answer = desk.post("/me/devices/end/", {"device": keys_on(desk)["安卓手机 · 微信"]}, follow=True)
    assert "已退出登录" in answer.content.decode()
    assert (is_in(desk), is_in(phone), is_in(third)) == (True, False, True)
    assert set(keys_on(desk)) == {"Windows 电脑 · Edge 浏览器", UNKNOWN}
    assert ActionRecord.objects.filter(act="退出其他设备", by=chair).count() == 1


def test_all_others_are_ended_at_once(chair: User) -> None:
    desk, others = sign_in(chair), [sign_in(chair, PHONE) for _ in range(3)]
    assert "其他 3 处登录已退出" in desk.post("/me/devices/end-others/", follow=True).content.decode()
    assert is_in(desk)
    assert not any(map(is_in, others))
    assert "没有其他登录" in desk.post("/me/devices/end-others/", follow=True).content.decode()


def test_nobody_ends_another_persons_session(chair: User, world: World) -> None:
    world.member.set_password(PASSWORD)
    world.member.save()
    mine, theirs = sign_in(chair), sign_in(world.member)
    key = keys_on(mine)["Windows 电脑 · Edge 浏览器"]
    for wanted in (key, "", "x" * 5000, "\x00"):
        assert "已经退出了" in theirs.post("/me/devices/end/", {"device": wanted}, follow=True).content.decode()
    assert is_in(mine)


def test_what_is_over_is_not_listed(chair: User, clock: time_machine.Traveller) -> None:
    desk, phone = sign_in(chair), sign_in(chair, PHONE)
    phone.post("/logout/")
    assert len(keys_on(desk)) == 1
    sign_in(chair, PHONE)
    clock.shift(timedelta(hours=11))
    assert len(keys_on(sign_in(chair, ""))) == 3
    clock.shift(timedelta(hours=2))
    assert list(keys_on(sign_in(chair, "Firefox"))) == ["火狐浏览器", UNKNOWN]


def test_an_idle_staff_session_is_over_and_not_listed(world: World, clock: time_machine.Traveller) -> None:
    world.officer.set_password(PASSWORD)
    world.officer.save()
    sign_in(world.officer, PHONE)
    clock.shift(timedelta(minutes=40))
    assert list(keys_on(sign_in(world.officer))) == ["Windows 电脑 · Edge 浏览器"]


def test_the_last_use_is_noted_without_a_statement_on_every_page(chair: User, clock: time_machine.Traveller) -> None:
    client = sign_in(chair)
    clock.shift(timedelta(hours=2))
    client.get("/desk/")
    page = client.get("/me/devices/").content.decode()
    assert "最近 10月29日 14:00" in page


def test_the_page_costs_the_same_for_many_devices(chair: User) -> None:
    client = sign_in(chair)
    few = statements(client, "/me/devices/")
    for _ in range(12):
        sign_in(chair, PHONE)
    assert statements(client, "/me/devices/") == few <= CEILING
    assert UserSession.objects.filter(user=chair).count() == 13


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("", UNKNOWN),
        ("curl/8.0", UNKNOWN),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1", "苹果手机 · Safari 浏览器"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Firefox/130.0", "苹果电脑 · 火狐浏览器"),
        ("<script>alert(1)</script>", UNKNOWN),
    ],
)
def test_a_browser_is_called_what_people_call_it(agent: str, words: str) -> None:
    assert device_words(agent) == words
