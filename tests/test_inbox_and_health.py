"""A person's messages, and whether the installation is alive."""

import re
from collections.abc import Callable
from datetime import timedelta

from django.test import Client

from accounts.models import User
from kernel.fields import Reference
from notices.models import Message
from notices.services import send_message
from tests.cast import NOON, TODAY, World
from tests.doors import hides_from, requires_login, serves
from tests.law import policy_for, sweep_on
from tests.statements import CEILING, statements

ClientOf = Callable[[User | None], Client]


def tell(world: World, who: str, number: int = 1, *, subject: Reference | None = None) -> None:
    for n in range(number):
        send_message(
            [world.people[who]],
            kind=Message.Kind.URGING,
            title=f"督促第 {n + 1} 号",
            body="请于三日内公示。",
            clause="四（三）1",
            subject=subject,
            dedupe_key=f"test:{n}",
        )


# -- Messages ----------------------------------------------------------------------------------------------------


def test_ones_messages_are_ones_own(world: World) -> None:
    tell(world, "chair")
    message = Message.objects.get()
    url = f"/messages/{message.public_id}/"
    requires_login("/messages/")
    requires_login(url)
    for who in ("stranger", "officer", "treasurer"):
        hides_from(world.people[who], url)
        assert "督促第 1 号" not in serves(world.people[who], "/messages/").content.decode(), who
    assert "督促第 1 号" in serves(world.chair, "/messages/").content.decode()
    assert Message.objects.filter(read_at__isnull=True).exists(), "the list alone reads nothing"
    page = serves(world.chair, url).content.decode()
    assert "请于三日内公示。" in page
    assert "依据：方案四（三）1" in page
    first = Message.objects.get().read_at
    serves(world.chair, url)
    assert Message.objects.get().read_at == first is not None


def test_the_bar_counts_what_is_unread_and_all_can_be_read_at_once(world: World, client_of: ClientOf) -> None:
    tell(world, "chair", 3)
    chair = client_of(world.chair)
    assert '3<span class="visually-hidden"> 条未读' in chair.get("/me/").content.decode()
    requires_login("/messages/read/", data={})
    assert chair.get("/messages/read/").status_code == 405
    chair.post("/messages/read/")
    assert "条未读" not in chair.get("/me/").content.decode()


def test_messages_are_filtered_by_kind_and_by_being_unread(world: World, client_of: ClientOf) -> None:
    tell(world, "chair", 2)
    chair = client_of(world.chair)
    chair.get(f"/messages/{Message.objects.last().public_id}/")
    assert '共 <span class="num">1</span> 条' in chair.get("/messages/?unread=1").content.decode()
    assert '共 <span class="num">2</span> 条' in chair.get("/messages/?kind=urging").content.decode()
    assert "没有符合条件的消息" in chair.get("/messages/?kind=news").content.decode()


def test_a_message_leads_to_what_it_is_about(world: World) -> None:
    tell(world, "chair", subject=Reference("communities.compound", world.compound.public_id, "仑后花园"))
    page = serves(world.chair, f"/messages/{Message.objects.get().public_id}/").content.decode()
    assert f'href="/compounds/{world.compound.public_id}/"' in page


def test_a_message_about_something_without_a_page_leads_nowhere(world: World) -> None:
    tell(world, "chair", subject=Reference("files.storedfile", "0" * 16, "凭据"))
    assert "去办理" not in serves(world.chair, f"/messages/{Message.objects.get().public_id}/").content.decode()


def test_an_inbox_of_many_messages_pages_and_costs_no_more_statements(world: World, client_of: ClientOf) -> None:
    chair = client_of(world.chair)
    tell(world, "chair", 1)
    before = statements(chair, "/messages/")
    tell(world, "chair", 60)
    assert statements(chair, "/messages/") == before <= CEILING
    page = chair.get("/messages/?page=3&kind=urging").content.decode()
    assert "共 3 页" in page
    assert re.search(r'href="\?[^"]*kind=urging[^"]*" rel="prev"', page), "the filter stays in the address"


# -- Health ------------------------------------------------------------------------------------------------------


def test_the_health_page_turns_red_thirty_minutes_after_the_last_sweep(world: World, clock) -> None:
    assert Client().get("/healthz").status_code == 503
    assert "还没有做过期限巡查" in Client().get("/health/").content.decode()
    policy_for(world.town, TODAY)
    sweep_on(TODAY)
    for minutes, status, words in ((29, 200, "期限巡查正常"), (31, 503, "期限巡查已停")):
        clock.move_to(NOON + timedelta(minutes=minutes))
        answer = Client().get("/healthz")
        assert (answer.status_code, answer.json()["ok"]) == (status, status == 200), minutes
        page = Client().get("/health/")
        assert page.status_code == status
        assert words in page.content.decode()


def test_the_line_for_machines_tells_nothing_about_people_or_places(world: World) -> None:
    assert set(Client().get("/healthz").json()) == {"ok", "database", "last_sweep_at"}


# -- Pages of refusal --------------------------------------------------------------------------------------------


def test_refusals_speak_chinese_and_show_the_way_back(world: World, client_of: ClientOf) -> None:
    nowhere = Client().get("/nowhere/")
    assert (nowhere.status_code, "没有这一页" in nowhere.content.decode()) == (404, True)
    forbidden = client_of(world.owner).get("/compounds/firms/")
    assert (forbidden.status_code, "没有权限" in forbidden.content.decode()) == (403, True)
    unsigned = Client(enforce_csrf_checks=True).post("/login/", {"username": "a", "password": "b"})
    assert unsigned.status_code == 403
    assert "页面已经过期" in unsigned.content.decode()


def test_an_accident_shows_a_page_that_needs_no_database(world: World, monkeypatch, settings) -> None:
    settings.DEBUG_PROPAGATE_EXCEPTIONS = False

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("an accident")

    monkeypatch.setattr("baogai.views.public._lines", fail)
    answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "系统出错了" in page
    assert "accident" not in page
