"""履职总览: villages × duties of a quarter, and every figure adds up."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from kernel.fields import Reference
from supervision.models import Obligation
from supervision.services import fulfil
from tests.cast import TODAY, World
from tests.doors import refuses, requires_login, serves
from tests.law import noon, policy_for, sweep_on

ClientOf = Callable[..., Client]


@pytest.fixture
def swept(world: World) -> World:
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    return world


def test_every_line_adds_up_to_the_last_and_the_last_to_the_register(swept: World, client_of: ClientOf) -> None:
    lines = client_of(swept.officer).get("/board/").context["lines"]
    *single, whole = lines
    assert whole.whole.total == sum(line.whole.total for line in single)
    due = Obligation.objects.filter(deadline_on__range=(date(2026, 10, 1), date(2026, 12, 31)))
    assert whole.whole.total == due.count()
    for place, (head, tally) in enumerate(whole.tallies):
        assert tally.total == sum(line.tallies[place][1].total for line in single), head


def test_a_fulfilled_obligation_counts_at_once(swept: World, client_of: ClientOf) -> None:
    owed = Obligation.objects.get(duty="disclosure", period="2026Q3", bearer_body=swept.committee)
    before = client_of(swept.cadre).get("/board/").context["lines"][-1].whole.done
    fulfil(owed, at=noon(TODAY), evidence=Reference("finance.disclosure", "0" * 16, "凭据"), by=None)
    assert client_of(swept.cadre).get("/board/").context["lines"][-1].whole.done == before + 1


def test_another_quarter_is_chosen_by_the_address(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    heads = client.get("/board/?quarter=2026Q3").context["heads"]
    assert {head.deadline_on for head in heads} <= {date(2026, 7, 31), date(2026, 9, 30), date(2026, 7, 28)}
    for strange in ("9999Q9", "x", "1999Q1"):
        assert client.get(f"/board/?quarter={strange}").context["quarter"].code == "2026Q4"


def test_a_cadre_sees_the_own_village_only(swept: World, client_of: ClientOf) -> None:
    names = [line.name for line in client_of(swept.cadre).get("/board/").context["lines"]]
    assert names == ["仑后村", "合计"]
    names = [line.name for line in client_of(swept.officer).get("/board/").context["lines"]]
    assert names == ["仑后村", "杆头村", "镇本级", "合计"]


def test_the_board_requires_login_and_refuses_who_oversees_nothing(swept: World) -> None:
    requires_login("/board/")
    for person in (swept.stranger, swept.owner, swept.chair, swept.manager):
        refuses(person, "/board/")
    for person in (swept.officer, swept.leader, swept.auditor, swept.cadre):
        serves(person, "/board/")


def test_the_board_costs_the_same_however_much_is_owed(
    swept: World, client_of: ClientOf, django_assert_max_num_queries: Callable[..., object]
) -> None:
    client = client_of(swept.officer)
    with django_assert_max_num_queries(12):
        client.get("/board/")
