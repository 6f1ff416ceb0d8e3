"""WeChat's door: off unless the town registered; opens for whoever connected it, and for no overseer."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django import Settings

from accounts.models import ActionRecord, User
from tests.cast import World

OPENID = "oLVPpjqs9BhvzwPj5A-vTYAX3GLc"


class FakeWeixin(BaseHTTPRequestHandler):
    """WeChat's token endpoint: gives `answer`, notes what it was asked."""

    answer: object = {}
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def weixin(settings: Settings, world: World) -> Iterator[type[FakeWeixin]]:
    with HTTPServer(("127.0.0.1", 0), FakeWeixin) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        settings.WEIXIN_APP_ID = "wx520c15f417810387"
        settings.WEIXIN_API_URL = f"http://127.0.0.1:{server.server_port}"
        settings.SOCIALACCOUNT_PROVIDERS = {
            "weixin": {
                "APPS": [{"client_id": settings.WEIXIN_APP_ID, "secret": "not-a-secret"}],
                "AUTHORIZE_URL": "https://open.weixin.qq.com/connect/oauth2/authorize",
                "SCOPE": ["snsapi_base"],
            }
        }
        settings.ROOT_URLCONF = "tests.weixin_addresses"
        FakeWeixin.answer = {"access_token": "t", "expires_in": 7200, "openid": OPENID}
        FakeWeixin.asked = []
        yield FakeWeixin
        server.shutdown()


def go_to_weixin(client: Client, **data: str) -> str:
    """Press the button; the state WeChat is to bring back."""
    sent = client.post("/weixin/login/", data)
    assert sent.status_code == 302
    address = urlsplit(sent["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://open.weixin.qq.com/connect/oauth2/authorize"
    assert address.fragment == "wechat_redirect"
    asked = parse_qs(address.query)
    assert asked["appid"] == ["wx520c15f417810387"]
    assert asked["scope"] == ["snsapi_base"]
    assert asked["redirect_uri"] == ["http://testserver/weixin/callback/"]
    return asked["state"][0]


def come_back(client: Client, state: str):
    return client.get("/weixin/callback/", {"code": "0816TKQE1gNPxf", "state": state})


def test_it_is_off_by_default(db: None) -> None:
    for path in (
        "/weixin/login/",
        "/weixin/callback/",
        "/accounts/login/",
        "/accounts/signup/",
        "/signup/",
        "/login/signup/",
    ):
        assert Client().get(path).status_code == 404
    for name in ("weixin_login", "account_signup", "account_email", "account_reset_password", "socialaccount_signup"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    assert "微信登录" not in Client().get("/login/").content.decode()


def test_whoever_connected_it_comes_in_by_it_and_nothing_but_the_id_is_kept(
    weixin: type[FakeWeixin], world: World, client_of: Callable
) -> None:
    client = client_of(world.owner)
    assert "连接微信" in client.get("/me/").content.decode()
    assert come_back(client, go_to_weixin(client, process="connect"))["Location"] == "/me/"
    kept = SocialAccount.objects.get()
    assert (kept.user, kept.uid, kept.extra_data) == (world.owner, OPENID, {})
    weixin.answer = {"access_token": "t", "openid": OPENID, "nickname": "é雅"}
    phone = Client()
    assert "微信登录" in phone.get("/login/").content.decode()
    assert come_back(phone, go_to_weixin(phone, next="/messages/"))["Location"] == "/messages/"
    assert phone.get("/desk/").status_code == 200
    assert ActionRecord.objects.filter(act="登录", by=world.owner, detail="微信").count() == 1
    assert {urlsplit(path).path for path in weixin.asked} == {"/sns/oauth2/access_token"}
    phone.post("/weixin/off/")
    assert not SocialAccount.objects.exists()


def test_a_stranger_by_weixin_gets_no_account(weixin: type[FakeWeixin]) -> None:
    before, client = User.objects.count(), Client()
    page = come_back(client, go_to_weixin(client))
    assert "还没有连接账号" in page.content.decode()
    assert User.objects.count() == before
    assert client.get("/desk/").status_code == 302


def test_an_officer_does_not_come_in_by_weixin(weixin: type[FakeWeixin], world: World, client_of: Callable) -> None:
    own = client_of(world.officer)
    come_back(own, go_to_weixin(own, process="connect"))
    client = Client()
    answer = come_back(client, go_to_weixin(client))
    assert answer["Location"] == "/login/"
    assert "请用用户名和密码登录" in client.get("/login/").content.decode()
    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize(
    "answer",
    [
        {"errcode": 40029, "errmsg": "invalid code"},
        {},
        [],
        b"<html>",
        {"access_token": "t"},
        {"access_token": "t", "openid": 7},
    ],
)
def test_a_broken_answer_is_a_page_in_words(weixin: type[FakeWeixin], answer: object) -> None:
    weixin.answer, client = answer, Client()
    page = come_back(client, go_to_weixin(client))
    assert page.status_code < 500
    assert "微信登录没有成功" in page.content.decode()
    assert client.get("/desk/").status_code == 302


def test_a_foreign_state_a_cancelled_and_a_hostile_way_on(weixin: type[FakeWeixin], world: World) -> None:
    SocialAccount.objects.create(user=world.owner, provider="weixin", uid=OPENID)
    theirs = go_to_weixin(Client())
    assert "没有成功" in come_back(Client(), theirs).content.decode(), "the state belongs to another browser"
    assert weixin.asked == []
    refused = Client()
    state = go_to_weixin(refused)
    assert (
        refused.get("/weixin/callback/", {"error": "access_denied", "state": state})["Location"] == "/weixin/cancelled/"
    )
    assert refused.get("/weixin/cancelled/")["Location"] == "/login/"
    client = Client()
    assert come_back(client, go_to_weixin(client, next="https://evil.example/"))["Location"].startswith("/")
    assert Client().get("/weixin/login/").status_code == 200, "a link alone leads nowhere: it asks first"
