"""Every page, as every role, on phone and desk, in both sizes of type: no violation, nothing from outside, and light.

The pages are found as people find them, by following links from the desk. Of pages alike (one address pattern) one is
opened per role, and judged by every rule in all four looks the first time. 关怀版 and the window's size are turned on
the open page: both are the stylesheet's business.
"""

import gzip
import re
from collections.abc import Callable, Set
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.urls import Resolver404, resolve
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, expect

from accounts.gateways import send_sms
from communities.models import Appointment
from notices.models import Delivery
from notices.rules import DeliveryState
from tests.browser import DESK, PHONE
from tests.cast import World, build_world
from tests.conftest import noon_of
from tests.law import sweep_on
from tests.permission_table import ROLES, documented
from tests.routes import build_estate

_LARGEST_PAGE = 100 * 1024
#: Two walks, so that two workers share the work: who oversees, the widest first, and everybody else.
_OVERSEERS = {"officer": ("/desk/",), "cadre": ("/desk/",), "auditor": ("/desk/",)}
_OTHERS = {
    "chair": ("/desk/",),
    "seated": ("/desk/",),
    "clerk": ("/desk/",),
    "owner": ("/desk/",),
    "stranger": ("/desk/",),
    "": ("/", "/login/", "/style/"),
}
_WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_LOOKS = ((DESK, False), (DESK, True), (PHONE, False), (PHONE, True))
_AGAIN = ((PHONE, False),)
_ASK_AXE = """async rules => (await axe.run(document, {runOnly: rules, resultTypes: ["violations"], preload: false}))
.violations.map(one => one.id + ": " + one.nodes.slice(0, 3).map(node => node.html.slice(0, 120)).join("; "))"""
#: Django's own pages, what is not a page, and what belongs to the API's own tools.
_ELSEWHERE = ("/admin/", "/api/", "/static/")
_FILES = (".pdf", ".py", ".xlsx", ".csv", ".ics", ".json", ".png", ".jpg", ".svg", ".zip", "/file/", "/opening-proof/")
_DOWNLOADS = ("/photos/", "/books/vouchers/", "/export/", "/files/")
_FEWEST_PAGES = 6


@pytest.fixture
def town(transactional_db: None, clock: time_machine.Traveller, key_store: Path) -> World:
    """A town in mid-work, one of everything in every compound, and beside it much that is overdue.

    Signed in besides the cast: `seated`, a member of the committee who has a card on the board.
    """
    clock.move_to(noon_of(date(2026, 10, 29)))
    world = build_world()
    world.town.supervised_from_on = date(2026, 7, 1)
    world.town.save()
    estate = build_estate(world)
    world.people["seated"] = Appointment.objects.get(public_id=estate.ours["seat_id"]).user
    clock.move_to(noon_of(date(2026, 11, 3)))
    sweep_on(date(2026, 11, 3))
    send_sms("13812345678", "验证码 482913")
    Delivery.objects.filter(message__recipient=world.chair).update(state=DeliveryState.PARKED, ended_at=timezone.now())
    return world


def _kind_of_page(path: str) -> str:
    """The name of its address, so that of a hundred obligations one is opened."""
    try:
        return resolve(urlsplit(path).path).view_name
    except Resolver404:
        return path


def _is_page(path: str) -> bool:
    plain = urlsplit(path).path
    return not (plain.startswith(_ELSEWHERE) or plain.endswith(_FILES) or any(place in plain for place in _DOWNLOADS))


@cache
def _weight_of_static(path: str) -> int:
    """Compressed size of a file as the server hands it out."""
    found = finders.find(path.removeprefix("/static/"))
    assert found, path
    return len(gzip.compress(Path(str(found)).read_bytes()))


