"""Committee and firm people come by invitation: one link, a password set at the first sign-in, a post from/until."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import time_machine
from django.core.cache import cache
from django.test import Client

from accounts.models import ActionRecord, EntryLink, User
from communities.models import Appointment
from tests.arriving import NEW_PHONE, code_on
from tests.cast import World
from tests.doors import hides_from, refuses, requires_login, serves

PASSWORD = "塘边石桥-Shisan-13级"


def invited(**changed: str) -> dict[str, str]:
    return {
        "name": "李新来",
        "username": "li-xinlai",
        "phone": NEW_PHONE,
        "from_on": "2026-10-29",
        "until_on": "2026-12-31",
        "basis": "安居〔2026〕3号",
    } | changed


def link_in(answer) -> str:
    found = re.search(r"/login/link/\w{16}/", answer.content.decode())
    assert found is not None
    return found.group()


def test_a_firms_manager_invites_a_clerk_who_sets_a_password_and_works_until_the_last_day(
    world: World, on_day: Callable, client_of: Callable
) -> None:
    cache.clear()
    url = f"/posts/{world.posts['clerk'].public_id}/invite/"
    requires_login(url)
    for who in (world.stranger, world.owner, world.chair, world.other_manager):
        hides_from(who, url, data=invited())
    for who in (world.clerk, world.cadre, world.leader):
        refuses(who, url, data=invited())
    assert not User.objects.filter(username="li-xinlai").exists()
    answer = client_of(world.manager).post(url, invited())
    assert "no-store" in answer["Cache-Control"]
    link = link_in(answer)
    client = Client()
    assert client.get(link)["Location"] == "/login/link/"
    assert client.post("/login/link/")["Location"] == "/login/first/"
    assert (
        "两次输入的密码不一样"
        in client.post("/login/first/", {"new_password": PASSWORD, "new_password_again": "x"}).content.decode()
    )
    assert client.post("/login/first/", {"new_password": "12345", "new_password_again": "12345"}).status_code == 422
    done = client.post("/login/first/", {"new_password": PASSWORD, "new_password_again": PASSWORD})
    assert done["Location"] == "/desk/"
    assert "物业工作台" in client.get("/desk/").content.decode() or client.get("/desk/").status_code == 200
    assert client.get("/login/first/")["Location"] == "/password/", "once"
    assert Client().get(link).status_code == 404
    anew = Client().post("/login/", {"username": "li-xinlai", "password": PASSWORD})
    assert anew["Location"] == "/desk/"
    by_code = Client()
    by_code.post("/login/code/", {"phone": NEW_PHONE})
    assert by_code.post("/login/code/check/", {"code": code_on(NEW_PHONE)}).status_code == 302
    person = User.objects.get(username="li-xinlai")
    held = Appointment.objects.get(user=person)
    assert (held.from_on, held.until_on) == (date(2026, 10, 29), date(2026, 12, 31))
    compound = f"/compounds/{world.compound.public_id}/"
    serves(person, compound)
    on_day(date(2027, 1, 1))
    hides_from(person, compound)


def test_a_firms_manager_invites_to_no_post_of_their_own_height_and_to_no_other_firm(
    world: World, client_of: Callable
) -> None:
    client = client_of(world.manager)
    assert client.post(f"/posts/{world.posts['manager'].public_id}/invite/", invited()).status_code == 403
    assert client.post(f"/posts/{world.posts['other_clerk'].public_id}/invite/", invited()).status_code == 404
    assert (
        client_of(world.officer).post(f"/posts/{world.posts['manager'].public_id}/invite/", invited()).status_code
        == 200
    )


def test_the_chair_invites_the_members_elected_beside_them_and_elects_nobody(world: World, client_of: Callable) -> None:
    seat = Appointment.objects.get(user=world.member)
    User.objects.filter(pk=world.member.pk).update(is_active=False)
    url = f"/appointments/{seat.public_id}/invite/"
    requires_login(url)
    for who in (world.stranger, world.other_chair):
        hides_from(who, url, data={})
    for who in (world.treasurer, world.owner, world.cadre):
        refuses(who, url, data={})
    link = link_in(client_of(world.chair).post(url))
    client = Client()
    client.get(link)
    client.post("/login/link/")
    assert client.get("/login/first/").status_code == 200
    assert client.get("/desk/").status_code == 200
    own = Appointment.objects.get(user=world.chair)
    refuses(world.chair, f"/appointments/{own.public_id}/invite/", data={})
    elected = f"/posts/{world.posts['member'].public_id}/invite/"
    refuses(world.chair, elected, data=invited())
    refuses(world.officer, elected, data=invited())


def test_the_chair_cannot_become_a_member_who_is_at_work_already(world: World, client_of: Callable) -> None:
    """Else one person could prepare and review a disclosure."""
    seat = Appointment.objects.get(user=world.treasurer)
    url = f"/appointments/{seat.public_id}/invite/"
    serves(world.chair, url)
    assert client_of(world.treasurer).get("/desk/").status_code == 200
    refuses(world.chair, url, data={})
    serves(world.officer, url, data={})


def test_nobody_becomes_an_officer_by_a_colleagues_invitation(world: World) -> None:
    colleague = Appointment.objects.get(user=world.second_officer)
    refuses(world.officer, f"/appointments/{colleague.public_id}/invite/", data={})
    cadre = Appointment.objects.get(user=world.cadre)
    serves(world.officer, f"/appointments/{cadre.public_id}/invite/", data={})


def test_a_newer_invitation_revokes_the_earlier_and_all_die_after_a_fortnight(
    world: World, client_of: Callable, clock: time_machine.Traveller
) -> None:
    seat = Appointment.objects.get(user=world.member)
    url = f"/appointments/{seat.public_id}/invite/"
    first, second = (link_in(client_of(world.chair).post(url)) for _ in range(2))
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 302
    assert EntryLink.objects.filter(user=world.member, revoked_at__isnull=True).count() == 1
    assert ActionRecord.objects.filter(act="开具邀请链接", by=world.chair).count() == 2
    clock.shift(timedelta(days=15))
    assert Client().get(second).status_code == 404


def test_a_taken_name_and_wrong_days_are_said_and_nothing_is_left_behind(world: World, client_of: Callable) -> None:
    client, url = client_of(world.manager), f"/posts/{world.posts['clerk'].public_id}/invite/"
    for change, words in (
        ({"username": "OFFICER"}, "这个用户名已经有人用了"),
        ({"until_on": "2026-10-01"}, "任职结束日期不能早于开始日期"),
        ({"phone": "123"}, "手机号应为 11 位数字"),
        ({"name": "a\x00"}, ""),
        ({"name": "长" * 300_000}, ""),
    ):
        answer = client.post(url, invited(**change))
        assert answer.status_code == 422, change
        assert words in answer.content.decode()
    assert not User.objects.filter(username="li-xinlai").exists()
    assert EntryLink.objects.count() == 0


def test_only_who_came_by_invitation_sets_a_password_without_the_old_one(world: World, client_of: Callable) -> None:
    client = client_of(world.chair)
    answer = client.post("/login/first/", {"new_password": PASSWORD, "new_password_again": PASSWORD})
    assert answer["Location"] == "/password/"
    assert not User.objects.get(pk=world.chair.pk).check_password(PASSWORD)
