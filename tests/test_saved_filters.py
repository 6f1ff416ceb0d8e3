"""常用筛选: a list's filters under a name, for oneself or the office, one of them first."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from supervision.models import SavedFilter
from tests.cast import NOON, TODAY, World
from tests.doors import hides_from, requires_login, serves
from tests.law import policy_for, sweep_on

ClientOf = Callable[..., Client]
KEEP = "/obligations/filters/keep/"


@pytest.fixture
def swept(world: World) -> World:
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    return world


def _keep(client: Client, query: str = "state=overdue", **told: str) -> list[str]:
    answer = client.post(KEEP, {"name": "逾期的", "query": query, **told}, follow=True)
    return [str(message) for message in answer.context["messages"]]


def _names(client: Client) -> list[str]:
    return [one.name for one, _, _ in client.get("/obligations/?state=").context["saved"]]


def test_filters_are_kept_under_a_name_and_open_the_same_list(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    page = client.get("/obligations/?state=overdue&duty=disclosure&page=3").content.decode()
    assert "把现在的条件保存为" in page
    assert _keep(client, "duty=disclosure&page=3&state=overdue&evil=1") == ["已保存为“逾期的”。"]
    kept = SavedFilter.objects.get()
    assert kept.query == "state=overdue&duty=disclosure"
    shown = client.get(f"/obligations/?{kept.query}")
    assert [(one, is_here) for one, is_here, _ in shown.context["saved"]] == [(kept, True)]
    _keep(client, "state=open")
    assert SavedFilter.objects.get().query == "state=open"


def test_the_default_is_what_the_list_opens_with_and_clearing_shows_all(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    assert client.get("/obligations/").status_code == 200
    _keep(client, is_default="on")
    assert client.get("/obligations/")["Location"] == "/obligations/?state=overdue"
    page = client.get("/obligations/?state=overdue").content.decode()
    assert 'href="/obligations/?state=">清除' in page
    assert client.get("/obligations/?state=").context["counts"]["total"] > 0
    _keep(client, "state=open", name="未完成的", is_default="on")
    assert client.get("/obligations/")["Location"] == "/obligations/?state=open"
    assert SavedFilter.objects.filter(is_default=True).count() == 1
    assert client_of(swept.second_officer).get("/obligations/").status_code == 200


def test_a_shared_one_is_found_by_the_office_and_grants_nothing(swept: World, client_of: ClientOf) -> None:
    _keep(client_of(swept.officer), f"village={swept.other_village.public_id}", is_shared="on", is_default="on")
    assert _names(client_of(swept.second_officer)) == ["逾期的"]
    assert client_of(swept.second_officer).get("/obligations/").status_code == 200
    for person in (swept.leader, swept.cadre, swept.chair):
        assert _names(client_of(person)) == []
    kept = SavedFilter.objects.get()
    villages = {
        one.compound.village for one, _ in client_of(swept.cadre).get(f"/obligations/?{kept.query}").context["rows"]
    }
    assert villages == {swept.village}
    _keep(client_of(swept.officer))
    assert _names(client_of(swept.second_officer)) == []


def test_what_cannot_be_kept_is_said(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    assert "请起一个" in _keep(client, name="  ")[0]
    assert "20 个字以内" in _keep(client, name="长" * 21)[0]
    assert "请先设好筛选条件" in _keep(client, "evil=1&page=2")[0]
    assert "不在任何组织任职" in _keep(client_of(swept.manager), is_shared="on")[0]
    for number in range(20):
        _keep(client, name=f"第{number}组")
    assert "最多保存 20 组" in _keep(client, name="再一组")[0]
    assert _keep(client, "state=open", name="第3组") == ["已保存为“第3组”。"]
    assert SavedFilter.objects.count() == 20


def test_the_database_holds_one_name_and_one_default_per_person(swept: World) -> None:
    facts = {"owner": swept.officer, "query": "state=open", "saved_at": NOON}
    SavedFilter.objects.create(**facts, name="一", is_default=True)
    for name, other, constraint in (
        ("一", {}, "a_person_keeps_a_filter_of_a_name_once"),
        ("二", {"is_default": True}, "a_person_has_one_default_filter"),
        ("", {}, "a_saved_filter_has_a_name"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            SavedFilter.objects.create(**facts, name=name, **other)


def test_one_drops_ones_own_and_nobody_elses(swept: World, client_of: ClientOf) -> None:
    requires_login(KEEP, data={"name": "一", "query": "state=open"})
    _keep(client_of(swept.officer), is_shared="on")
    kept = SavedFilter.objects.get()
    address = f"/obligations/filters/{kept.public_id}/drop/"
    requires_login(address, data={})
    for person in (swept.second_officer, swept.leader, swept.chair, swept.stranger):
        hides_from(person, address, data={})
    assert SavedFilter.objects.exists()
    serves(swept.officer, address, data={})
    assert not SavedFilter.objects.exists()