class Walk:
    """One person after another walking from page to page, noting what is wrong on each."""

    def __init__(self, base: str, *, judged_elsewhere: Set[str] = frozenset()) -> None:
        self.base = base
        self.faults: list[str] = []
        self.judged: set[str] = set(judged_elsewhere)
        self.weights: dict[str, int] = {}

    def through(self, page: Page, who: str, *starts: str) -> int:
        """Follow every link from the starts; how many kinds of page the person reached."""
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        waiting, seen = list(starts), set()
        while waiting:
            path = waiting.pop(0)
            kind = _kind_of_page(path)
            if kind not in seen:
                seen.add(kind)
                asked.clear()
                waiting += self._look_at(page, f"{who} {path}", path, kind, asked)
        return len(seen)

    def _look_at(self, page: Page, name: str, path: str, kind: str, asked: list[str]) -> list[str]:
        """Judge one page; the links that lead on from it. Files are not pages."""
        answer = page.goto(path)
        assert answer is not None
        if not answer.ok:
            self.faults.append(f"{name}: answered {answer.status}")
            return []
        if "text/html" not in (answer.headers.get("content-type") or ""):
            return []
        self._weigh(name, answer.body(), asked)
        page.evaluate(Axe().axe_script)
        # Pages alike were judged in every look as another person's; here they may carry other parts.
        looks = _AGAIN if kind in self.judged else _LOOKS
        self.judged.add(kind)
        for size, care in looks:
            self._judge(page, name, size, care=care)
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        inside = [urldefrag(link).url.removeprefix(self.base) for link in links if link.startswith(self.base)]
        return [link for link in inside if _is_page(link)]

    def _weigh(self, name: str, body: bytes, asked: list[str]) -> None:
        outside = [url for url in asked if not url.startswith((self.base, "data:"))]
        self.faults += [f"{name}: asked {url}" for url in outside]
        statics = {urlsplit(url).path for url in asked if "/static/" in url}
        weight = len(gzip.compress(body)) + sum(map(_weight_of_static, statics))
        self.weights[name] = weight
        if weight > _LARGEST_PAGE:
            self.faults.append(f"{name}: {weight // 1024} KB compressed")

    def _judge(self, page: Page, name: str, size: ViewportSize, *, care: bool) -> None:
        look = f"{name} ({size['width']} px{', 关怀版' if care else ''})"
        page.set_viewport_size(size)
        page.evaluate("care => document.documentElement.classList.toggle('care', care)", care)
        # In full height, so that the tabs at the window's foot cover nothing.
        page.set_viewport_size({"width": size["width"], "height": page.evaluate("document.body.scrollHeight + 80")})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.faults.append(f"{look}: {wide} px wider than the window")
        self.faults += [f"{look}: {violation}" for violation in page.evaluate(_ASK_AXE, _WCAG)]


def _open_to(column: str) -> frozenset[str]:
    """The names of the pages that docs/permissions.md opens to a column."""
    place = list(ROLES).index(column)
    return frozenset(name for name, cells in documented().items() if cells[place] == "可")


@pytest.mark.browser
@pytest.mark.parametrize("people", [_OVERSEERS, _OTHERS], ids=["overseers", "others"])
def test_every_page_anybody_can_reach_is_accessible_self_contained_and_light(
    town: World, page_of: Callable[..., Page], live_server: Any, people: dict[str, tuple[str, ...]]
) -> None:
    # What the officer opens is judged in every look on the overseers' walk.
    walk = Walk(live_server.url, judged_elsewhere=_open_to("镇小区岗") if people is _OTHERS else frozenset())
    for who, starts in people.items():
        reached = walk.through(page_of(town.people[who] if who else None), who or "nobody", *starts)
        assert reached >= _FEWEST_PAGES or not who, (who, reached)
    assert not walk.faults, "\n".join(walk.faults)


@pytest.mark.browser
def test_a_page_with_a_fault_would_be_noted(
    transactional_db: None, page_of: Callable[..., Page], live_server: Any
) -> None:
    """The walk sees: a picture without words, and a part wider than the phone."""
    walk, page = Walk(live_server.url), page_of(None)
    page.goto("/login/")
    page.evaluate(Axe().axe_script)
    page.evaluate("const image = new Image(900, 9); document.querySelector('main').append(image)")
    walk._judge(page, "login", PHONE, care=False)
    assert any("image-alt" in fault for fault in walk.faults)
    assert any("px wider" in fault for fault in walk.faults)


@pytest.mark.browser
def test_everything_on_the_way_to_the_desk_works_without_javascript(
    transactional_db: None, page_of: Callable[..., Page]
) -> None:
    chair = build_world().chair
    chair.set_password("仑后村口的老榕树-1987")
    chair.save()
    page = page_of(None, PHONE, javascript=False)
    page.goto("/desk/")
    page.get_by_label("用户名").fill("chair")
    page.get_by_label("密码").fill("仑后村口的老榕树-1987")
    page.get_by_role("main").get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("没有要办的事")
    page.get_by_role("button", name="关怀版").click()
    expect(page.locator("html")).to_contain_class("care")
    page.get_by_label("常用").get_by_role("link", name="消息").click()
    page.get_by_text("筛选").first.click()
    page.get_by_label("阅读").select_option("只看未读")
    page.get_by_role("button", name="筛选").click()
    expect(page).to_have_url(re.compile("unread=1"))
    page.get_by_label("常用").get_by_role("link", name="我的").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("main")).to_contain_text("您已安全退出")


@pytest.mark.browser
def test_a_keyboard_reaches_the_text_past_the_navigation_and_sees_where_it_is(
    transactional_db: None, page_of: Callable[..., Page]
) -> None:
    page = page_of(build_world().officer)
    page.goto("/desk/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    assert skip.is_visible()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
