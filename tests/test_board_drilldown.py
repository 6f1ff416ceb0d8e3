"""From the town's board to a village, a compound, an obligation; and how the on-time rate went by quarter."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communities.models import Compound
from kernel.fields import Reference
from supervision.models import Obligation
from supervision.services import fulfil
from tests.cast import TODAY, World
from tests.doors import hides_from, refuses, requires_login, serves
from tests.law import noon, policy_for, sweep_on

ClientOf = Callable[..., Client]
EVIDENCE = Reference("finance.disclosure", "0" * 16, "凭据")


@pytest.fixture
def swept(world: World) -> World:
    """Of the second quarter's disclosures, due on 31 July, one committee was in time, its firm late."""
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    owed = Obligation.objects.filter(duty="disclosure", period="2026Q2", compound=world.compound)
    for one in owed:
        late = 1 if one.bearer_firm_id else 0
        fulfil(one, at=noon(one.deadline_on + timedelta(days=late)), evidence=EVIDENCE, by=None)
    return world


def _page(world: World) -> str:
    return f"/board/{world.village.public_id}/"


def test_a_village_leads_to_its_compounds_and_a_cell_to_its_obligations(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    assert f'href="{_page(swept)}?quarter=2026Q3"' in client.get("/board/?quarter=2026Q3").content.decode()
    page = client.get(f"{_page(swept)}?quarter=2026Q3")
    rows = {row.compound: row for row in page.context["rows"]}
    assert set(rows) == set(Compound.objects.filter(village=swept.village))
    [disclosure] = [tally for head, tally in rows[swept.compound].tallies if head.duty == "disclosure"]
    assert (disclosure.total, disclosure.on_time, disclosure.late) == (2, 1, 1)
    assert rows[swept.bare_compound].overdue == 0
    link = f"/obligations/?duty=disclosure&amp;period=2026Q2&amp;compound={swept.compound.public_id}"
    assert link in page.content.decode()
    listed = client.get(link.replace("&amp;", "&")).context["rows"]
    assert len(listed) == 2
    assert f"/obligations/{listed[0][0].public_id}/" in client.get(link.replace("&amp;", "&")).content.decode()


def test_the_compounds_add_up_to_the_villages_line(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.cadre)
    for quarter in ("2026Q3", "2026Q4"):
        line = client.get(f"/board/?quarter={quarter}").context["lines"][0]
        rows = client.get(f"{_page(swept)}?quarter={quarter}").context["rows"]
        for place, (head, tally) in enumerate(line.tallies):
            own = [row.tallies[place][1] for row in rows]
            assert sum(one.total for one in own) == tally.total, head
            assert sum(one.done for one in own) == tally.done, head
            assert sum(one.overdue for one in own) == tally.overdue, head


def test_only_compounds_with_something_overdue_are_shown_on_request(swept: World, client_of: ClientOf) -> None:
    page = client_of(swept.cadre).get(f"{_page(swept)}?quarter=2026Q3&late=on")
    assert [row.compound for row in page.context["rows"]] == [swept.compound]
    for strange in ("?quarter=x", "?page=99", "?late=x&quarter=9999Q9"):
        assert client_of(swept.cadre).get(f"{_page(swept)}{strange}").status_code == 200


def test_the_village_costs_the_same_for_few_and_many_compounds(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)

    def statements() -> int:
        client.get(_page(swept))
        with CaptureQueriesContext(connection) as seen:
            client.get(_page(swept))
        return len(seen)

    few = statements()
    Compound.objects.bulk_create(
        Compound(village=swept.village, name=f"第{number}小区", kind="commercial", built_year=2001)
        for number in range(80)
    )
    assert statements() == few <= 11


# -- The rate by quarter -----------------------------------------------------------------------------------------------


def test_the_rate_counts_what_fell_due_and_what_of_it_was_in_time(swept: World, client_of: ClientOf) -> None:
    context = client_of(swept.officer).get("/board/trend/?duty=disclosure").context
    assert [quarter.code for quarter, _ in context["quarters"]][-2:] == ["2026Q3", "2026Q4"]
    third, present = context["whole"].rates[-2:]
    assert (third.on_time, third.due, third.percent) == (1, 4, 25)
    assert (present.due, present.percent) == (0, None)
    own = {line.name: line.rates[-2] for line in context["villages"]}
    assert (own["仑后村"].on_time, own["仑后村"].due) == (1, 2)
    assert (own["杆头村"].on_time, own["杆头村"].due) == (0, 2)
    assert [line.name for line in context["duties"]] == ["公示"]


def test_what_is_due_today_counts_from_tomorrow(swept: World, client_of: ClientOf, on_day: Callable[..., None]) -> None:
    def due() -> int:
        return int(client_of(swept.officer).get("/board/trend/?duty=disclosure").context["whole"].rates[-1].due)

    on_day(date(2026, 10, 31))
    assert due() == 0
    on_day(date(2026, 11, 1))
    assert due() == 4


def test_villages_and_duties_each_add_up_to_the_whole(swept: World, client_of: ClientOf) -> None:
    context = client_of(swept.officer).get("/board/trend/").context
    for place, whole in enumerate(context["whole"].rates):
        for lines in (context["villages"], context["duties"]):
            assert sum(line.rates[place].due for line in lines) == whole.due
            assert sum(line.rates[place].on_time for line in lines) == whole.on_time
    assert context["whole"].rates[-2].due > 4


def test_a_cadre_sees_the_rate_of_the_own_village(swept: World, client_of: ClientOf) -> None:
    context = client_of(swept.cadre).get(f"/board/trend/?village={swept.other_village.public_id}").context
    assert [line.name for line in context["villages"]] == ["仑后村"]
    context = client_of(swept.officer).get(f"/board/trend/?village={swept.other_village.public_id}").context
    assert [line.name for line in context["villages"]] == ["杆头村"]


def test_the_rate_reads_the_rollup_alone(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    client.get("/board/trend/")
    with CaptureQueriesContext(connection) as seen:
        client.get("/board/trend/")
    assert len(seen) <= 8
    assert not [one for one in seen if "supervision_obligation" in one["sql"]]


# -- Who may -----------------------------------------------------------------------------------------------------------


def test_the_pages_of_the_board_are_for_whoever_oversees(swept: World) -> None:
    for page in (_page(swept), "/board/trend/"):
        requires_login(page)
        for person in (swept.stranger, swept.owner, swept.chair, swept.manager):
            refuses(person, page)
        for person in (swept.officer, swept.leader, swept.auditor, swept.cadre):
            serves(person, page)
    hides_from(swept.other_cadre, _page(swept))
    hides_from(swept.officer, "/board/0000000000000000/")
