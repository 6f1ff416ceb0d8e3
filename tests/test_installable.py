"""The portal on a phone's home screen, and its pages on paper."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image
from playwright.sync_api import Page

from baogai.views.manifest import THEME
from tests.browser import DESK
from tests.cast import World


def test_the_manifest_names_what_a_phone_needs(db: None) -> None:
    answer = Client().get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    told = json.loads(answer.content)
    assert (told["name"], told["short_name"], told["lang"]) == ("宝盖镇住宅小区物业监督", "宝盖小区", "zh-CN")
    assert len(told["short_name"]) <= 12
    assert Client().get(told["start_url"]).status_code == 302
    purposes = set()
    for icon in told["icons"]:
        found = finders.find(icon["src"].removeprefix("/static/"))
        assert found, icon
        with Image.open(str(found)) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]
            assert picture.format == "PNG"
        purposes.add((icon["purpose"], icon["sizes"]))
    assert {("any", "192x192"), ("any", "512x512"), ("maskable", "512x512")} <= purposes


def test_a_maskable_icon_fills_its_square_and_keeps_its_picture_in_the_middle() -> None:
    with Image.open(str(finders.find("icons/maskable-512.png"))) as picture:
        shades = picture.convert("RGB")
    ground = shades.getpixel((0, 0))
    assert ground == tuple(int(THEME[at : at + 2], 16) for at in (1, 3, 5))
    middle = 512 * 2 // 5
    drawn = [
        (x, y) for x in range(0, 512, 4) for y in range(0, 512, 4) if sum(shades.getpixel((x, y))) > sum(ground) + 90
    ]
    assert drawn
    assert all((x - 256) ** 2 + (y - 256) ** 2 <= middle**2 for x, y in drawn)


def test_every_page_says_where_the_manifest_is_and_what_colour_the_bar_has(db: None) -> None:
    page = Client().get("/login/").content.decode()
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page
    assert f'<meta name="theme-color" content="{THEME}">' in page
    assert '<link rel="apple-touch-icon" href="/static/icons/apple-touch-180.png">' in page


def test_there_is_no_worker_behind_the_pages() -> None:
    """No offline tricks: what is shown is what the server says now."""
    sources = [
        *Path(settings.BASE_DIR / "templates").rglob("*.html"),
        *Path(settings.BASE_DIR / "static").rglob("*.js"),
    ]
    assert [path for path in sources if "serviceWorker" in path.read_text()] == []


@pytest.mark.browser
def test_a_browser_finds_the_portal_installable(world: World, page_of: Callable[..., Page]) -> None:
    page = page_of(world.officer, DESK)
    page.goto("/desk/")
    session = page.context.new_cdp_session(page)
    told = session.send("Page.getAppManifest")
    assert told["errors"] == []
    assert json.loads(told["data"])["short_name"] == "宝盖小区"


@pytest.mark.browser
def test_on_paper_the_lists_are_there_and_the_buttons_are_not(world: World, page_of: Callable[..., Page]) -> None:
    """Lists that stand inside a form, to be ticked, are printed too."""
    page = page_of(world.officer, DESK)
    for address, kept in (
        ("/obligations/", "main h1"),
        ("/calendar/", ".cal"),
        ("/board/", "main h1"),
        ("/jobs/", "main h1"),
        ("/help/town/", ".manual"),
    ):
        page.goto(address)
        page.emulate_media(media="print")
        assert page.locator(kept).first.is_visible(), address
        for gone in (".top", ".nav-side", ".filters", ".head .acts", ".form-acts", ".foot"):
            assert page.locator(f"{gone}:visible").count() == 0, (address, gone)
        page.emulate_media(media="screen")
