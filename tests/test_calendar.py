"""期限日历: what falls due on which day in one's reach, holidays marked, and the file for one's own calendar."""

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from baogai.calendar import Due
from kernel.fields import Reference
from supervision.models import BoardCell, Holiday, Obligation
from supervision.services import fulfil
from tests.cast import TODAY, World
from tests.doors import requires_login, serves
from tests.law import noon, policy_for, sweep_on

ClientOf = Callable[..., Client]
#: Saturday; the third quarter's disclosures are due.
LAST_OF_OCTOBER = date(2026, 10, 31)


@pytest.fixture
def swept(world: World) -> World:
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    return world


def _shown(client: Client, query: str = "") -> dict[date, list[tuple[Due, str]]]:
    """By day of the month shown, what falls due and where it leads."""
    weeks = client.get(f"/calendar/{query}").context["weeks"]
    return {
        day.on: [(due, url) for due, _, url in dues] for week in weeks for day, dues in week if dues and day.in_month
    }


def test_a_day_counts_what_is_due_and_leads_to_exactly_that_list(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    [(due, url)] = _shown(client)[LAST_OF_OCTOBER]
    owed = Obligation.objects.filter(deadline_on=LAST_OF_OCTOBER, released_on=None)
    assert (due.duty, due.tally.total, due.tally.done) == ("disclosure", owed.count(), 0)
    listed = client.get(url)
    assert {one for one, _ in listed.context["rows"]} == set(owed)
    assert listed.context["counts"]["total"] == due.tally.total


def test_the_state_of_a_day_is_told_in_icon_word_and_colour(
    swept: World, client_of: ClientOf, on_day: Callable[..., None]
) -> None:
    def chip() -> dict[str, str]:
        weeks = client_of(swept.chair).get("/calendar/?day=2026-10-31").context["weeks"]
        [found] = [chip for week in weeks for day, dues in week for _, chip, _ in dues if day.on == LAST_OF_OCTOBER]
        return found

    assert chip() == {"state": "soon", "symbol": "clock", "words": "公示 0/2"}
    on_day(date(2026, 11, 1))
    assert chip() == {"state": "late", "symbol": "exclamation-circle", "words": "公示 0/2 逾期 2"}
    for owed in Obligation.objects.filter(deadline_on=LAST_OF_OCTOBER, compound=swept.compound):
        fulfil(owed, at=noon(date(2026, 11, 1)), evidence=Reference("x.y", "0" * 16, "凭据"), by=None)
    assert chip() == {"state": "done", "symbol": "check-circle", "words": "公示 2/2 已完成"}


def test_everybody_sees_the_due_days_of_their_own_reach(swept: World, client_of: ClientOf) -> None:
    expected = {
        swept.officer: 4,
        swept.auditor: 4,
        swept.cadre: 2,
        swept.chair: 2,
        swept.supervisor: 2,
        swept.manager: 2,
        swept.other_chair: 2,
        swept.owner: 0,
    }
    for person, count in expected.items():
        shown = _shown(client_of(person)).get(LAST_OF_OCTOBER, [])
        assert sum(due.tally.total for due, _ in shown) == count, person


def test_an_officer_who_also_chairs_a_far_committee_counts_nothing_twice(swept: World, client_of: ClientOf) -> None:
    post = swept.posts["chair"]
    post.appointments.create(user=swept.cadre, from_on=date(2026, 1, 1))
    far = swept.posts["other_chair"]
    far.appointments.create(user=swept.cadre, from_on=date(2026, 1, 1))
    [(due, _)] = _shown(client_of(swept.cadre))[LAST_OF_OCTOBER]
    assert due.tally.total == 4


def test_village_and_duty_narrow_and_stay_in_every_link(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    query = f"?village={swept.village.public_id}&duty=disclosure&day=2026-10-05"
    [(due, url)] = _shown(client, query)[LAST_OF_OCTOBER]
    assert due.tally.total == 2
    assert f"village={swept.village.public_id}" in url
    page = client.get(f"/calendar/{query}").content.decode()
    assert f"day=2026-09-30&amp;village={swept.village.public_id}&amp;duty=disclosure" in page
    assert f"day=2026-11-01&amp;village={swept.village.public_id}&amp;duty=disclosure" in page
    assert _shown(client, "?duty=town_meeting") == {}


def test_a_cadre_cannot_look_at_another_villages_days(swept: World, client_of: ClientOf) -> None:
    [(due, _)] = _shown(client_of(swept.cadre), f"?village={swept.other_village.public_id}")[LAST_OF_OCTOBER]
    assert due.tally.total == 2


def test_strange_days_show_the_present_month(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    for strange in ("", "x", "2026-02-30", "0001-01-01", "9999-12-31", "1999-12-31", "%00", "2026-W01-1" * 9):
        assert client.get(f"/calendar/?day={strange}&village=x&duty=x").context["day"] == TODAY, strange
    assert client.get("/calendar/?day=2100-12-31").context["day"] == date(2100, 12, 31)
    assert client.get("/calendar/?day=2000-01-01").context["day"] == date(2000, 1, 1)


def test_holidays_and_working_weekends_are_marked_and_the_table_wins(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)

    def marks(query: str) -> dict[date, tuple[str, str]]:
        weeks = client.get(f"/calendar/{query}").context["weeks"]
        return {day.on: (day.mark.word, day.mark.name) for week in weeks for day, _ in week if day.mark}

    found = marks("?day=2025-10-10")
    assert found[date(2025, 10, 1)] == ("休", "国庆节")
    assert found[date(2025, 10, 11)] == ("班", "国庆节调休上班")
    assert date(2025, 10, 12) not in found
    Holiday.objects.create(on=date(2025, 10, 12), is_rest=False, name="镇里补班")
    assert marks("?day=2025-10-10")[date(2025, 10, 12)] == ("班", "镇里补班")


def test_an_empty_week_names_the_next_due_day(swept: World, client_of: ClientOf) -> None:
    answer = client_of(swept.chair).get("/calendar/?day=2026-11-10")
    assert answer.context["next_due"] == date(2026, 12, 31)
    assert "看下一个期限：2026年12月31日" in answer.content.decode()


def test_the_month_is_read_from_the_rollup_at_the_same_cost_for_few_and_many(swept: World, client_of: ClientOf) -> None:
    """Of whoever oversees, no obligation is read: ten thousand compounds cost what two do."""
    client = client_of(swept.officer)

    def statements() -> list[str]:
        client.get("/calendar/")
        with CaptureQueriesContext(connection) as seen:
            client.get("/calendar/")
        return [one["sql"] for one in seen]

    few = statements()
    assert len(few) <= 9
    assert not [sql for sql in few if "supervision_obligation" in sql]
    for number in range(60):
        village = swept.town.villages.create(name=f"第{number}村")
        BoardCell.objects.create(
            town=swept.town,
            village=village,
            duty="disclosure",
            period="2026Q3",
            deadline_on=LAST_OF_OCTOBER,
            total=200,
            done_on_time=1,
            done_late=0,
            unposted=0,
        )
    assert len(statements()) == len(few)
    [(due, _)] = _shown(client)[LAST_OF_OCTOBER]
    assert due.tally.total == 60 * 200 + 4


# -- The file ----------------------------------------------------------------------------------------------------------


def test_the_file_holds_ones_own_due_days_and_nobodys_name(swept: World, client_of: ClientOf) -> None:
    answer = client_of(swept.chair).get("/calendar/due.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    by_day = {(str(one["SUMMARY"]), one.decoded("DTSTART")) for one in events}
    assert ("2026年第三季度公共收益季度公示：还有 2 件未完成", LAST_OF_OCTOBER) in by_day
    assert all(one.decoded("DTSTART") >= date(2026, 9, 28) for one in events)
    text = answer.content.decode().replace("\r\n ", "")
    for person in swept.people.values():
        assert person.name not in text
        assert person.phone not in text
        assert person.public_id not in text
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))


def test_taken_in_again_the_file_replaces_its_events(
    swept: World, client_of: ClientOf, on_day: Callable[..., None]
) -> None:
    def uids(person: str) -> set[str]:
        answer = client_of(swept.people[person]).get("/calendar/due.ics?duty=disclosure")
        return {str(one["UID"]) for one in Calendar.from_ical(answer.content).walk("VEVENT")}

    first = uids("chair")
    on_day(date(2026, 11, 2))
    assert uids("chair") == first
    assert not uids("treasurer") & first


def test_the_calendar_and_its_file_require_login_and_serve_whoever_comes(swept: World) -> None:
    for page in ("/calendar/", "/calendar/due.ics"):
        requires_login(page)
        for person in (swept.officer, swept.cadre, swept.manager, swept.owner, swept.stranger):
            assert serves(person, page).status_code == 200
