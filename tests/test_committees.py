"""Committees: who sees the board, who enters a term, and what the register refuses."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ActionRecord
from committees.models import Seat, Term
from committees.services import register_term, seat_member
from communities.models import Appointment, Body, Owner, Ownership, Unit
from tests.cast import EARLIER, TODAY, World
from tests.doors import hides_from, refuses, requires_login, serves

ELECTED = date(2026, 10, 1)
FACTS = {
    "from_on": "2026-10-01",
    "until_on": "2031-09-30",
    "filed_on": "2026-10-20",
    "filing_number": "石住建备〔2026〕7号",
}


@pytest.fixture
def term(world: World) -> Term:
    return register_term(world.committee, from_on=EARLIER, until_on=date(2028, 12, 31), by=world.officer)


@pytest.fixture
def neighbour(world: World) -> Owner:
    """Another owner of the compound, without account."""
    unit = Unit.objects.create(
        building=world.unit.building, stair=world.unit.stair, room_key="203", room_text="0203", area=Decimal("80.00")
    )
    owner = Owner.objects.create(compound=world.compound, name="卢静婷", phone="13900002222")
    Ownership.objects.create(unit=unit, owner=owner)
    return owner


def board(world: World) -> str:
    return reverse("committees:board", args=[world.compound.public_id])


def new_term(world: World) -> str:
    return reverse("committees:new_term", args=[world.compound.public_id])


# -- The four questions --------------------------------------------------------------------------------------


def test_the_board_asks_the_four_questions(world, term):
    requires_login(board(world))
    hides_from(world.stranger, board(world))
    hides_from(world.other_chair, board(world))
    for person in (world.officer, world.leader, world.auditor, world.cadre, world.chair, world.manager, world.owner):
        assert "第1届" in serves(person, board(world)).content.decode()


def test_entering_a_term_asks_the_four_questions(world):
    requires_login(new_term(world), data=FACTS)
    hides_from(world.stranger, new_term(world), data=FACTS)
    for person in (world.leader, world.auditor, world.cadre, world.chair, world.owner):
        refuses(person, new_term(world), data=FACTS)
    assert Term.objects.count() == 0
    serves(world.officer, new_term(world), data=FACTS)
    assert Term.objects.get().filing_number == "石住建备〔2026〕7号"


def test_seating_a_member_asks_the_four_questions(world, term, neighbour):
    url = reverse("committees:new_seat", args=[term.public_id])
    facts = {
        "title": "委员",
        "building": "3号楼",
        "room": "203",
        "name": "卢静婷",
        "from_on": "2026-10-29",
        "affiliation": "party",
        "pledge": "公开每一笔收支。",
    }
    requires_login(url, data=facts)
    hides_from(world.other_chair, url, data=facts)
    refuses(world.chair, url, data=facts)
    serves(world.officer, url)
    serves(world.officer, url, data=facts)
    seat = Seat.objects.get()
    assert (seat.appointment.user.name, seat.appointment.post.title, seat.building) == (
        "卢静婷",
        "委员",
        world.unit.building,
    )
    assert not seat.appointment.user.is_active, "an account made for a member waits for an invitation"


def test_leaving_asks_the_four_questions(world, term, neighbour):
    seat = seat_member(term, owner=neighbour, title="委员", from_on=TODAY, by=world.officer)
    url = reverse("committees:leave", args=[seat.appointment.public_id])
    data = {"until_on": "2026-10-30"}
    requires_login(url, data=data)
    hides_from(world.other_chair, url, data=data)
    refuses(world.cadre, url, data=data)
    serves(world.officer, url)
    serves(world.officer, url, data=data)
    assert Appointment.objects.get(seat=seat).until_on == date(2026, 10, 30)
    assert ActionRecord.objects.filter(act="离任", by=world.officer).exists()


# -- What the board shows ------------------------------------------------------------------------------------


def test_a_term_that_ran_out_goes_on_and_is_marked(world):
    register_term(world.committee, from_on=EARLIER, until_on=TODAY - timedelta(days=5), by=world.officer)
    shown = serves(world.owner, board(world)).content.decode()
    assert "超期履职" in shown
    assert "超期履职 5 天" in shown


def test_on_its_last_day_a_term_is_not_yet_overrun(world):
    register_term(world.committee, from_on=EARLIER, until_on=TODAY, by=world.officer)
    assert "超期履职" not in serves(world.owner, board(world)).content.decode()


def test_political_status_is_for_supervisors_and_the_committee_only(world, term, neighbour):
    seat_member(term, owner=neighbour, title="委员", from_on=TODAY, affiliation="party", by=world.officer)
    for person in (world.officer, world.cadre, world.chair):
        assert "中共党员" in serves(person, board(world)).content.decode()
    for person in (world.owner, world.manager):
        assert "中共党员" not in serves(person, board(world)).content.decode()


def test_phone_numbers_stay_off_the_board(world, term, neighbour):
    seat_member(term, owner=neighbour, title="委员", from_on=TODAY, by=world.officer)
    for person in (world.officer, world.chair, world.owner):
        assert "13900002222" not in serves(person, board(world)).content.decode()


def test_a_compound_without_committee_says_so(world):
    url = reverse("committees:board", args=[world.bare_compound.public_id])
    assert "还没有业主委员会" in serves(world.cadre, url).content.decode()


# -- What the register does and refuses ----------------------------------------------------------------------


def test_the_first_term_founds_the_committee(world):
    url = reverse("committees:new_term", args=[world.bare_compound.public_id])
    serves(world.officer, url, data=FACTS)
    committee = Body.objects.get(kind="committee", compound=world.bare_compound)
    assert committee.from_on == ELECTED
    assert [post.title for post in committee.posts.all()] == ["主任", "副主任", "财务委员", "委员"]


def test_a_refused_term_founds_no_committee(world):
    url = reverse("committees:new_term", args=[world.bare_compound.public_id])
    answer = _post(world, url, FACTS | {"until_on": "2031-10-01"})
    assert "每届任期不超过五年" in answer.content.decode()
    assert not Body.objects.filter(kind="committee", compound=world.bare_compound).exists()


def test_the_next_term_ends_the_former_members_posts_the_day_before(world, term, neighbour):
    seat = seat_member(term, owner=neighbour, title="委员", from_on=EARLIER, by=world.officer)
    serves(world.officer, new_term(world), data=FACTS)
    assert Term.objects.latest("number").number == 2
    assert Appointment.objects.get(seat=seat).until_on == ELECTED - timedelta(days=1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"until_on": "2031-10-01"}, "每届任期不超过五年，最晚到2031年9月30日"),
        ({"until_on": "2026-10-01"}, "任期届满日须晚于任期起始日"),
        ({"filed_on": "2026-09-30"}, "备案日期不能早于任期起始日"),
        ({"from_on": "2024-01-01"}, "须晚于第1届的任期起始日"),
        ({"from_on": "2023-12-31"}, "不能早于业委会成立之日"),
        ({"from_on": "三月"}, "输入一个有效的日期"),
    ],
)
def test_a_wrong_term_is_refused_in_words(world, term, wrong, message):
    answer = _post(world, new_term(world), FACTS | wrong)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert Term.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"room": "999"}, "没有房号“999”"),
        ({"name": "路人甲"}, "业主不是“路人甲”"),
        ({"title": "会长"}, "选择一个有效的选项"),
        ({"from_on": "2023-12-31"}, "任职不能早于本届起始日"),
    ],
)
def test_a_member_must_be_found_in_the_roster(world, term, neighbour, wrong, message):
    url = reverse("committees:new_seat", args=[term.public_id])
    facts = {"title": "委员", "building": "3号楼", "room": "203", "name": "卢静婷", "from_on": "2026-10-29"}
    answer = _post(world, url, facts | wrong)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert Seat.objects.count() == 0
    assert _post(world, url, facts).status_code == 302


def test_nobody_is_seated_twice_in_a_term(world, term, neighbour):
    seat_member(term, owner=neighbour, title="委员", from_on=EARLIER, by=world.officer)
    url = reverse("committees:new_seat", args=[term.public_id])
    facts = {"title": "委员", "building": "3号楼", "room": "0203室", "name": "卢静婷", "from_on": "2026-10-29"}
    assert "已是本届成员" in _post(world, url, facts).content.decode()
    assert Seat.objects.count() == 1


def test_a_term_registered_before_its_filing_is_filed_later_once(world, term):
    url = reverse("committees:filing", args=[term.public_id])
    data = {"filed_on": "2026-10-20", "filing_number": "石住建备〔2026〕7号"}
    assert "登记备案" in serves(world.officer, board(world)).content.decode()
    requires_login(url, data=data)
    hides_from(world.other_chair, url, data=data)
    for person in (world.leader, world.cadre, world.chair):
        refuses(person, url, data=data)
    for wrong, message in (
        ({"filed_on": "2023-12-31"}, "备案日期不能早于任期起始日"),
        ({"filed_on": "2026-10-30"}, "备案日期不能晚于今天"),
        ({"filed_on": "x"}, "输入一个有效的日期"),
        ({"filed_on": ""}, "必填"),
    ):
        answer = _post(world, url, data | wrong)
        assert message in answer.content.decode()
        assert "石住建备〔2026〕7号" in answer.content.decode(), "nothing typed is lost"
    serves(world.officer, url)
    serves(world.officer, url, data=data)
    term.refresh_from_db()
    assert (term.filed_on, term.filing_number) == (date(2026, 10, 20), "石住建备〔2026〕7号")
    _post(world, url, data | {"filed_on": "2026-10-21"})
    term.refresh_from_db()
    assert term.filed_on == date(2026, 10, 20)
    assert "登记备案" not in serves(world.officer, board(world)).content.decode()


def test_extra_fields_in_the_body_have_no_effect(world):
    _post(world, new_term(world), FACTS | {"number": "9", "committee": world.other_committee.pk, "public_id": "x"})
    term = Term.objects.get()
    assert (term.number, term.committee) == (1, world.committee)


def _post(world, url, data):
    client = Client()
    client.force_login(world.officer)
    return client.post(url, data)
