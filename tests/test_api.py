"""The read-only API: the same scopes as the pages, listed fields, paging, throttles, and a schema without a warning."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.throttling import SimpleRateThrottle

from supervision.models import Obligation
from tests.cast import NOON, World
from tests.disclosing import owe, publish, third_quarter

COMPOUNDS, OBLIGATIONS, DISCLOSURES = "/api/v1/compounds/", "/api/v1/obligations/", "/api/v1/disclosures/"


@pytest.fixture
def asks(world: World, client_of):
    """`asks(world.officer, "/api/v1/…")`: the answer as data."""

    def ask(user, url: str, expect: int = 200):
        answer = client_of(user).get(url)
        assert answer.status_code == expect, answer.content
        return answer.json()

    return ask


@pytest.mark.parametrize("url", [COMPOUNDS, OBLIGATIONS, DISCLOSURES, "/api/v1/schema/"])
def test_nobody_reads_without_signing_in(world, url):
    assert Client().get(url).status_code == 403


def test_everybody_sees_their_own_compounds_only(world, asks):
    def names(user):
        return {row["name"] for row in asks(user, COMPOUNDS)["results"]}

    every = {"仑后花园", "杆头新村", "旧供销社宿舍"}
    assert names(world.officer) == names(world.auditor) == every
    assert names(world.cadre) == {"仑后花园", "旧供销社宿舍"}
    assert names(world.chair) == names(world.manager) == names(world.owner) == {"仑后花园"}
    assert names(world.stranger) == set()


def test_a_foreign_id_answers_like_an_absent_one(world, asks):
    foreign = asks(world.owner, f"{COMPOUNDS}{world.other_compound.public_id}/", expect=404)
    absent = asks(world.owner, f"{COMPOUNDS}0000000000000000/", expect=404)
    assert foreign == absent
    assert asks(world.officer, f"{COMPOUNDS}{world.other_compound.public_id}/")["name"] == "杆头新村"


def test_a_compound_names_its_bearers_and_nobody_in_person(world, asks):
    row = asks(world.owner, f"{COMPOUNDS}{world.compound.public_id}/")
    assert (row["firm"], row["committee"]) == ("石狮安居物业服务有限公司", "仑后花园业主委员会")
    assert "施雅琴" not in str(row)
    assert set(row) & {"owners", "phone", "contact", "pk"} == set()


@pytest.mark.parametrize(
    "query",
    [
        "owners__phone=13812345678",
        "owners__name=施雅琴",
        "village__town__id=1",
        "ordering=owners__phone",
        "ordering=-village__town__code",
        "search=施雅琴",
        "id__gt=0",
    ],
)
def test_filters_and_orders_by_hidden_fields_are_ignored(world, asks, query):
    plain = asks(world.officer, COMPOUNDS)
    assert asks(world.officer, f"{COMPOUNDS}?{query}") == plain


def test_named_filters_and_orders_work(world, asks):
    assert [row["name"] for row in asks(world.officer, f"{COMPOUNDS}?kind=old")["results"]] == ["旧供销社宿舍"]
    assert [row["name"] for row in asks(world.officer, f"{COMPOUNDS}?village=杆头村")["results"]] == ["杆头新村"]
    years = [row["built_year"] for row in asks(world.officer, f"{COMPOUNDS}?ordering=-built_year")["results"]]
    assert years == sorted(years, reverse=True)
    asks(world.officer, f"{COMPOUNDS}?kind=palace", expect=400)


@pytest.fixture
def owed(world: World) -> list[Obligation]:
    """A quarter whose day has passed, and one of the neighbour's that is still to come."""
    return [
        owe(world, "2026Q2", world.firm),
        owe(world, "2026Q3", world.other_firm, compound=world.other_compound),
    ]


