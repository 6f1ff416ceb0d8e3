"""A real Chromium for the tests that need one: the main job, phones, accessibility."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.chromium import DESK, PHONE, program_of_this_machine

__all__ = ["DESK", "PHONE", "chromium", "fits", "judged", "page_of"]

#: What stands out of the window where the page as a whole does.
_TOO_WIDE = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
    [...document.querySelectorAll("body *")]
        .filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .map(one => one.outerHTML.slice(0, 120))"""


def fits(page: Page) -> None:
    """Nothing is wider than the window. A click waits for the answer's head only, so the rest is awaited here."""
    page.wait_for_load_state()
    assert page.evaluate(_TOO_WIDE) == [], page.url


def judged(page: Page) -> None:
    """Nothing is wider than the window, and axe complains of nothing."""
    fits(page)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == [], page.url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, once per session. It can reach this machine only."""
    found = program_of_this_machine()
    if found is None:
        pytest.skip("no Chromium on this machine: browser and accessibility tests were not run")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; Django would take all that follows for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page_of(chromium: Browser, live_server: LiveServer) -> Iterator[Callable[..., Page]]:
    """`page_of(user, PHONE)`: a window signed in as that person (or nobody) at the live server.

    Relative addresses work (`page.goto("/login/")`). Every window has cookies of its own, and a message
    in the browser's console at the end fails the test: a blocked script or style is a fault of ours.
    """
    complaints: list[str] = []
    contexts = []

    def open_page(user: User | None = None, size: ViewportSize = DESK, *, javascript: bool = True) -> Page:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport=size,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            java_script_enabled=javascript,
        )
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, complaints
