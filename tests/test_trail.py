"""The action trail: every act leaves one line, every refusal one, what was undone leaves none (AUD-01, AUD-02)."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import ActionRecord, User
from accounts.services import record_action
from baogai.acts import ACTS, ASKING
from finance.models import Entry
from finance.services import entries
from kernel.errors import DomainError
from notices.models import Message
from supervision.models import Obligation
from tests import books
from tests.addresses import web_role
from tests.cast import NOON, World, build_world
from tests.permission_table import only_submitted
from tests.routes import Estate, all_routes, build_estate
from tests.test_hostile_input import PUBLIC, signed_in, undone, worker

pytestmark = pytest.mark.django_db
ROUTES = all_routes()
#: Opening one's own message marks it as read; reading is no act.
READING = {"notices:message"}


@pytest.fixture(scope="module")
def _ground(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[World, Estate]]:
    """One world for the whole file; every test takes back what it did."""
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(NOON):
            world = build_world()
            estate = build_estate(world)
        with connection.cursor() as cursor:
            cursor.execute(f'SET LOCAL ROLE "{web_role()}"')
        yield world, estate
        transaction.set_rollback(True)


@pytest.fixture
def world(_ground: tuple[World, Estate]) -> Iterator[World]:
    with undone():
        yield _ground[0]


@pytest.fixture
def estate(_ground: tuple[World, Estate]) -> Estate:
    return _ground[1]


@contextmanager
def written() -> Iterator[list[ActionRecord]]:
    """The lines that were added inside."""
    last = ActionRecord.objects.order_by("-id").values_list("id", flat=True).first() or 0
    found: list[ActionRecord] = []
    yield found
    found += ActionRecord.objects.filter(id__gt=last).order_by("id")


#: Statements that change something, other than a session, a counter of attempts, or the trail itself.
_CHANGE = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM) "(?!django_session|baogai_cache|accounts_actionrecord)')


@contextmanager
def changes() -> Iterator[list[str]]:
    """The statements inside that change something."""
    found: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if _CHANGE.match(sql):
            found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield found


# -- Every address -----------------------------------------------------------------------------------------------------


def test_whatever_is_sent_to_any_address_leaves_one_line_if_it_did_something_or_was_refused(
    world: World, estate: Estate
) -> None:
    """Of every address the resolver knows; one that takes something must have its name in baogai/acts.py."""
    wrong, named = [], set()
    for route in ROUTES:
        cache.clear()
        client, url = signed_in(worker(world, route)), route.url(estate.ours)
        with undone(), written() as lines, changes() as changed:
            status = client.post(url, {"nothing": "known"}).status_code
        silent = status == 405 or (status == 200 and (route.name not in ACTS or route.name in ASKING))
        if len(lines) != (0 if silent else 1) or (changed and not lines and route.name not in READING):
            wrong.append((route.name, status, [(line.act, line.result) for line in lines], changed[:1]))
        if lines:
            named.add(route.name)
            if lines[0].act != ACTS.get(route.name) and lines[0].result != "done":
                wrong.append((route.name, status, lines[0].act))
    assert not wrong, "\n".join(map(str, wrong))
    unnamed = sorted((named | only_submitted()) - ACTS.keys())
    assert not unnamed, f"name them in baogai/acts.py: {unnamed}"
    assert ACTS.keys() - {route.name for route in ROUTES} == set(), "no such address any more"
    assert len(named) > 40


def test_whoever_may_not_leaves_one_refusal_at_every_address(world: World, estate: Estate) -> None:
    """The stranger is told 404 or 403; the trail says who asked for what. Who is not signed in leaves no line."""
    refused = []
    for route in ROUTES:
        if not route.takes_ids or route.name not in ACTS or route.name in PUBLIC:
            continue
        url = route.url(estate.ours)
        with undone(), written() as lines:
            status = signed_in(world.stranger).post(url).status_code
        assert status in (403, 404), route.name
        assert [(line.by, line.result, line.subject.title) for line in lines] == [(world.stranger, "refused", url)], (
            route.name
        )
        refused.append(route.name)
        with undone(), written() as lines:
            signed_in(None).post(url)
        assert lines == [], route.name
    assert len(refused) > 40


def test_a_page_that_is_opened_leaves_no_line_and_one_that_is_refused_does(world: World, estate: Estate) -> None:
    # What is taken away is written down.
    reading = {
        "communities:roster_faults",
        "export_file",
        "fieldwork:ticket_faults",
        "fieldwork:tickets_export",
        "my_data_export",
        "phone_export_file",
        "trail",
        "trail_export",
    }
    for route in ROUTES:
        cache.clear()
        with undone(), written() as lines:
            status = signed_in(worker(world, route)).get(route.url(estate.ours)).status_code
        expected = {403: 1, 404: 1}.get(status, 0)
        assert len(lines) == expected or route.name in reading, (route.name, status)


# -- What is in a line -------------------------------------------------------------------------------------------------


def enter(world: World, estate: Estate, **changed: Any) -> Any:
    """Book one entry as the treasurer does, from an address of its own."""
    data = {"on": "2026-10-08", "direction": "out", "category": "E05", "amount": "260", "text": "复印纸", **changed}
    url = reverse("finance:enter", args=[estate.ours["finance:enter"]])
    return signed_in(world.treasurer).post(url, data, REMOTE_ADDR="10.9.8.7")


def test_an_act_with_its_parts_is_one_line_that_says_who_what_on_what_and_from_where(
    world: World, estate: Estate
) -> None:
    with written() as lines:
        enter(world, estate, vouchers=[books.picture("red", "发票.png"), books.picture("blue", "收据.png")])
    (line,) = lines
    entry = Entry.objects.latest("id")
    assert (line.act, line.by, line.result, line.address) == ("记一笔", world.treasurer, "done", "10.9.8.7")
    assert line.subject.public_id == entry.public_id
    assert [part["act"] for part in line.parts] == ["上传凭证", "上传凭证"]
    assert abs((line.at - NOON).total_seconds()) < 60


def test_a_refused_act_says_why_in_the_words_the_person_read(world: World, estate: Estate) -> None:
    before = Entry.objects.count()
    with written() as lines:
        enter(world, estate, amount="-1")
    (line,) = lines
    assert (line.act, line.by, line.result) == ("记一笔", world.treasurer, "refused")
    assert "金额" in line.detail
    with written() as lines:
        enter(world, estate, vouchers=[books.picture("red", "发票.exe")])
    (line,) = lines
    assert line.result == "refused", "a refused upload"
    assert Entry.objects.count() == before


def test_an_act_that_is_rolled_back_leaves_no_line_of_itself(
    world: World, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry is booked and named, then its second voucher fails: the one line is the refusal."""
    attach, taken = entries.attach_voucher, []

    def second_fails(*args: Any, **kwargs: Any) -> Any:
        taken.append(args)
        if len(taken) == 2:
            raise DomainError("第二张凭证坏了。", field="vouchers")
        return attach(*args, **kwargs)

    monkeypatch.setattr(entries, "attach_voucher", second_fails)
    before, vouchers = Entry.objects.count(), [books.picture("red", "一.png"), books.picture("blue", "二.png")]
    with undone(), written() as lines:
        enter(world, estate, vouchers=vouchers)
    assert [(line.act, line.result, line.parts) for line in lines] == [("记一笔", "refused", [])]
    assert "第二张凭证坏了。" in lines[0].detail
    assert Entry.objects.count() == before
    monkeypatch.undo()
    for picture in vouchers:
        picture.seek(0)
    with undone(), written() as lines:
        enter(world, estate, vouchers=vouchers)
    assert [(line.result, len(line.parts)) for line in lines] == [("done", 2)]


