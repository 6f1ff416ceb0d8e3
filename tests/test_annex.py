"""Loading the annex for production: the town as 宝政〔2023〕87号 names it, its people waiting for an invitation."""

from datetime import date

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import User
from baogai.annex import plan
from communities.models import Appointment, Body, Town, Village
from communities.permissions import standing_of
from communities.rules import BodyKind
from communities.services import appoint
from supervision.models import Holiday, Policy
from supervision.services.sweep import sweep
from tests.cast import NOON, TODAY


def load(**options: object) -> None:
    call_command("load_annex", **options, verbosity=0)


def holders(kind: BodyKind, title: str) -> list[str]:
    found = Appointment.objects.filter(post__body__kind=kind, post__title=title, until_on=None)
    return [held.user.name for held in found.order_by("pk")]


def test_the_annex_brings_its_places_bodies_and_holders(db):
    load()
    town = Town.objects.get()
    assert (town.code, town.city.code) == ("350581101", "350581")
    assert Village.objects.count() == 12
    assert Body.objects.filter(kind=BodyKind.VILLAGE_OFFICE).count() == 12
    assert holders(BodyKind.TASK_FORCE, "组长（镇党委副书记、镇长）") == ["柳建波"]
    assert holders(BodyKind.OFFICE, "主任") == ["王泽永"]
    assert holders(BodyKind.OFFICE, "副主任") == ["白铭坡"]
    assert holders(BodyKind.OFFICE, "成员") == list(plan.OFFICE_MEMBERS)
    head = Appointment.objects.get(post__body__name="龙穴社区居委会")
    assert (head.user.name, head.post.title) == ("高清显", "社区党支部书记、居委会主任")


def test_every_appointment_begins_with_the_plan_and_cites_it(db):
    load()
    assert set(Appointment.objects.values_list("from_on", flat=True)) == {date(2023, 11, 1)}
    assert set(Appointment.objects.values_list("basis", flat=True)) == {plan.BASIS, plan.BASIS_OF_LEADING_GROUP}


def test_one_person_may_hold_several_posts_of_the_annex(db):
    load()
    head_of_office = User.objects.get(name="王泽永")
    assert head_of_office.appointments.count() == 3
    assert User.objects.filter(name="施少东").count() == 1


def test_nobody_can_sign_in_before_being_invited(db, client):
    load()
    assert User.objects.exists()
    for user in User.objects.all():
        assert not user.is_active
        assert not user.has_usable_password()
    assert standing_of(User.objects.get(name="王泽永"), TODAY).current == ()
    invited = User.objects.get(name="王泽永")
    invited.is_active = True
    invited.save()
    assert standing_of(User.objects.get(name="王泽永"), TODAY).officer_of(Town.objects.get().pk)


def test_a_second_run_changes_nothing(db):
    load()
    before = list(Appointment.objects.order_by("pk").values())
    users = list(User.objects.order_by("pk").values())
    load()
    assert list(Appointment.objects.order_by("pk").values()) == before
    assert list(User.objects.order_by("pk").values()) == users


def test_a_successor_is_not_undone_by_a_second_run(db):
    load()
    deputy = Appointment.objects.get(post__body__kind=BodyKind.OFFICE, post__title="副主任")
    successor = User.objects.create_user("newcomer", name="继任者")
    appoint(deputy.post, user=successor, from_on=TODAY, by=None)
    load()
    assert holders(BodyKind.OFFICE, "副主任") == ["继任者"]


def test_the_plan_and_the_holidays_come_with_it(db):
    load()
    policy = Policy.objects.get()
    assert (policy.number, policy.until_on) == ("宝政〔2023〕87号", date(2024, 10, 31))
    assert Holiday.objects.filter(on__year=TODAY.year).exists()


def test_supervision_begins_today_unless_told_otherwise(db):
    load()
    assert Town.objects.get().supervised_from_on == TODAY
    load(since=date(2020, 1, 1))
    assert Town.objects.get().supervised_from_on == TODAY, "a later run does not move it"
    assert sweep(TODAY, at=NOON).opened == 0, "the plan has expired: nothing is opened"


def test_a_day_to_begin_can_be_told(db):
    load(since=date(2026, 10, 1))
    assert Town.objects.get().supervised_from_on == date(2026, 10, 1)


def test_a_stranger_of_the_same_user_name_is_not_given_a_post(db):
    User.objects.create_user("王泽永", name="同名者")
    with pytest.raises(CommandError, match="已有人使用"):
        load()
    assert not Town.objects.exists(), "nothing half loaded"


def test_example_data_and_the_annex_do_not_mix(db):
    User.objects.create_user("town1", name="示例·林小琴", is_example=True)
    with pytest.raises(CommandError, match="示例数据"):
        load()
