"""The register of obligations: what each person finds there, by state, and counts that add up."""

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.http import QueryDict
from django.test import Client
from openpyxl import load_workbook

from communities.permissions import standing_of
from communities.services import end_appointment, hand_over
from kernel.fields import Reference
from supervision.forms.obligations import STATES
from supervision.listing import listed
from supervision.models import Obligation
from supervision.services import fulfil, mark_corrected_late, note_progress
from tests.cast import TODAY, World
from tests.doors import hides_from, requires_login, serves
from tests.law import noon, policy_for, sweep_on
from tests.statements import CEILING, statements

ClientOf = Callable[..., Client]
EVIDENCE = Reference("finance.disclosure", "0" * 16, "凭据")


@pytest.fixture
def register(world: World) -> World:
    """A year under a policy, swept today: five states are there."""
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    first, second, third = Obligation.objects.filter(
        duty="disclosure", period__in=["2025Q4", "2026Q1", "2026Q2"], bearer_body=world.committee
    ).order_by("period")
    fulfil(first, at=noon(first.deadline_on), evidence=EVIDENCE, by=None)
    fulfil(second, at=noon(second.deadline_on + timedelta(days=1)), evidence=EVIDENCE, by=None)
    note_progress(third, progress=Obligation.Progress.UNPOSTED)
    mark_corrected_late(first, at=noon(TODAY))
    hand_over(world.contract, ended_on=date(2026, 10, 20), by=world.officer)
    sweep_on(TODAY)
    return world


def _counts(client: Client, query: str = "") -> dict[str, int]:
    counts: dict[str, int] = client.get(f"/obligations/{query}").context["counts"]
    return counts


def _shown(client: Client, query: str) -> list[Obligation]:
    return [one for one, _ in client.get(f"/obligations/{query}").context["rows"]]


def test_the_five_states_add_up_to_all(register: World, client_of: ClientOf) -> None:
    counts = _counts(client_of(register.officer))
    assert counts["total"] == Obligation.objects.count()
    assert counts["total"] == sum(counts[state] for state in ("running", "overdue", "done", "late_done", "released"))
    assert (counts["done"], counts["late_done"]) == (1, 1)
    assert counts["released"] > 0


def test_each_state_shows_exactly_what_it_counts(register: World, client_of: ClientOf) -> None:
    client = client_of(register.officer)
    counts = _counts(client)
    for state in ("running", "overdue", "done", "late_done", "released"):
        assert client.get(f"/obligations/?state={state}").context["page"].paginator.count == counts[state]
    assert client.get("/obligations/?state=open").context["page"].paginator.count == (
        counts["running"] + counts["overdue"]
    )
    assert len(_shown(client, "?state=unposted")) == 1
    assert len(_shown(client, "?state=corrected")) == 1


def test_the_deadline_itself_is_on_time_and_the_next_midnight_late(
    world: World, client_of: ClientOf, on_day: Callable[..., None]
) -> None:
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    query = "?duty=disclosure&period=2026Q3&bearer=committee"
    on_day(date(2026, 10, 31))
    assert _counts(client_of(world.chair), query)["overdue"] == 0
    on_day(date(2026, 11, 1))
    assert _counts(client_of(world.chair), query)["overdue"] == 1


def test_everybody_finds_their_own_reach(register: World, client_of: ClientOf) -> None:
    world = register
    everything = Obligation.objects.count()
    village = Obligation.objects.filter(compound__village=world.village).count()
    compound = Obligation.objects.filter(compound=world.compound).count()
    for person, expected in (
        (world.officer, everything),
        (world.leader, everything),
        (world.auditor, everything),
        (world.cadre, village),
        (world.chair, compound),
        (world.supervisor, compound),
        (world.owner, 0),
        (world.stranger, 0),
    ):
        assert _counts(client_of(person))["total"] == expected, person


def test_a_bearer_finds_what_is_still_to_be_done_before_what_was_done(register: World, client_of: ClientOf) -> None:
    shown = _shown(client_of(register.chair), "")
    openness = [one.is_open for one in shown]
    assert openness == sorted(openness, reverse=True)
    assert set(openness) == {True, False}
    days = [one.deadline_on for one in _shown(client_of(register.chair), "?sort=deadline")]
    assert days == sorted(days), "by the day alone where one asks for it"
    assert [one.deadline_on for one in shown] != days


def test_a_firm_that_left_keeps_only_what_it_has_to_finish(register: World, client_of: ClientOf) -> None:
    seen = _shown(client_of(register.manager), "")
    assert seen
    assert all(one.bearer_firm == register.firm and one.is_open for one in seen)


