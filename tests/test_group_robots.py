"""A compound's group learns of its disclosures by a robot whose address stays a secret."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import date, time, timedelta
from typing import Any

import pytest
import requests
from django.test import Client

from accounts.models import ActionRecord, User
from notices.models import Announcement, Delivery, GroupRobot
from notices.services import set_robot
from tests.cast import NOON, TODAY, World
from tests.disclosing import at, publish, third_quarter
from tests.doors import hides_from, refuses, requires_login, serves
from tests.outbox import State, relay_now, states

ClientOf = Callable[[User | None], Client]
KEY = "693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa"
WECOM = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
TOKEN, SECRET = "a1b2c3d4" * 8, "SEC" + "0f1e2d3c" * 8
DINGTALK = f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}"


def url_of(world: World) -> str:
    return f"/messages/robots/{world.compound.public_id}/"


class Vendor:
    """What the two services were sent, and what they answer; nothing leaves this machine."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, str], str]] = []
        self.status, self.answer = 200, b'{"errcode":0,"errmsg":"ok"}'

    def post(self, url: str, *, data: bytes, params: dict[str, str] | None = None, **_: Any) -> Any:
        self.heard.append((url, params or {}, json.loads(data)["text"]["content"]))
        answer = requests.Response()
        answer.status_code, answer._content = self.status, self.answer
        return answer


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    vendor = Vendor()
    monkeypatch.setattr("notices.services.robots.requests.post", vendor.post)
    return vendor


def published(world: World) -> Any:
    obligation, _ = third_quarter(world)
    return publish(obligation, preparer=world.treasurer, head=world.chair, when=at(date(2026, 10, 20)))


def test_town_staff_enter_a_robot_and_never_see_its_address_again(world: World, client_of: ClientOf) -> None:
    url = url_of(world)
    requires_login(url)
    hides_from(world.stranger, url)
    for who in ("leader", "auditor", "cadre", "chair", "manager", "owner"):
        refuses(world.people[who], url)
        refuses(world.people[who], url, data={"address": WECOM})
    serves(world.officer, url)
    answer = client_of(world.officer).post(url, {"address": WECOM}, follow=True).content.decode()
    assert "群机器人已登记" in answer
    assert "企业微信群机器人，密钥尾号 5aaa" in answer
    assert KEY not in answer + client_of(world.officer).get(url).content.decode()
    assert all(KEY not in record.detail for record in ActionRecord.objects.all())
    assert ActionRecord.objects.filter(act="登记群机器人", by=world.officer).exists()
    assert url in client_of(world.officer).get(f"/compounds/{world.compound.public_id}/").content.decode()
    assert url not in client_of(world.cadre).get(f"/compounds/{world.compound.public_id}/").content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {"address": ""},
        {"address": "http://127.0.0.1:6379/"},
        {"address": f"http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"},
        {"address": f"https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key={KEY}"},
        {"address": f"{WECOM}&redirect=yes"},
        {"address": f"{WECOM}/../../"},
        {"address": "json://localhost/"},
        {"address": "\x00"},
        {"address": "x" * 5000},
        {"address": WECOM, "signing_secret": SECRET},
        {"address": DINGTALK, "signing_secret": "abc"},
    ],
)
def test_only_the_two_services_own_addresses_are_taken(world: World, client_of: ClientOf, data: dict[str, str]) -> None:
    answer = client_of(world.officer).post(url_of(world), data)
    assert answer.status_code == 200
    assert 'class="error"' in answer.content.decode()
    assert GroupRobot.objects.count() == 0


@pytest.mark.parametrize(
    ("address", "secret", "signed"),
    [(WECOM, "", False), (DINGTALK, "", False), (DINGTALK, SECRET, True)],
)
def test_a_disclosure_is_told_to_the_group_with_its_page(
    world: World, said: Vendor, address: str, secret: str, signed: bool
) -> None:
    set_robot(world.compound, address=address, signing_secret=secret, by=world.officer, at=NOON)
    disclosure = published(world)
    assert said.heard == [], "nothing is said within the act"
    relay_now()
    relay_now()
    ((url, params, text),) = said.heard
    assert url == address
    assert params == (_signature(params["timestamp"]) if signed else {})
    assert text.endswith(f"\nhttp://127.0.0.1:8000/disclosures/{disclosure.public_id}/")
    assert "已发布" in text
    assert Client().get(f"/disclosures/{disclosure.public_id}/").status_code == 200, "what it leads to is public"
    assert states(Delivery.objects.get(announcement__isnull=False).channel) == [State.SENT]


