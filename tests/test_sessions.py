"""Sessions: a new key at each sign-in, an end after thirty idle minutes, the way back to where one was (AUTH-04)."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import time_machine
from django.conf import settings as configured
from django.test import Client
from pytest_django import Settings

from accounts.models import ActionRecord, User
from communities.models import Appointment
from tests.cast import World

MINUTE = timedelta(minutes=1)
PASSWORD = "Shiqiao-13-taijie"


@pytest.fixture(autouse=True)
def _cheap_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *configured.PASSWORD_HASHERS]


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(user: User, *, client: Client | None = None, onward: str = "") -> Client:
    client = client or Client()
    answer = client.post("/login/", {"username": user.username, "password": PASSWORD, "next": onward})
    assert answer.status_code == 302
    return client


def idle(clock: time_machine.Traveller, minutes: float) -> None:
    clock.shift(MINUTE * minutes)


# -- Idle --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["officer", "leader", "auditor", "cadre"])
def test_a_staff_session_ends_after_thirty_idle_minutes_and_not_before(
    world: World, client_of: Callable[[User | None], Client], clock: time_machine.Traveller, who: str
) -> None:
    client = client_of(world.people[who])
    assert client.get("/desk/").status_code == 200
    idle(clock, 29)
    assert client.get("/desk/").status_code == 200, "each request begins the half hour anew"
    idle(clock, 29)
    assert client.get("/desk/").status_code == 200
    idle(clock, 30)
    answer = client.get("/obligations/?state=late", follow=True)
    assert answer.redirect_chain == [("/login/?next=/obligations/%3Fstate%3Dlate", 302)]
    page = answer.content.decode()
    assert "30 分钟没有操作" in page
    assert 'value="/obligations/?state=late"' in page, "signing in leads back"
    assert client.get("/desk/").status_code == 302, "and the session is over"
    assert ActionRecord.objects.filter(act="闲置退出", by=world.people[who]).count() == 1


def test_an_administrators_session_ends_like_staffs(
    db: None, client_of: Callable[[User | None], Client], clock: time_machine.Traveller
) -> None:
    client = client_of(User.objects.create_superuser("root", name="管理员"))
    assert client.get("/admin/").status_code == 200
    idle(clock, 30)
    assert client.get("/admin/").status_code == 302


def test_residents_and_committees_are_not_signed_out_by_a_break(
    world: World, client_of: Callable[[User | None], Client], clock: time_machine.Traveller, settings: Settings
) -> None:
    people = {who: client_of(world.people[who]) for who in ("owner", "chair", "clerk")}
    for client in people.values():
        client.get("/desk/")
    idle(clock, 240)
    for client in people.values():
        assert client.get("/desk/").status_code == 200
    settings.POST_IDLE_MINUTES = 60
    people["chair"].get("/desk/")
    idle(clock, 60)
    assert people["chair"].get("/desk/").status_code == 302
    assert people["owner"].get("/desk/").status_code == 200


def test_what_was_sent_too_late_is_not_done_and_the_way_back_is_the_page_with_the_form(
    world: World, clock: time_machine.Traveller
) -> None:
    client = sign_in(with_password(world.officer))
    client.get("/compounds/people/new/")
    idle(clock, 31)
    typed = {"username": "late.comer", "name": "来晚了", "phone": ""}
    form = "http://testserver/compounds/people/new/?from=bodies"
    answer = client.post("/compounds/people/new/", typed, headers={"Referer": form})
    assert answer["Location"] == "/login/?next=%2Fcompounds%2Fpeople%2Fnew%2F%3Ffrom%3Dbodies"
    assert "填写的文字还在" in client.get(answer["Location"]).content.decode()
    assert not User.objects.filter(username="late.comer").exists()
    back = client.post(
        "/login/",
        {"username": "officer", "password": PASSWORD, "next": "/compounds/people/new/?from=bodies"},
    )
    assert back["Location"] == "/compounds/people/new/?from=bodies"
    assert client.post("/compounds/people/new/", typed).status_code == 200
    assert User.objects.filter(username="late.comer").exists()


@pytest.mark.parametrize("referer", ["https://evil.example/x/", "//evil.example", "javascript:alert(1)", ""])
def test_the_way_back_never_leads_off_the_site(world: World, clock: time_machine.Traveller, referer: str) -> None:
    client = sign_in(with_password(world.officer))
    client.get("/desk/")
    idle(clock, 31)
    answer = client.post("/messages/read/", headers={"Referer": referer} if referer else {})
    assert answer["Location"] == "/login/?next=%2Fdesk%2F"


def test_a_part_of_a_page_and_the_api_tell_of_the_end_in_their_own_way(
    world: World, clock: time_machine.Traveller
) -> None:
    client = sign_in(with_password(world.officer))
    client.get("/desk/")
    idle(clock, 31)
    answer = client.get("/obligations/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/board/"})
    assert answer["HX-Redirect"] == "/login/?next=%2Fboard%2F"
    sign_in(world.officer, client=client)
    client.get("/desk/")
    assert client.get("/api/v1/compounds/").status_code == 200
    idle(clock, 31)
    assert client.get("/api/v1/compounds/").status_code == 403


def test_a_public_page_stays_open_after_the_end(world: World, clock: time_machine.Traveller) -> None:
    client = sign_in(with_password(world.officer))
    client.get("/desk/")
    idle(clock, 31)
    page = client.get("/")
    assert page.status_code == 200
    assert "已自动退出" in page.content.decode()
    assert "已自动退出" not in client.get("/").content.decode()


def test_most_requests_write_no_session(
    world: World, clock: time_machine.Traveller, django_assert_max_num_queries: Callable
) -> None:
    client = sign_in(with_password(world.officer))
    client.get("/healthz")
    with django_assert_max_num_queries(12) as seen:
        client.get("/me/")
    assert not [one for one in seen.captured_queries if 'UPDATE "django_session"' in one["sql"]]
    idle(clock, 2)
    with django_assert_max_num_queries(16) as seen:
        client.get("/me/")
    assert [one for one in seen.captured_queries if 'UPDATE "django_session"' in one["sql"]]


# -- Keys and cookies --------------------------------------------------------------------------------------------------


def test_signing_in_gives_a_new_key_and_the_old_one_is_dead(world: World) -> None:
    with_password(world.chair)
    client = Client()
    client.post("/care-mode/", {"wanted": "1"})
    session = client.session
    session["planted"] = "1"
    session.save()
    before = client.session.session_key
    client.cookies[configured.SESSION_COOKIE_NAME] = before
    sign_in(world.chair, client=client)
    after = client.session.session_key
    assert after != before
    thief = Client()
    thief.cookies[configured.SESSION_COOKIE_NAME] = before
    assert thief.get("/desk/").status_code == 302
    client.post("/logout/")
    thief.cookies[configured.SESSION_COOKIE_NAME] = after
    assert thief.get("/desk/").status_code == 302, "dead after signing out"


def test_cookies_are_for_the_server_alone(world: World, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    with_password(world.chair)
    client = Client()
    client.get("/login/", secure=True)
    client.post("/login/", {"username": "chair", "password": PASSWORD}, secure=True)
    for name in (configured.SESSION_COOKIE_NAME, configured.CSRF_COOKIE_NAME):
        cookie = client.cookies[name]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax"), name


# -- Rights that end in mid-session (AZ-06) ----------------------------------------------------------------------------


def test_an_ended_appointment_ends_the_rights_with_the_next_request(
    world: World, client_of: Callable[[User | None], Client]
) -> None:
    client = client_of(world.officer)
    assert client.get("/compounds/people/new/").status_code == 200
    Appointment.objects.filter(user=world.officer).update(until_on=date(2026, 10, 28))
    assert client.get("/compounds/people/new/").status_code == 403
    assert client.get(f"/compounds/{world.compound.public_id}/").status_code == 404


def test_an_ended_contract_ends_the_rights_with_the_next_request(
    world: World, client_of: Callable[[User | None], Client]
) -> None:
    client, url = client_of(world.manager), f"/compounds/{world.compound.public_id}/units/"
    assert client.get(url).status_code == 200
    world.contract.ended_on = date(2026, 10, 28)
    world.contract.save()
    assert client.get(url).status_code == 404


def test_a_disabled_person_is_out_with_the_next_request(
    world: World, client_of: Callable[[User | None], Client]
) -> None:
    client = client_of(world.officer)
    assert client.get("/desk/").status_code == 200
    User.objects.filter(pk=world.officer.pk).update(is_active=False)
    assert client.get("/desk/")["Location"].startswith("/login/")
    assert client.get("/api/v1/compounds/").status_code == 403


def test_an_administrators_tick_taken_away_closes_the_data_pages_with_the_next_request(
    db: None, client_of: Callable[[User | None], Client]
) -> None:
    person = User.objects.create_user("second", name="二号管理员", is_staff=True)
    client = client_of(person)
    assert client.get("/admin/").status_code == 200
    User.objects.filter(pk=person.pk).update(is_staff=False)
    assert client.get("/admin/", follow=True).status_code == 403
