"""动态口令: setting it up, signing in with it, recovery codes, who must have one, and losing the phone."""

import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts.limits import SECOND_FACTOR
from accounts.models import ActionRecord, User
from accounts.services import has_second_factor, reset_second_factor
from kernel.errors import DomainError, NotAllowedError
from tests.browser import PHONE
from tests.cast import World, build_world
from tests.doors import requires_login

PASSWORD = "Shiqiao-13-taijie"
HALF_MINUTE = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def _cheap_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *configured.PASSWORD_HASHERS]


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def first_step(user: User, onward: str = "") -> tuple[Client, str]:
    """A browser after the password, and where it was sent."""
    client = Client()
    answer = client.post("/login/", {"username": user.username, "password": PASSWORD, "next": onward})
    return client, answer["Location"]


def code_of(secret: str) -> str:
    """What a phone with this secret shows now."""
    return format_hotp_value(hotp_value(secret.replace(" ", ""), int(time.time()) // 30))


def secret_on(page: str) -> str:
    return re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")


def set_up(client: Client) -> tuple[str, list[str]]:
    """Set a second factor up as a person does; its secret and the recovery codes."""
    secret = secret_on(client.get("/me/second-factor/on/").content.decode())
    answer = client.post("/me/second-factor/on/", {"code": code_of(secret)})
    assert answer["Location"] == "/me/second-factor/codes/", answer.status_code
    return secret, re.findall(r"<code>(\d{8})</code>", client.get("/me/second-factor/codes/").content.decode())


# -- Setting it up -----------------------------------------------------------------------------------------------------


def test_anybody_may_set_one_up_and_signs_in_with_it_from_then_on(world: World, clock: time_machine.Traveller) -> None:
    client, _ = first_step(with_password(world.chair))
    assert "未开启" in client.get("/me/second-factor/").content.decode()
    secret, codes = set_up(client)
    assert len(codes) == 10
    assert "已开启" in client.get("/me/second-factor/").content.decode()
    assert client.get("/desk/").status_code == 200, "this session goes on"
    clock.shift(HALF_MINUTE)
    again, where = first_step(world.chair, onward="/messages/?unread=1")
    assert where == "/login/second-step/"
    assert again.get("/desk/")["Location"].startswith("/login/"), "not in yet"
    wrong = again.post("/login/second-step/", {"code": "000000"})
    assert wrong.status_code == 422
    assert "口令不对" in wrong.content.decode()
    right = again.post("/login/second-step/", {"code": code_of(secret)})
    assert right["Location"] == "/messages/?unread=1"
    assert again.get("/desk/").status_code == 200
    told = ActionRecord.objects.filter(act="核对动态口令").order_by("id")
    assert [(one.result, one.by, one.by_text) for one in told] == [
        ("refused", None, "chair"),
        ("done", world.chair, ""),
    ]
    assert ActionRecord.objects.filter(act="开启动态口令", by=world.chair).count() == 1


def test_the_code_is_drawn_here_and_the_secret_can_be_typed(world: World) -> None:
    requires_login("/me/second-factor/")
    client, _ = first_step(with_password(world.chair))
    page = client.get("/me/second-factor/on/").content.decode()
    assert "<svg" in page
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://testserver", "")
    assert len(secret_on(page)) == 32
    wrong = client.post("/me/second-factor/on/", {"code": "12"})
    assert wrong.status_code == 422
    assert secret_on(wrong.content.decode()) == secret_on(page), "a slip of the finger does not change the code"
    assert not has_second_factor(world.chair)


def test_the_database_alone_gives_no_second_factor_away(world: World) -> None:
    client, _ = first_step(with_password(world.chair))
    secret, codes = set_up(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        kept = " ".join(row[0] for row in cursor.fetchall())
    assert secret not in kept
    assert not [code for code in codes if code in kept]


def test_under_another_key_no_code_fits_and_nothing_breaks(
    world: World, clock: time_machine.Traveller, settings: Settings
) -> None:
    client, _ = first_step(with_password(world.chair))
    secret, codes = set_up(client)
    clock.shift(HALF_MINUTE)
    settings.SECRET_KEY = "another" * 10
    again, _ = first_step(world.chair)
    for code in (code_of(secret), codes[0]):
        assert again.post("/login/second-step/", {"code": code}).status_code == 422


# -- Codes -------------------------------------------------------------------------------------------------------------


def test_a_code_is_used_once_and_a_recovery_code_too(world: World, clock: time_machine.Traveller) -> None:
    client, _ = first_step(with_password(world.chair))
    secret, codes = set_up(client)
    clock.shift(HALF_MINUTE)
    code = code_of(secret)
    for expected in (302, 422):
        again, _ = first_step(world.chair)
        assert again.post("/login/second-step/", {"code": code}).status_code == expected
        clock.shift(HALF_MINUTE + timedelta(seconds=5))  # still a code that would be taken, were it not used
    for expected in (302, 422):
        again, _ = first_step(world.chair)
        assert again.post("/login/second-step/", {"code": codes[3]}).status_code == expected
    assert "还剩 <b>9</b> 个" in client.get("/me/second-factor/").content.decode()
    assert ActionRecord.objects.filter(act="核对动态口令", detail="用恢复码").count() == 1


def test_recovery_codes_are_shown_once_and_replaced_as_a_whole(world: World, clock: time_machine.Traveller) -> None:
    client, _ = first_step(with_password(world.chair))
    _, codes = set_up(client)
    assert codes[0] not in client.get("/me/second-factor/codes/").content.decode()
    assert client.post("/me/second-factor/codes/new/")["Location"] == "/me/second-factor/codes/"
    fresh = re.findall(r"<code>(\d{8})</code>", client.get("/me/second-factor/codes/").content.decode())
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)
    again, _ = first_step(world.chair)
    assert again.post("/login/second-step/", {"code": codes[0]}).status_code == 422
    assert again.post("/login/second-step/", {"code": fresh[0]}).status_code == 302


def test_codes_are_not_guessed(world: World, clock: time_machine.Traveller) -> None:
    client, _ = first_step(with_password(world.chair))
    secret, _ = set_up(client)
    clock.shift(HALF_MINUTE)
    again, _ = first_step(world.chair)
    for number in range(8):
        assert again.post("/login/second-step/", {"code": f"{number:06}"}).status_code == 422
    assert again.post("/login/second-step/", {"code": code_of(secret)}).status_code == 422, "closed for a while"
    assert ActionRecord.objects.filter(act="核对动态口令", result="refused").count() <= 5
    clock.shift(SECOND_FACTOR.window)
    later, _ = first_step(world.chair)
    assert later.post("/login/second-step/", {"code": code_of(secret)}).status_code == 302


@pytest.mark.parametrize("typed", ["", "\x00", "9" * 5000, "١٢٣٤٥٦", "💣"])
def test_strange_codes_are_refused_in_words(world: World, clock: time_machine.Traveller, typed: str) -> None:
    client, _ = first_step(with_password(world.chair))
    assert client.post("/me/second-factor/on/", {"code": typed}).status_code == 422
    set_up(client)
    again, _ = first_step(world.chair)
    assert again.post("/login/second-step/", {"code": typed}).status_code == 422


# -- Changing it asks who one is ---------------------------------------------------------------------------------------


def test_long_after_signing_in_the_password_is_asked_again(world: World, clock: time_machine.Traveller) -> None:
    client, _ = first_step(with_password(world.chair))
    clock.shift(timedelta(minutes=20))
    asked = client.get("/me/second-factor/on/")
    assert asked["Location"] == "/me/confirm/?next=%2Fme%2Fsecond-factor%2Fon%2F"
    assert client.post(asked["Location"], {"password": "wrong"}).status_code == 422
    assert client.post(asked["Location"], {"password": PASSWORD})["Location"] == "/me/second-factor/on/"
    set_up(client)
    clock.shift(timedelta(minutes=20))
    assert client.post("/me/second-factor/off/")["Location"].startswith("/me/confirm/")
    assert has_second_factor(world.chair)


def test_it_can_be_given_up_where_nothing_asks_for_it(world: World, settings: Settings) -> None:
    client, _ = first_step(with_password(world.chair))
    set_up(client)
    settings.TOTP_REQUIRED_FOR = ["committee_chair"]
    assert client.post("/me/second-factor/off/").status_code == 403
    assert has_second_factor(world.chair)
    settings.TOTP_REQUIRED_FOR = []
    assert client.post("/me/second-factor/off/").status_code == 302
    assert not Authenticator.objects.filter(user=world.chair).exists()
    assert ActionRecord.objects.filter(act="停用动态口令", by=world.chair).exists()


# -- Who must ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "role"), [("officer", "town_officer"), ("auditor", "auditor")])
def test_whoever_must_and_has_none_is_led_to_set_up_and_gets_nowhere_else(
    world: World, settings: Settings, who: str, role: str
) -> None:
    settings.TOTP_REQUIRED_FOR = [role]
    client, where = first_step(with_password(world.people[who]))
    assert where == "/desk/"
    for url in ("/desk/", "/compounds/", "/me/", "/messages/"):
        assert client.get(url)["Location"].startswith("/me/second-factor/on/?next="), url
    assert client.get("/api/v1/compounds/").status_code == 403
    assert "必须使用动态口令" in client.get("/me/second-factor/on/").content.decode()
    set_up(client)
    assert client.get("/desk/").status_code == 200
    other, _ = first_step(with_password(world.chair))
    assert other.get("/desk/").status_code == 200, "nobody else is asked"


def test_an_administrator_must_where_the_setting_names_administrators(db: None, settings: Settings) -> None:
    settings.TOTP_REQUIRED_FOR = ["administrator"]
    person = with_password(User.objects.create_superuser("root", name="管理员"))
    client, _ = first_step(person)
    assert client.get("/admin/")["Location"].startswith("/me/second-factor/on/")
    set_up(client)
    assert client.get("/admin/").status_code == 200


# -- A lost phone ------------------------------------------------------------------------------------------------------


def test_a_lost_second_factor_is_taken_away_by_somebody_else_and_all_sessions_end(
    world: World, client_of: Callable[[User | None], Client]
) -> None:
    keeper = User.objects.create_superuser("root", name="权限管理员")
    client, _ = first_step(with_password(world.chair))
    set_up(client)
    asked = {"action": "reset_second_factors", "_selected_action": [world.chair.pk]}
    client_of(keeper).post("/admin/accounts/user/", asked)
    assert not Authenticator.objects.filter(user=world.chair).exists()
    assert client.get("/desk/")["Location"].startswith("/login/")
    assert ActionRecord.objects.filter(act="重设动态口令", by=keeper, detail__contains="chair").count() == 1
    _, where = first_step(world.chair)
    assert where == "/desk/"
    with pytest.raises(DomainError, match="没有设置"):
        reset_second_factor(world.chair, by=keeper)
    with pytest.raises(NotAllowedError):
        reset_second_factor(keeper, by=keeper)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_whole_way_works_on_a_phone_without_javascript(page_of: Callable[..., Page]) -> None:
    world = build_world()
    with_password(world.chair)
    page = page_of(None, PHONE, javascript=False)
    page.goto("/me/second-factor/on/")
    page.get_by_label("用户名").fill("chair")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="登录").click()
    page.get_by_label("手机上显示的 6 位口令").fill(code_of(page.locator("code").first.inner_text()))
    page.get_by_role("button", name="核对并开启").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="我已抄好").click()
    expect(page).to_have_url(re.compile("/desk/$"))