def test_a_fault_of_the_system_undoes_the_act_and_is_written_down_as_failed(
    world: World, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("disk full")

    before = Entry.objects.count()
    monkeypatch.setattr("finance.views.entries.redirect", breaks)
    with written() as lines:
        assert enter(world, estate).status_code == 500
    assert [(line.act, line.by, line.result) for line in lines] == [("记一笔", world.treasurer, "failed")]
    assert Entry.objects.count() == before, "it was booked before the fault"
    monkeypatch.undo()
    with written() as lines:
        assert enter(world, estate).status_code == 302
    assert [line.result for line in lines] == ["done"]


def test_a_batch_is_one_line_that_names_every_object(world: World, estate: Estate) -> None:
    owed = list(Obligation.objects.open().filter(duty="owners_forum").values_list("public_id", flat=True))
    data = {"obligation": owed}
    with undone(), written() as lines:
        assert signed_in(world.officer).post(reverse("supervision:urge_chosen"), data).status_code == 200
    assert lines == [], "shown first, to be confirmed"
    with written() as lines:
        signed_in(world.officer).post(reverse("supervision:urge_chosen"), data | {"confirmed": "1"})
    (line,) = lines
    named = {line.subject.public_id, *(part["subject"]["public_id"] for part in line.parts)}
    assert (line.act, line.result, len(owed) > 1) == ("督促", "done", True)
    assert named == set(owed)


# -- Hostile text ------------------------------------------------------------------------------------------------------

FORGED = "第一行\n2026-10-29 登录 完成\r\x1b[31m红\x1b[0m\x00\u2028末"


def test_hostile_text_stays_one_escaped_line(world: World, estate: Estate) -> None:
    with written() as lines:
        record_action(FORGED, by=world.officer, detail=FORGED, by_text="=cmd|' /C calc'!A0")
        signed_in(world.officer).get(f"/compounds/{'%0a%1b[31m'}abc/")
        signed_in(None).post("/login/", {"username": "officer\n\x1b[0m", "password": "x"})
    told = json.dumps(
        [[line.act, line.detail, line.by_text, line.subject and line.subject.title] for line in lines],
        ensure_ascii=False,
    )
    assert "\\n" not in told
    assert "\\u001b" not in told
    assert "\\u0000" not in told
    assert "\u2028" not in told
    assert "=cmd|' /C calc'!A0" in told


def test_a_throttled_person_is_written_down_once_a_minute(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    client = signed_in(world.officer)
    with written() as lines:
        answers = [client.get("/api/v1/compounds/").status_code for _ in range(125)]
    assert answers.count(429) == 5
    assert [(line.by, line.result) for line in lines] == [(world.officer, "refused")]
    cache.clear()


def test_reading_ones_messages_is_a_line_though_no_service_names_it(world: World, estate: Estate) -> None:
    unread = Message.objects.inbox_of(world.owner).unread()
    assert unread.exists()
    with written() as lines:
        signed_in(world.owner).post(reverse("notices:read_all"))
    assert [(line.act, line.by, line.result) for line in lines] == [("消息全部标为已读", world.owner, "done")]
    with undone(), written() as lines:
        Client().post(reverse("care_mode"), {"wanted": "1"})
    assert lines == [], "whoever is not signed in changes nothing here"


def test_who_asked_is_the_person_also_at_the_last_act_of_a_session(world: World, client_of: Any) -> None:
    person: User = world.chair
    with written() as lines:
        client_of(person).post("/logout/")
    assert [(line.act, line.by) for line in lines] == [("退出", person)]
