"""公众首页: what is published near me, and on-time marks for everybody, the town included; nobody's name."""

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
from tests.law import noon, policy_for, sweep_on

ClientOf = Callable[..., Client]
EVIDENCE = Reference("x.y", "0" * 16, "凭据")


@pytest.fixture
def swept(world: World) -> World:
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    return world


def test_the_towns_own_duties_are_held_to_the_same_measure(swept: World, client_of: ClientOf) -> None:
    meetings = {one.period: one for one in Obligation.objects.filter(duty="town_meeting")}
    fulfil(meetings["2026Q2"], at=noon(date(2026, 6, 30)), evidence=EVIDENCE, by=None)
    fulfil(meetings["2026Q3"], at=noon(date(2026, 10, 1)), evidence=EVIDENCE, by=None)
    own = client_of(None).get("/").context["own"]
    told = {line.period.code: line.chip["words"] for line in own if line.duty == "town_meeting"}
    assert told == {"2026Q2": "按期完成", "2026Q3": "逾期完成", "2026Q4": "还剩 63 天"}
    late = [line for line in own if line.duty == "survey_publication"]
    assert [line.chip["state"] for line in late] == ["late"]
    surveys = next(line for line in own if line.duty == "committee_survey" and line.period.code == "2026H2")
    assert (surveys.done, surveys.total) == (0, 2)
    page = client_of(None).get("/").content.decode()
    assert "镇里自己的事做到了没有" in page
    assert "依据：方案四（四）2" in page


def test_each_village_shows_how_many_were_on_time(swept: World, client_of: ClientOf) -> None:
    first, second = Obligation.objects.filter(duty="disclosure", period="2026Q3", compound=swept.compound)
    fulfil(first, at=noon(date(2026, 10, 31)), evidence=EVIDENCE, by=None)
    fulfil(second, at=noon(date(2026, 11, 1)), evidence=EVIDENCE, by=None)
    lines = {line.village: line for line in client_of(None).get("/").context["rates"]}
    mine, other = lines[swept.village], lines[swept.other_village]
    assert (mine.on_time, mine.done, mine.total) == (1, 2, 2)
    assert (other.on_time, other.done, other.total) == (0, 0, 2)
    page = client_of(None).get(f"/?village={swept.village.public_id}").content.decode()
    assert "仑后花园" in page
    assert "杆头新村" not in page.partition('id="villages"')[0]


def test_nobodys_name_or_phone_is_on_the_page(swept: World, client_of: ClientOf) -> None:
    page = client_of(None).get("/").content.decode()
    for person in swept.people.values():
        assert person.name not in page
        assert person.phone not in page


def test_the_page_costs_the_same_for_few_and_for_many_compounds(swept: World, client_of: ClientOf) -> None:
    def statements() -> int:
        client_of(None).get("/")
        with CaptureQueriesContext(connection) as seen:
            client_of(None).get("/")
        return len(seen)

    few = statements()
    Compound.objects.bulk_create(
        Compound(village=swept.village, name=f"第{number}小区", kind="commercial", built_year=2001)
        for number in range(200)
    )
    sweep_on(TODAY + timedelta(days=1))
    assert statements() == few <= 10


def test_strange_filters_show_everything(swept: World, client_of: ClientOf) -> None:
    for strange in ("?village=x", "?q=%00", "?page=x", "?page=999"):
        assert client_of(None).get(f"/{strange}").status_code == 200