def _signature(moment: str) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), f"{moment}\n{SECRET}".encode(), hashlib.sha256).digest()
    return {"timestamp": moment, "sign": base64.b64encode(digest).decode()}


@pytest.mark.parametrize(
    ("status", "answer", "state", "fault"),
    [
        (200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', State.PARKED, "拒收（93000）：invalid webhook url"),
        (200, b'{"errcode":310000,"errmsg":"keywords not in content"}', State.PARKED, "拒收（310000）"),
        (200, b'{"errcode":45009,"errmsg":"api freq out of limit"}', State.WAITING, "暂时不收（45009）"),
        (200, b'{"errcode":130101,"errmsg":"send too fast"}', State.WAITING, "暂时不收（130101）"),
        (502, b"", State.WAITING, "没有接收（502）"),
        (200, b"<html>ok</html>", State.UNKNOWN, "答复看不懂"),
        (200, b'{"ok":true}', State.UNKNOWN, "答复看不懂"),
    ],
)
def test_what_the_service_answers_decides_not_that_it_answered(
    world: World, said: Vendor, status: int, answer: bytes, state: State, fault: str
) -> None:
    set_robot(world.compound, address=WECOM, by=world.officer, at=NOON)
    published(world)
    said.status, said.answer = status, answer
    relay_now()
    delivery = Delivery.objects.get(announcement__isnull=False)
    assert delivery.state == state
    assert fault in delivery.fault


def test_without_a_robot_nothing_is_announced(world: World, said: Vendor) -> None:
    published(world)
    relay_now()
    assert (said.heard, Announcement.objects.count()) == ([], 0)


def test_the_group_is_not_woken_at_night(world: World, said: Vendor, on_day: Callable[..., None]) -> None:
    set_robot(world.compound, address=WECOM, by=world.officer, at=NOON)
    published(world)
    on_day(TODAY, time(21))
    relay_now()
    assert said.heard == []
    on_day(TODAY + timedelta(days=1), time(8))
    relay_now()
    assert len(said.heard) == 1


def test_a_robot_that_takes_nothing_is_tried_again_and_no_token_is_logged(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("notices.services.robots.requests.post", _unreachable)
    set_robot(world.compound, address=WECOM, by=world.officer, at=NOON)
    published(world)
    with caplog.at_level("INFO"):
        relay_now()
    delivery = Delivery.objects.get(announcement__isnull=False)
    assert (delivery.state, delivery.attempts, delivery.fault) == (State.WAITING, 1, "群机器人连接不上。")
    assert KEY not in caplog.text


def _unreachable(*args: Any, **kwargs: Any) -> None:
    raise requests.ConnectionError


def test_a_removed_robot_is_forgotten_and_says_nothing_more(world: World, client_of: ClientOf, said: Vendor) -> None:
    set_robot(world.compound, address=WECOM, by=world.officer, at=NOON)
    published(world)
    forget = f"{url_of(world)}forget/"
    requires_login(forget, data={})
    hides_from(world.stranger, forget, data={})
    refuses(world.cadre, forget, data={})
    assert "密钥已删除" in client_of(world.officer).post(forget, follow=True).content.decode()
    assert "没有登记群机器人" in client_of(world.officer).post(forget, follow=True).content.decode()
    relay_now()
    assert (said.heard, GroupRobot.objects.count()) == ([], 0)
    assert Delivery.objects.get(announcement__isnull=False).fault == "群机器人已取消登记"
    assert ActionRecord.objects.filter(act="取消群机器人", by=world.officer, result="done").count() == 1
