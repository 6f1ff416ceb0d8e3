"""Signing in with user name and password: limits, one answer for all, the trail, the password, care mode."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.limits import PER_ACCOUNT, PER_ADDRESS
from accounts.models import ActionRecord, User
from accounts.rules import LinkKind
from accounts.services import make_link
from tests.cast import NOON, World, build_world
from tests.doors import requires_login, serves

PASSWORD = "仑后村口的老榕树-1987"


REAL_HASHERS = settings.PASSWORD_HASHERS


@pytest.fixture(autouse=True)
def _fresh_counters(db: None, settings: Settings) -> None:
    """Counters in the database, whose clock the tests can move; and hashes that cost nothing where many are made."""
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "baogai_cache"}
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *REAL_HASHERS]
    cache.clear()


@pytest.fixture
def real_hashing(settings: Settings, _fresh_counters: None) -> None:
    settings.PASSWORD_HASHERS = REAL_HASHERS


@pytest.fixture
def officer(world: World) -> User:
    world.officer.set_password(PASSWORD)
    world.officer.save()
    return world.officer


def attempt(username: str, password: str, *, client: Client | None = None, address: str = "10.1.1.1", **data: str):
    client = client or Client()
    return client.post("/login/", {"username": username, "password": password, **data}, headers={}, REMOTE_ADDR=address)


def test_the_right_password_opens_the_desk_and_comes_back_to_where_one_wanted_to_go(officer: User) -> None:
    client = Client()
    answer = attempt("officer", PASSWORD, client=client, next="/messages/")
    assert (answer.status_code, answer["Location"]) == (302, "/messages/")
    assert client.get("/messages/").status_code == 200
    assert attempt("officer", PASSWORD)["Location"] == "/desk/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil"])
def test_login_never_leads_off_the_site(officer: User, elsewhere: str) -> None:
    assert attempt("officer", PASSWORD, next=elsewhere)["Location"] == "/desk/"


def test_unknown_inactive_and_wrong_get_the_same_words(officer: User, world: World) -> None:
    world.clerk.set_password(PASSWORD)
    world.clerk.is_active = False
    world.clerk.save()

    def words(username: str, password: str) -> str:
        body = attempt(username, password).content.decode()
        body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|"X-CSRFToken": "[^"]+"', "", body)
        return body.replace(f'value="{username}"', "")

    wrong = words("officer", "not it")
    assert "用户名或密码不对" in wrong
    assert words("nobody-here", "not it") == wrong
    assert words("clerk", PASSWORD) == wrong


def test_an_unknown_name_costs_the_same_hashing_as_a_known_one(
    real_hashing: None, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *a, **k: (hashed.append("x"), encode(*a, **k))[1])
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *a, **k: (hashed.append("x"), verify(*a, **k))[1])
    attempt("officer", "not it")
    known = len(hashed)
    attempt("nobody-here", "not it")
    assert known == 1
    assert len(hashed) == 2 * known


def test_after_five_failures_even_the_right_password_waits_a_quarter_of_an_hour(
    officer: User, clock: time_machine.Traveller
) -> None:
    for _ in range(PER_ACCOUNT.failures):
        assert attempt("officer", "not it").status_code == 200
    closed = attempt("OFFICER", PASSWORD, address="10.9.9.9")
    assert closed.status_code == 429
    assert "15 分钟后再试" in closed.content.decode()
    assert 'value="OFFICER"' in closed.content.decode(), "what was typed is kept"
    clock.shift(PER_ACCOUNT.window - timedelta(minutes=1))
    assert attempt("officer", PASSWORD).status_code == 429
    clock.shift(timedelta(minutes=2))
    assert attempt("officer", PASSWORD).status_code == 302


def test_a_right_password_forgives_the_failures_before_it(officer: User) -> None:
    for _ in range(3):
        for _ in range(PER_ACCOUNT.failures - 1):
            attempt("officer", "not it")
        assert attempt("officer", PASSWORD).status_code == 302


def test_an_address_that_guesses_at_many_accounts_is_stopped_and_another_is_not(officer: User) -> None:
    for number in range(PER_ADDRESS.failures):
        assert attempt(f"name{number}", "not it", address="10.6.6.6").status_code == 200
    assert attempt("officer", PASSWORD, address="10.6.6.6").status_code == 429
    assert attempt("officer", PASSWORD, address="10.7.7.7").status_code == 302


def test_a_forged_forwarding_header_gives_no_new_address(officer: User) -> None:
    for number in range(PER_ADDRESS.failures):
        Client().post(
            "/login/",
            {"username": f"name{number}", "password": "x"},
            REMOTE_ADDR="10.6.6.6",
            headers={"X-Forwarded-For": f"10.0.0.{number}"},
        )
    assert attempt("officer", PASSWORD, address="10.6.6.6").status_code == 429


def test_two_hundred_tries_under_changing_addresses_get_five_and_lock_nobody_out_for_ever(
    officer: User, clock: time_machine.Traveller
) -> None:
    """AUTH-02: the header has no effect, and hammering at a closed door keeps it closed no longer."""
    answers = []
    for number in range(200):
        answers.append(
            Client()
            .post(
                "/login/",
                {"username": "officer", "password": f"guess {number}"},
                REMOTE_ADDR="10.6.6.6",
                headers={"X-Forwarded-For": f"10.0.{number}.1", "X-Real-IP": f"10.1.{number}.1"},
            )
            .status_code
        )
        if number == 100:
            clock.shift(PER_ACCOUNT.window - timedelta(minutes=1))
    assert answers == [200] * PER_ACCOUNT.failures + [429] * (200 - PER_ACCOUNT.failures)
    clock.shift(timedelta(minutes=2))
    assert attempt("officer", PASSWORD, address="10.7.7.7").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_fifty_guesses_at_once_get_no_more_than_the_limit() -> None:
    world = build_world()
    world.officer.set_password(PASSWORD)
    world.officer.save()

    def guess(number: int) -> int:
        try:
            return int(attempt("officer", f"guess {number}", address=f"10.2.{number}.1").status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(50)))
    assert answers.count(200) == PER_ACCOUNT.failures
    assert answers.count(429) == 50 - PER_ACCOUNT.failures


def test_the_trail_tells_who_came_who_failed_and_from_where_but_never_a_password(officer: User) -> None:
    attempt("officer", "not it", address="10.3.3.3")
    attempt("hunter2-my-password", "officer", address="10.3.3.3")
    client = Client()
    attempt("officer", PASSWORD, client=client, address="10.3.3.4")
    client.post("/logout/", REMOTE_ADDR="10.3.3.4")
    trail = list(ActionRecord.objects.filter(act__in=["登录", "退出"]).order_by("id"))
    assert [(one.act, one.result, one.by, one.address) for one in trail] == [
        ("登录", "refused", None, "10.3.3.3"),
        ("登录", "refused", None, "10.3.3.3"),
        ("登录", "done", officer, "10.3.3.4"),
        ("退出", "done", officer, "10.3.3.4"),
    ]
    assert [one.by_text for one in trail[:2]] == ["officer", "hu***"]
    assert "hunter2" not in str([(one.by_text, one.detail) for one in trail])


def test_a_flood_of_guesses_does_not_flood_the_trail(officer: User) -> None:
    for _ in range(40):
        attempt("officer", "not it")
    refused = ActionRecord.objects.filter(act="登录")
    assert refused.count() == PER_ACCOUNT.failures
    assert "暂停登录" in refused.order_by("-id")[0].detail


def test_signing_out_ends_the_session_and_only_a_post_does(
    world: World, client_of: Callable[[User | None], Client]
) -> None:
    client = client_of(world.chair)
    assert client.get("/logout/").status_code == 405
    assert client.get("/desk/").status_code == 200
    assert client.post("/logout/")["Location"] == "/"
    assert client.get("/desk/").status_code == 302
    assert Client().post("/logout/").status_code == 302


def test_a_new_password_needs_the_old_one_and_must_be_strong(officer: User) -> None:
    requires_login("/password/")
    client, elsewhere = Client(), Client()
    attempt("officer", PASSWORD, client=client)
    attempt("officer", PASSWORD, client=elsewhere)

    def change(old: str, new: str, again: str | None = None):
        return client.post(
            "/password/",
            {"old_password": old, "new_password": new, "new_password_again": new if again is None else again},
        )

    strong = "塘边石桥-Shisan-13级"
    assert "原密码不对" in change("not it", strong).content.decode()
    assert "两次输入的新密码不一样" in change(PASSWORD, strong, "other").content.decode()
    for weak in ("12345678901", "short", "password123"):
        assert change(PASSWORD, weak).status_code == 422
    assert change(PASSWORD, strong)["Location"] == "/me/"
    assert client.get("/desk/").status_code == 200, "this session goes on"
    assert elsewhere.get("/desk/").status_code == 302, "all others end"
    assert attempt("officer", PASSWORD).status_code == 200
    assert attempt("officer", strong).status_code == 302
    changed = ActionRecord.objects.filter(act="修改密码", by=officer)
    assert changed.filter(result="done").count() == 1
    assert changed.filter(result="refused").count() == 5, "whoever tried is in the trail, and why not"


def test_the_password_is_kept_by_argon2(real_hashing: None, officer: User) -> None:
    assert officer.password.startswith("argon2$")


def test_care_mode_stays_with_the_person_on_every_device(
    world: World, client_of: Callable[[User | None], Client]
) -> None:
    phone, computer = client_of(world.owner), client_of(world.owner)
    assert b'class="care"' not in phone.get("/desk/").content
    answer = phone.post("/care-mode/", {"wanted": "1", "next": "/desk/"})
    assert answer["Location"] == "/desk/"
    assert b'class="care"' in computer.get("/desk/").content
    assert b'class="care"' not in client_of(world.chair).get("/desk/").content
    computer.post("/care-mode/", {"wanted": "0", "next": "/desk/"})
    assert b'class="care"' not in phone.get("/desk/").content


def test_care_mode_of_a_visitor_is_kept_in_the_browser(db: None) -> None:
    visitor = Client()
    visitor.post("/care-mode/", {"wanted": "1", "next": "https://evil.example/"})
    assert b'class="care"' in visitor.get("/").content
    assert b'class="care"' not in Client().get("/").content


def test_a_resident_who_came_in_by_large_letters_goes_on_in_them_and_a_clerk_at_that_screen_does_not(
    world: World,
) -> None:
    for person, kept in ((world.owner, True), (world.cadre, False)):
        browser = Client()
        browser.post("/care-mode/", {"wanted": "1"})
        link = make_link(person, kind=LinkKind.SIGN_IN, by=world.officer, at=NOON)[1]
        browser.get(f"/login/link/{link}/")
        assert b'class="care"' in browser.get("/login/link/").content
        inside = browser.post("/login/link/", follow=True)
        assert inside.status_code == 200
        assert (b'class="care"' in inside.content) is kept
        person.refresh_from_db()
        assert person.wants_care_mode is kept


def test_a_strangers_wish_in_a_get_changes_nothing(world: World, client_of: Callable[[User | None], Client]) -> None:
    assert client_of(world.owner).get("/care-mode/").status_code == 405


def test_ones_own_page_lists_the_posts_and_the_ways(world: World) -> None:
    requires_login("/me/")
    page = serves(world.chair, "/me/").content.decode()
    assert "主任" in page
    assert "仑后花园业主委员会" in page