def test_who_left_a_post_sees_open_obligations_of_their_time_and_no_others(
    register: World, client_of: ClientOf
) -> None:
    end_appointment(register.member.appointments.get(), until_on=date(2026, 7, 31), by=register.officer)
    seen = _shown(client_of(register.member), "")
    assert seen
    assert all(one.bearer_body == register.committee for one in seen)
    assert all(one.period_last_on <= date(2026, 7, 31) and one.is_open for one in seen)


def test_filters_narrow_and_strange_values_are_taken_as_not_given(register: World, client_of: ClientOf) -> None:
    client = client_of(register.officer)
    assert {one.duty for one in _shown(client, "?duty=disclosure")} == {"disclosure"}
    assert {one.period for one in _shown(client, "?period=2026Q3")} == {"2026Q3"}
    assert {one.compound for one in _shown(client, f"?compound={register.compound.public_id}")} == {register.compound}
    assert {
        one.compound.village for one in _shown(client, f"?village={register.village.public_id}") if one.compound
    } == {register.village}
    assert all(one.bearer_firm for one in _shown(client, "?bearer=firm"))
    assert {str(one.compound) for one in _shown(client, "?q=杆头新村")} == {"杆头新村"}
    for strange in (
        "?duty=x",
        "?state=x",
        "?period=9999",
        "?village=zzz",
        "?sort=user__password",
        "?page=999",
        "?q=%00",
    ):
        assert client.get(f"/obligations/{strange}").status_code == 200


def test_a_cadre_cannot_look_into_the_next_village_by_filter(register: World, client_of: ClientOf) -> None:
    assert _shown(client_of(register.cadre), f"?compound={register.other_compound.public_id}") == []
    assert _shown(client_of(register.other_cadre), f"?compound={register.other_compound.public_id}")


def test_the_export_holds_exactly_the_filtered_list_as_typed_cells(register: World, client_of: ClientOf) -> None:
    client = client_of(register.officer)
    answer = client.get("/obligations/export.xlsx?state=late_done")
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) == 1
    assert rows[0][:5] == ("仑后村", "仑后花园", "公共收益季度公示", "2026年第一季度", "仑后花园业主委员会")
    assert rows[0][6].date() == date(2026, 4, 30)
    assert rows[0][7] == "逾期完成"


def test_the_list_costs_the_same_for_few_and_for_many(register: World, client_of: ClientOf) -> None:
    client = client_of(register.officer)
    assert client.get("/obligations/").context["page"].paginator.count > 40
    for query in ("", "?state=late_done", "?state=soon"):
        assert statements(client, f"/obligations/{query}") <= CEILING


@pytest.mark.parametrize("state", ["", *STATES])
def test_the_pages_are_cut_by_as_many_as_the_list_holds(register: World, state: str) -> None:
    found = listed(QueryDict(f"state={state}"), standing_of(register.officer, TODAY))
    assert found.form.chosen_state == state
    assert found.count == found.shown.count()


def test_the_shift_off_a_rest_day_shows_both_dates(world: World, client_of: ClientOf) -> None:
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31), shift_on_rest_day=1)
    sweep_on(TODAY)
    owed = Obligation.objects.get(duty="disclosure", period="2026Q3", bearer_body=world.committee)
    assert (owed.due_on, owed.deadline_on) == (date(2026, 10, 31), date(2026, 11, 2))
    page = client_of(world.chair).get(f"/obligations/{owed.public_id}/").content.decode()
    assert "2026年10月31日" in page
    assert "2026年11月2日（遇休息日顺延" in page


# -- Who may -----------------------------------------------------------------------------------------------------------


def test_the_list_and_its_export_require_login_and_serve_whoever_comes(register: World) -> None:
    for page in ("/obligations/", "/obligations/export.xlsx"):
        requires_login(page)
        serves(register.officer, page)
        serves(register.chair, page)


def test_an_obligation_hides_from_strangers_and_serves_its_people(register: World) -> None:
    owed = Obligation.objects.get(duty="disclosure", period="2026Q3", bearer_body=register.committee)
    address = f"/obligations/{owed.public_id}/"
    requires_login(address)
    for person in (register.stranger, register.owner, register.other_chair, register.other_cadre, register.manager):
        hides_from(person, address)
    for person in (register.officer, register.cadre, register.chair, register.supervisor, register.auditor):
        serves(person, address)
    hides_from(register.officer, "/obligations/0000000000000000/")
