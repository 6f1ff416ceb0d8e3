"""Passwords by the rules of 等保 level 2: what they must be, how long they last, and who is led to change them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import ActionRecord, PasswordRecord, User
from accounts.rules import PasswordDue, character_classes, password_due
from tests.cast import NOON, World

OLD = "Shiqiao-13-taijie"
NEW = "Tangbian-Laoshu-7"
REAL_HASHERS = settings.PASSWORD_HASHERS


@pytest.fixture(autouse=True)
def _cheap_hashes(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *REAL_HASHERS]


def give(user: User, password: str = OLD, *, days_ago: int = 0, issued: bool = False) -> User:
    user.set_password(password)
    user.password_set_at = timezone.now() - timedelta(days=days_ago)
    user.password_is_issued = issued
    user.save()
    return user


def signed_in(user: User, password: str = OLD) -> Client:
    client = Client()
    assert client.post("/login/", {"username": user.username, "password": password}).status_code == 302
    return client


def change(client: Client, new: str, *, old: str = OLD, onward: str = ""):
    typed = {"old_password": old, "new_password": new, "new_password_again": new, "next": onward}
    return client.post("/password/", typed)


# -- What a password must be -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weak", "words"),
    [
        ("Ab3-xyz89", "至少 10 个字符"),
        ("塘边石桥有十三级台阶", "四类中至少要有三类"),
        ("shiqiaoyoushisanji1", "四类中至少要有三类"),
        ("Officer-2026-zhen", "不能有用户名"),
        ("X1-林小琴-住宝盖", "不能有用户名、姓名或手机号"),
        ("Tel-13800-000000-x", "手机号"),
        ("Password123", "太常见"),
        (OLD, "不能用现在的密码"),
    ],
)
def test_a_password_that_breaks_a_rule_is_refused_in_words_and_changes_nothing(
    world: World, weak: str, words: str
) -> None:
    client = signed_in(give(world.officer))
    answer = change(client, weak)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    world.officer.refresh_from_db()
    assert world.officer.check_password(OLD)
    assert not PasswordRecord.objects.exists()


def test_the_page_names_the_rules_before_anything_is_typed(world: World) -> None:
    page = signed_in(give(world.officer)).get("/password/").content.decode()
    for rule in ("至少 10 个字符", "四类中至少三类", "不含用户名、姓名、手机号", "最近 5 次"):
        assert rule in page


def test_the_last_five_passwords_do_not_come_back_and_the_sixth_may(world: World) -> None:
    client, old = signed_in(give(world.officer)), OLD
    chosen = [f"Laoshu-No-{number}-abc" for number in range(6)]
    for new in chosen:
        assert change(client, new, old=old).status_code == 302
        old = new
    for new in chosen[1:]:
        assert "最近 5 次用过的密码" in change(client, new, old=old).content.decode()
    assert change(client, chosen[0], old=old).status_code == 302


def test_the_memory_of_passwords_is_never_shortened(world: World) -> None:
    change(signed_in(give(world.officer)), NEW)
    kept = PasswordRecord.objects.get(user=world.officer)
    assert NEW not in kept.password_hash
    for act in (kept.delete, lambda: PasswordRecord.objects.update(password_hash="x")):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_the_four_classes_are_counted_as_people_count_them() -> None:
    assert [character_classes(one) for one in ("", "abc", "aB", "aB3", "aB3-", "老榕树-", "老a")] == [
        0,
        1,
        2,
        3,
        4,
        1,
        2,
    ]


# -- How long it lasts -------------------------------------------------------------------------------------------------


def test_a_password_is_due_from_its_ninetieth_day_on() -> None:
    def due(days: int, seconds: int = 0) -> PasswordDue | None:
        set_at = NOON - timedelta(days=days, seconds=seconds)
        return password_due(is_issued=False, set_at=set_at, lasts=timedelta(days=90), at=NOON)

    assert (due(89), due(90, -1), due(90), due(91)) == (None, None, PasswordDue.EXPIRED, PasswordDue.EXPIRED)
    assert password_due(is_issued=False, set_at=None, lasts=timedelta(days=90), at=NOON) is None
    assert password_due(is_issued=True, set_at=NOON, lasts=None, at=NOON) is PasswordDue.ISSUED


@pytest.mark.parametrize("who", ["officer", "leader", "auditor", "cadre"])
def test_staff_and_auditors_change_theirs_after_ninety_days_and_get_nowhere_before(world: World, who: str) -> None:
    person = give(world.people[who], days_ago=89)
    assert signed_in(person).get("/desk/").status_code == 200
    give(person, days_ago=90)
    client = signed_in(person)
    for url in ("/desk/", "/compounds/", "/me/", "/messages/"):
        assert client.get(url)["Location"].startswith("/password/?next="), url
    assert client.post("/messages/read/").status_code in (302, 404)
    assert client.get("/api/v1/compounds/").status_code == 403
    page = client.get("/password/")
    assert "已到更换期限" in page.content.decode()
    answer = change(client, NEW, onward="/compounds/?q=1")
    assert answer["Location"] == "/compounds/?q=1"
    assert client.get("/desk/").status_code == 200
    assert client.get("/api/v1/compounds/").status_code == 200


def test_whoever_is_due_may_still_leave(world: World) -> None:
    client = signed_in(give(world.officer, days_ago=200))
    assert client.post("/logout/")["Location"] == "/"
    assert client.get("/desk/")["Location"].startswith("/login/")


def test_committee_and_firm_people_change_theirs_only_where_a_setting_says_so(world: World, settings: Settings) -> None:
    for who in ("chair", "clerk"):
        client = signed_in(give(world.people[who], days_ago=400))
        assert client.get("/desk/").status_code == 200
        settings.POST_PASSWORD_DAYS = 365
        assert client.get("/desk/")["Location"].startswith("/password/")
        settings.POST_PASSWORD_DAYS = 0


def test_a_password_that_comes_due_in_mid_session_is_asked_for_with_the_next_request(
    world: World, clock: time_machine.Traveller
) -> None:
    client = signed_in(give(world.officer, days_ago=89))
    assert client.get("/desk/").status_code == 200
    User.objects.filter(pk=world.officer.pk).update(password_set_at=timezone.now() - timedelta(days=90))
    assert client.get("/desk/")["Location"].startswith("/password/")


def test_a_part_of_a_page_leads_the_whole_page_to_the_change(world: World) -> None:
    client = signed_in(give(world.officer, days_ago=90))
    answer = client.get(
        "/obligations/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/obligations/?state=late"}
    )
    assert answer["HX-Redirect"] == "/password/?next=%2Fobligations%2F%3Fstate%3Dlate"


# -- Issued passwords --------------------------------------------------------------------------------------------------


def test_a_password_issued_by_the_office_opens_only_the_page_that_changes_it(
    world: World, client_of: Callable[[User | None], Client]
) -> None:
    url = f"/compounds/people/{world.clerk.public_id}/password/"
    shown = client_of(world.officer).post(url)
    assert shown.status_code == 200
    issued = shown.context["password"]
    client = signed_in(world.clerk, issued)
    answer = client.get("/desk/")
    assert answer["Location"] == "/password/?next=%2Fdesk%2F"
    assert "发放的初始密码" in client.get("/password/").content.decode()
    assert "不能用现在的密码" in change(client, issued, old=issued).content.decode()
    assert change(client, NEW, old=issued, onward="/desk/")["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200


def test_a_new_accounts_first_password_must_be_changed(world: World, client_of: Callable) -> None:
    client_of(world.officer).post("/compounds/people/new/", {"username": "xu.xiaohong", "name": "许小红", "phone": ""})
    made = User.objects.get(username="xu.xiaohong")
    assert made.password_is_issued
    assert PasswordRecord.objects.filter(user=made, password_hash=made.password).count() == 1


def test_the_examples_printed_password_never_has_to_be_changed(world: World) -> None:
    """And no installation with example people is production: see test_production_refuses_example_data."""
    person = give(world.officer, days_ago=900, issued=True)
    client = signed_in(person)
    assert client.get("/desk/").status_code == 302
    User.objects.filter(pk=person.pk).update(is_example=True)
    assert client.get("/desk/").status_code == 200


def test_a_change_ends_the_other_sessions_and_is_recorded(world: World) -> None:
    give(world.officer)
    here, elsewhere = signed_in(world.officer), signed_in(world.officer)
    change(here, NEW)
    assert here.get("/desk/").status_code == 200
    assert elsewhere.get("/desk/")["Location"].startswith("/login/")
    assert ActionRecord.objects.filter(act="修改密码", by=world.officer).count() == 1


def test_the_database_refuses_an_issued_password_without_a_date(world: World) -> None:
    with pytest.raises(DatabaseError, match="an_issued_password_has_a_date"), transaction.atomic():
        User.objects.filter(pk=world.owner.pk).update(password_is_issued=True, password_set_at=None)
    assert User.objects.filter(pk=world.owner.pk).update(password_is_issued=True, password_set_at=NOON) == 1
    assert make_password(None).startswith("!")
