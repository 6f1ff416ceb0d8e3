"""A committee leaves office: its day and reason are entered, its rights end, what it still owes may be finished."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ActionRecord, User
from committees.services import found_committee, register_term
from communities.models import Appointment, Body
from notices.models import Message
from supervision.models import Obligation
from supervision.services.sweep import sweep
from tests.cast import EARLIER, NOON, TODAY, World
from tests.disclosing import third_quarter
from tests.doors import hides_from, refuses, requires_login, serves

FACTS = {"until_on": "2026-10-29", "reason": "2026年9月12日业主大会决定解散", "understood": "on"}


@pytest.fixture
def url(world: World) -> str:
    return f"/committees/{world.compound.public_id}/end/"


def post(user: User, url: str, data: dict[str, str]) -> Any:
    client = Client()
    client.force_login(user)
    return client.post(url, data)


def test_the_office_ends_a_committee_and_its_rights_end_with_the_day_after(
    world: World, url: str, on_day: Callable[..., None], client_of: Callable[..., Client]
) -> None:
    requires_login(url)
    hides_from(world.other_chair, url)
    for who in ("leader", "cadre", "chair", "manager", "owner"):
        refuses(world.people[who], url, data=FACTS)
    assert "登记停止履职" in serves(world.officer, f"/committees/{world.compound.public_id}/").content.decode()
    assert "没有办完的事项，仍可由原经办人办完" in serves(world.officer, url).content.decode()
    compound = f"/compounds/{world.compound.public_id}/"
    assert post(world.officer, url, FACTS).status_code == 302
    assert Body.objects.get(pk=world.committee.pk).ended_on == TODAY
    on_day(TODAY, time(23, 59, 59))
    chair = client_of(world.chair)
    assert chair.get(compound).status_code == 200, "the last day counts"
    on_day(date(2026, 10, 30), time(0))
    assert chair.get(compound).status_code == 404, "the same session, the next request"
    line = ActionRecord.objects.get(act="登记业委会停止履职", result="done")
    assert "业主大会决定解散" in line.detail
    told = Message.objects.filter(title__contains="停止履职").values_list("recipient__name", flat=True)
    assert set(told) == {world.chair.name, world.treasurer.name, world.member.name}
    page = serves(world.officer, f"/committees/{world.compound.public_id}/").content.decode()
    assert "已于2026年10月29日停止履职" in page
    assert "登记停止履职" not in page
    assert post(world.officer, url, FACTS).status_code == 302, "entered once; the page says so"
    assert Body.objects.get(pk=world.committee.pk).ended_on == TODAY


def test_what_was_owed_may_still_be_finished_and_nothing_new_is_opened(
    world: World, url: str, on_day: Callable[..., None], client_of: Callable[..., Client]
) -> None:
    obligation, _ = third_quarter(world)
    post(world.officer, url, FACTS)
    on_day(date(2026, 10, 30))
    keeper = client_of(world.treasurer)
    assert keeper.get(f"/compounds/{world.compound.public_id}/").status_code == 404
    assert keeper.post(reverse("finance:draft_start", args=[obligation.public_id])).status_code == 302, (
        "theirs to finish"
    )
    on_day(date(2027, 1, 2))
    sweep(date(2027, 1, 2), at=NOON.replace(year=2027, month=1, day=2))
    owed = Obligation.objects.filter(bearer_body=world.committee)
    assert not owed.filter(period_last_on__gt=TODAY, released_on__isnull=True).exists()
    assert owed.filter(period="2026Q3").exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"until_on": ""}, "必填"),
        ({"until_on": "2023-12-31"}, "不能早于现届起始日"),
        ({"until_on": "2028-01-01"}, "最多提前一年登记"),
        ({"reason": "x"}, "请写明原因和依据"),
        ({"reason": "宝" * 201}, ""),
        ({"understood": ""}, "请核对下面的后果后勾选"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_ends(world: World, url: str, wrong: dict[str, str], words: str) -> None:
    answer = post(world.officer, url, FACTS | wrong)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Body.objects.get(pk=world.committee.pk).ended_on is None
    assert not Appointment.objects.filter(post__body=world.committee, until_on__isnull=False).exists()


def test_a_member_who_begins_later_is_named(world: World, url: str) -> None:
    Appointment.objects.filter(user=world.member).update(from_on=date(2026, 11, 5))
    answer = post(world.officer, url, FACTS)
    assert "吴文斌 自2026年11月5日起任职" in answer.content.decode()
    assert Body.objects.get(pk=world.committee.pk).ended_on is None
    assert not Appointment.objects.filter(post__body=world.committee, until_on__isnull=False).exists(), "all or nothing"


def test_after_the_end_a_new_committee_may_be_founded(world: World, url: str) -> None:
    register_term(world.committee, from_on=EARLIER, until_on=date(2028, 12, 31), by=world.officer)
    post(world.officer, url, FACTS)
    made = found_committee(world.compound, from_on=date(2026, 10, 30), by=world.officer)
    assert made.pk != world.committee.pk
