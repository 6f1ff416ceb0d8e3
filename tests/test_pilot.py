"""The pilot register: only its compounds owe the monthly detail, from their entry day (clause 4.3.5)."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from supervision.models import Obligation, PilotEntry
from tests.cast import TODAY, World
from tests.doors import hides_from, refuses, requires_login, serves
from tests.law import policy_for, sweep_on

ClientOf = Callable[..., Client]
PILOT = "/policies/pilot/"


def _enter(client: Client, world: World, on: str = "2026-08-15") -> str:
    answer = client.post(PILOT, {"compound": world.compound.public_id, "entered_on": on}, follow=True)
    return answer.content.decode()


def test_a_compound_owes_the_detail_from_the_month_it_entered(world: World, client_of: ClientOf) -> None:
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    _enter(client_of(world.officer), world)
    sweep_on(TODAY)
    owed = Obligation.objects.filter(duty="utilities_detail")
    assert sorted(owed.values_list("period", flat=True)) == ["2026-08", "2026-09"]
    assert {one.bearer_firm for one in owed} == {world.firm}
    assert {one.deadline_on for one in owed} == {date(2026, 9, 15), date(2026, 10, 15)}


def test_a_compound_that_left_owes_the_months_before(world: World, client_of: ClientOf) -> None:
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    client = client_of(world.officer)
    _enter(client, world)
    client.post(f"{PILOT}{world.compound.public_id}/leave/", {"left_on": "2026-09-20"})
    sweep_on(TODAY)
    assert set(Obligation.objects.filter(duty="utilities_detail").values_list("period", flat=True)) == {"2026-08"}


@pytest.mark.parametrize("left_on", ["", "昨天", "2026-08-14"])
def test_a_day_that_cannot_be_is_refused(world: World, client_of: ClientOf, left_on: str) -> None:
    client = client_of(world.officer)
    _enter(client, world)
    answer = client.post(f"{PILOT}{world.compound.public_id}/leave/", {"left_on": left_on}, follow=True)
    assert "退出" in answer.content.decode()
    assert PilotEntry.objects.get().left_on is None


def test_a_compound_is_entered_once_at_a_time(world: World, client_of: ClientOf) -> None:
    client = client_of(world.officer)
    _enter(client, world)
    assert "请从列出的小区中选择" in _enter(client, world, on="2026-10-01")
    assert PilotEntry.objects.count() == 1


def test_the_register_requires_login_and_is_kept_by_officers_alone(world: World, client_of: ClientOf) -> None:
    requires_login(PILOT)
    data = {"compound": world.compound.public_id, "entered_on": "2026-08-15"}
    for person in (world.stranger, world.owner, world.chair, world.cadre, world.leader, world.auditor):
        refuses(person, PILOT, data=data)
        serves(person, PILOT)
    assert not PilotEntry.objects.exists()
    serves(world.officer, PILOT, data=data)
    leave = f"{PILOT}{world.compound.public_id}/leave/"
    requires_login(leave, data={"left_on": "2026-10-01"})
    hides_from(world.stranger, leave, data={"left_on": "2026-10-01"})
    refuses(world.cadre, leave, data={"left_on": "2026-10-01"})
    assert PilotEntry.objects.get().left_on is None
    serves(world.officer, leave, data={"left_on": "2026-10-01"})
    assert PilotEntry.objects.get().left_on == date(2026, 10, 1)


def test_each_sees_the_entries_of_their_own_reach(world: World, client_of: ClientOf) -> None:
    _enter(client_of(world.officer), world)
    assert "仑后花园" in client_of(world.cadre).get(PILOT).content.decode()
    assert "仑后花园" not in client_of(world.other_cadre).get(PILOT).content.decode()
