"""Posts change hands by appointment; rights follow with the next request. Accounts are handed out once."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import ActionRecord, User
from communities.models import Appointment, Post, Suspension
from tests.cast import TODAY, World
from tests.doors import hides_from, refuses, requires_login, serves
from tests.statements import CEILING, statements

ClientOf = Callable[[User | None], Client]


def appointment_of(world: World, who: str) -> Appointment:
    return Appointment.objects.get(user=world.people[who])


def appoint_url(world: World, who: str) -> str:
    return f"/compounds/posts/{world.posts[who].public_id}/appoint/"


def post_as(user: User, url: str, data: dict[str, str]) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    answer = client.post(url, data)
    return answer.status_code, answer.content.decode()


# -- Who sees which bodies ---------------------------------------------------------------------------------------


def test_bodies_are_listed_for_those_they_concern(world: World) -> None:
    requires_login("/compounds/bodies/")
    expected = {
        "officer": ({"小区服务岗", "仑后花园业主委员会", "杆头新村业主委员会", "仑后村委会"}, set()),
        "cadre": ({"仑后村委会", "仑后花园业主委员会"}, {"杆头新村业主委员会", "小区服务岗"}),
        "chair": ({"仑后花园业主委员会", "仑后花园监事会"}, {"杆头新村业主委员会", "小区服务岗"}),
        "owner": ({"仑后花园业主委员会"}, {"杆头新村业主委员会", "仑后村委会"}),
        "stranger": (set(), {"小区服务岗", "仑后花园业主委员会"}),
    }
    for who, (shown, hidden) in expected.items():
        page = serves(world.people[who], "/compounds/bodies/").content.decode()
        for name in shown:
            assert f">{name}</a>" in page, (who, name)
        for name in hidden:
            assert f">{name}</a>" not in page, (who, name)


def test_bodies_are_found_by_the_name_of_who_sits_in_them(world: World) -> None:
    page = serves(world.officer, "/compounds/bodies/?q=陈志强").content.decode()
    assert ">仑后花园业主委员会</a>" in page
    assert ">小区服务岗</a>" not in page


def test_a_body_shows_its_posts_and_their_history(world: World) -> None:
    url = f"/compounds/bodies/{world.committee.public_id}/"
    requires_login(url)
    hides_from(world.stranger, url)
    hides_from(world.other_chair, url)
    assert "陈志强" in serves(world.owner, url).content.decode()
    assert "暂停履职" not in serves(world.chair, url).content.decode(), "no button without the right"
    assert "暂停履职" in serves(world.officer, url).content.decode()


def test_the_list_of_bodies_costs_the_same_statements_for_few_and_many(world: World, client_of: ClientOf) -> None:
    client = client_of(world.officer)
    before = statements(client, "/compounds/bodies/")
    Post.objects.bulk_create(Post(body=world.office, title=f"成员{n}", role="no_rights") for n in range(30))
    assert statements(client, "/compounds/bodies/") == before <= CEILING


# -- 换人 --------------------------------------------------------------------------------------------------------


def test_a_successor_takes_over_and_the_former_holder_loses_the_right_that_day(
    world: World, on_day: Callable[..., None]
) -> None:
    url, data = (
        appoint_url(world, "cadre"),
        {"username": "stranger", "from_on": "2026-11-01", "basis": "宝委〔2026〕5号"},
    )
    requires_login(url)
    hides_from(world.stranger, url, data=data)
    hides_from(world.owner, url, data=data)
    refuses(world.cadre, url, data=data)
    refuses(world.leader, url, data=data)
    refuses(world.auditor, url, data=data)
    assert Appointment.objects.filter(user=world.stranger).count() == 0
    serves(world.officer, url, data=data)
    former, successor = appointment_of(world, "cadre"), appointment_of(world, "stranger")
    assert (former.until_on, successor.from_on, successor.basis) == (
        date(2026, 10, 31),
        date(2026, 11, 1),
        "宝委〔2026〕5号",
    )
    compound = f"/compounds/{world.compound.public_id}/"
    serves(world.cadre, compound)
    hides_from(world.stranger, compound)
    on_day(date(2026, 11, 1))
    hides_from(world.cadre, compound)
    serves(world.stranger, compound)
    history = serves(world.officer, f"/compounds/bodies/{world.posts['cadre'].body.public_id}/").content.decode()
    assert "黄明辉" in history
    assert "路人甲" in history


def test_an_appointment_that_cannot_be_is_refused_in_words_and_nothing_typed_is_lost(world: World) -> None:
    url = appoint_url(world, "cadre")
    for change, words in (
        ({"username": "nobody"}, "没有这个用户名"),
        ({"from_on": "2023-01-01"}, "继任日期须晚于该日"),
        ({"until_on": "2026-01-01"}, "不能早于开始日期"),
        ({"from_on": "昨天"}, "有效的日期"),
        ({"from_on": ""}, "必填项"),
    ):
        data = {"username": "stranger", "from_on": "2026-11-01", "until_on": "", "basis": "会议纪要三"} | change
        status, page = post_as(world.officer, url, data)
        assert status == 422, change
        assert words in page, change
        assert "会议纪要三" in page
    assert not Appointment.objects.filter(user=world.stranger).exists()


def test_elected_members_are_entered_with_their_term_and_not_appointed(world: World) -> None:
    status, page = post_as(
        world.officer, appoint_url(world, "chair"), {"username": "stranger", "from_on": "2026-11-01"}
    )
    assert status == 403
    assert "由业主大会选举产生" in page


def test_a_firms_people_are_appointed_by_the_town(world: World) -> None:
    url, data = appoint_url(world, "clerk"), {"username": "stranger", "from_on": "2026-10-29"}
    refuses(world.cadre, url, data=data)
    hides_from(world.manager, url, data=data)
    serves(world.officer, url, data=data)
    serves(world.stranger, f"/compounds/{world.compound.public_id}/")


# -- Leaving and suspension --------------------------------------------------------------------------------------


def test_an_ended_appointment_keeps_its_last_day_and_no_longer(world: World, on_day: Callable[..., None]) -> None:
    url = f"/compounds/appointments/{appointment_of(world, 'member').public_id}/end/"
    requires_login(url)
    hides_from(world.stranger, url, data={"day": "2026-10-31"})
    refuses(world.chair, url, data={"day": "2026-10-31"})
    assert post_as(world.officer, url, {"day": "2023-01-01"})[0] == 422
    serves(world.officer, url, data={"day": "2026-10-31"})
    compound = f"/compounds/{world.compound.public_id}/"
    on_day(date(2026, 10, 31))
    serves(world.member, compound)
    on_day(date(2026, 11, 1))
    hides_from(world.member, compound)


def test_a_suspended_member_loses_every_right_with_the_next_request_and_gets_it_back_when_reinstated(
    world: World, client_of: ClientOf, on_day: Callable[..., None]
) -> None:
    appointment = appointment_of(world, "treasurer")
    suspend = f"/compounds/appointments/{appointment.public_id}/suspend/"
    reinstate = f"/compounds/appointments/{appointment.public_id}/reinstate/"
    today = {"day": TODAY.isoformat()}
    for url in (suspend, reinstate):
        requires_login(url)
        hides_from(world.other_treasurer, url, data=today)
        refuses(world.cadre, url, data=today)
    treasurer, compound = client_of(world.treasurer), f"/compounds/{world.compound.public_id}/"
    assert treasurer.get(compound).status_code == 200
    assert "不在暂停履职期间" in post_as(world.officer, reinstate, today)[1]
    before = post_as(world.officer, suspend, {"day": "2023-12-31"})[1]
    assert "暂停之日须在任职期内（2024年1月1日起）" in before
    serves(world.officer, suspend, data=today)
    assert treasurer.get(compound).status_code == 404, "the same session, the next request"
    assert "已在暂停履职期间" in post_as(world.officer, suspend, today)[1]
    serves(world.officer, reinstate, data=today)
    on_day(date(2026, 10, 30))
    serves(world.treasurer, compound)
    acts = ActionRecord.objects.filter(by=world.officer).order_by("id").values_list("act", "result")
    assert list(acts) == [
        ("恢复履职", "refused"), ("暂停履职", "refused"), ("暂停履职", "done"), ("暂停履职", "refused"),
        ("恢复履职", "done"),
    ]  # fmt: skip


def test_a_second_suspension_leaves_the_first_as_it_was(world: World, on_day: Callable[..., None]) -> None:
    appointment = appointment_of(world, "treasurer")
    suspend = f"/compounds/appointments/{appointment.public_id}/suspend/"
    reinstate = f"/compounds/appointments/{appointment.public_id}/reinstate/"
    serves(world.officer, suspend, data={"day": "2026-10-29"})
    on_day(date(2026, 11, 10))
    serves(world.officer, reinstate, data={"day": "2026-11-20"})
    assert "上一次暂停到2026年11月20日才结束" in post_as(world.officer, suspend, {"day": "2026-11-25"})[1]
    hides_from(world.treasurer, f"/compounds/{world.compound.public_id}/")
    on_day(date(2026, 11, 21))
    serves(world.treasurer, f"/compounds/{world.compound.public_id}/")
    assert "与上一次暂停（至2026年11月20日）重叠" in post_as(world.officer, suspend, {"day": "2026-11-20"})[1]
    serves(world.officer, suspend, data={"day": "2026-11-21"})
    hides_from(world.treasurer, f"/compounds/{world.compound.public_id}/")
    found = Suspension.objects.filter(appointment=appointment).values_list("from_on", "until_on", "entered_by__name")
    assert list(found) == [
        (date(2026, 10, 29), date(2026, 11, 20), world.officer.name),
        (date(2026, 11, 21), None, world.officer.name),
    ]
    page = serves(world.officer, f"/compounds/bodies/{world.committee.public_id}/").content.decode()
    assert "2026年10月29日 起暂停，至 2026年11月20日" in page
    assert "2026年11月21日 起暂停" in page
    with pytest.raises(IntegrityError, match="do_not_overlap"), transaction.atomic():
        Suspension.objects.create(appointment=appointment, from_on=date(2026, 11, 1), until_on=date(2026, 11, 2))


# -- Accounts ----------------------------------------------------------------------------------------------------

PASSWORD = re.compile(r'<b class="num">([0-9a-z-]{14})</b>')


def test_the_town_opens_an_account_and_its_first_password_is_shown_once(world: World) -> None:
    url, data = "/compounds/people/new/", {"name": "许小红", "username": "xu.xiaohong", "phone": "13800001234"}
    requires_login(url)
    for who in ("stranger", "owner", "cadre", "leader", "auditor"):
        refuses(world.people[who], url, data=data)
    answer = serves(world.officer, url, data=data)
    found = PASSWORD.search(answer.content.decode())
    assert found
    assert "no-store" in answer["Cache-Control"]
    made = User.objects.get(username="xu.xiaohong")
    assert made.check_password(found.group(1))
    assert (made.is_staff, made.is_superuser) == (False, False)
    assert found.group(1) not in str(list(ActionRecord.objects.values_list("detail", "by_text")))
    assert made.password_is_issued, "it opens the page that changes it, and no more: see test_passwords.py"
    User.objects.filter(pk=made.pk).update(password_is_issued=False)
    hides_from(made, f"/compounds/{world.compound.public_id}/")


def test_an_account_is_refused_in_words(world: World) -> None:
    good = {"name": "许小红", "username": "xu.xiaohong", "phone": ""}
    for change, words in (
        ({"username": "Chair"}, "已经有人用了"),
        ({"username": "许小红"}, "只能用字母"),
        ({"phone": "12345"}, "11 位"),
        ({"name": ""}, "必填项"),
    ):
        status, page = post_as(world.officer, "/compounds/people/new/", good | change)
        assert (status, words in page) == (422, True), change
    post_as(world.officer, "/compounds/people/new/", good | {"is_staff": "1", "is_superuser": "1"})
    assert not User.objects.get(username="xu.xiaohong").is_superuser


def test_a_forgotten_password_is_renewed_by_the_town_but_never_a_colleagues(world: World, client_of: ClientOf) -> None:
    url = f"/compounds/people/{world.chair.public_id}/password/"
    requires_login(url)
    hides_from(world.stranger, url, data={})
    refuses(world.cadre, url, data={})
    refuses(world.officer, f"/compounds/people/{world.second_officer.public_id}/password/", data={})
    refuses(world.officer, f"/compounds/people/{world.leader.public_id}/password/", data={})
    signed_in = client_of(world.chair)
    serves(world.officer, url)
    assert signed_in.get("/desk/").status_code == 200, "looking at the page changes nothing"
    found = PASSWORD.search(serves(world.officer, url, data={}).content.decode())
    assert found
    assert User.objects.get(pk=world.chair.pk).check_password(found.group(1))
    assert signed_in.get("/desk/").status_code == 302, "old sessions end"


def test_staff_passwords_are_not_the_towns_to_renew(world: World) -> None:
    User.objects.filter(pk=world.chair.pk).update(is_staff=True)
    refuses(world.officer, f"/compounds/people/{world.chair.public_id}/password/", data={})