def test_obligations_are_scoped_and_say_whether_they_are_late(world, asks, owed):
    rows = {row["compound_name"]: row for row in asks(world.officer, OBLIGATIONS)["results"]}
    assert {name: row["is_late"] for name, row in rows.items()} == {"仑后花园": True, "杆头新村": False}
    assert rows["仑后花园"]["clause"] == "方案四（三）1"
    assert [row["compound_name"] for row in asks(world.manager, OBLIGATIONS)["results"]] == ["仑后花园"]
    asks(world.manager, f"{OBLIGATIONS}{owed[1].public_id}/", expect=404)


def test_obligations_are_filtered_by_state(world, asks, owed):
    def found(state):
        return [row["compound_name"] for row in asks(world.officer, f"{OBLIGATIONS}?state={state}")["results"]]

    assert found("open") == ["仑后花园", "杆头新村"]
    assert found("overdue") == ["仑后花园"]
    assert found("fulfilled") == found("released") == []


def test_disclosures_are_public_to_whoever_is_signed_in(world, asks):
    obligation, _ = third_quarter(world)
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=NOON)
    row = asks(world.stranger, f"{DISCLOSURES}{disclosure.public_id}/")
    assert row["closing"] == str(disclosure.closing)
    assert row["is_current"] is True
    assert {"code": "I03", "label": "地面公共车位停车费", "amount": "41260.00"} in row["categories"]
    assert "items" not in row
    assert not any(name in str(row) for name in ("张建国", disclosure.published_by.name, world.treasurer.name))


def test_nothing_can_be_written(world, client_of):
    client = client_of(world.officer)
    for url in (COMPOUNDS, f"{COMPOUNDS}{world.compound.public_id}/", OBLIGATIONS, DISCLOSURES):
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(client, method)(url, {"name": "改名"}, content_type="application/json")
            assert answer.status_code == 405, (method, url)
    answer = client.post(COMPOUNDS, {}, headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status_code in (405, 415)
    world.compound.refresh_from_db()
    assert world.compound.name == "仑后花园"


def test_lists_are_paged(world, asks, settings):
    page = asks(world.officer, f"{COMPOUNDS}?page=1")
    assert page["count"] == 3
    assert page["next"] is None
    asks(world.officer, f"{COMPOUNDS}?page=99", expect=404)
    assert len(asks(world.officer, f"{COMPOUNDS}?page_size=100000")["results"]) == 3


def test_too_many_questions_are_turned_away(world, client_of, monkeypatch):
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"anon": "2/min", "user": "3/min"})
    client = client_of(world.officer)
    codes = [client.get(COMPOUNDS).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    assert client_of(world.cadre).get(COMPOUNDS).status_code == 200, "another person is not slowed"


def test_the_number_of_statements_does_not_grow_with_the_list(world, client_of):
    client = client_of(world.officer)

    def statements(url):
        with CaptureQueriesContext(connection) as asked:
            rows = client.get(url).json()["results"]
        return len(rows), len(asked)

    assert statements(OBLIGATIONS)[0] == 0
    owe(world, "2026Q2", world.firm)
    rows, few = statements(OBLIGATIONS)
    owe(world, "2026Q2", world.committee)
    owe(world, "2026Q3", world.other_firm, compound=world.other_compound)
    more_rows, many = statements(OBLIGATIONS)
    assert (rows, more_rows) == (1, 3)
    assert many == few <= 12
    compounds, asked = statements(COMPOUNDS)
    assert compounds == 3
    assert asked == few


def test_the_schema_is_complete(db):
    errors = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO(), stderr=errors)
    assert errors.getvalue() == ""


def test_the_explaining_page_alone_may_style_itself(world, client_of):
    client = client_of(world.officer)
    docs = client.get(reverse("api-docs"))
    assert docs.status_code == 200
    policy = {one.strip() for one in docs["Content-Security-Policy"].split(";")}  # in any order
    assert {"style-src 'self' 'unsafe-inline'", "script-src 'self'"} <= policy
    assert "unsafe-inline" not in client.get(reverse("me"))["Content-Security-Policy"]
    assert Client().get(reverse("api-docs")).status_code == 302
