"""Every page, to every role, at its own address: light, and of this site alone.

The walk of tests/test_pages_are_accessible.py follows links in a browser; here every address the resolver knows is
asked, so that a page nobody links to is held to the same.
"""

import gzip
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from accounts.models import User
from supervision.services.sweep import sweep
from tests.cast import NOON, TODAY, World
from tests.permission_table import ROLES
from tests.routes import Estate, all_routes, build_estate

_LARGEST_PAGE = 100 * 1024
#: What a browser fetches by itself while it shows a page; links are followed by people.
_FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|audio|video|embed|object|input)\b[^>]*?\s(?:src|data|poster)=["']([^"']*)["']"""
    r"""|<link\b[^>]*?\shref=["']([^"']*)["']"""
    r"""|<form\b[^>]*?\saction=["']([^"']*)["']""",
    re.IGNORECASE,
)
_PICTURES = (".png", ".jpg", ".svg", ".webp")
_FETCHES_IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?([^"')\s]+)""")
#: Tools of the API bring their own files.
_ELSEWHERE = {"api-docs"}


@cache
def _weight_of_static(path: str) -> int:
    found = finders.find(path.removeprefix("/static/"))
    assert found, path
    return len(gzip.compress(Path(str(found)).read_bytes()))


def fetched_by(page: str) -> set[str]:
    """The addresses a page makes a browser ask, or sends a form to."""
    return {found for groups in _FETCHED.findall(page) for found in groups if found}


def weight_of(page: bytes) -> int:
    """Compressed size of a page with its styles and scripts, without pictures."""
    statics = {one for one in fetched_by(page.decode()) if one.startswith("/static/") and not one.endswith(_PICTURES)}
    return len(gzip.compress(page)) + sum(map(_weight_of_static, statics))


def outside(page: str) -> set[str]:
    return {one for one in fetched_by(page) if not one.startswith(("/", "#", "?", "data:")) or one.startswith("//")}


def _pages(world: World, estate: Estate) -> dict[str, bytes]:
    administrator = User.objects.create_superuser("administrator", name="管理员")
    found: dict[str, bytes] = {}
    for role, key in ROLES.items():
        client = Client()
        if key:
            client.force_login(administrator if key == "administrator" else world.people[key])
        for route in all_routes():
            answer = client.get(route.url(estate.ours))
            if answer.headers.get("Content-Type", "").startswith("text/html") and route.name not in _ELSEWHERE:
                found[f"{role} {route.name}"] = answer.content
    return found


def test_every_page_of_every_role_is_light_and_asks_no_other_site(world: World) -> None:
    estate = build_estate(world)
    sweep(TODAY, at=NOON)
    pages = _pages(world, estate)
    assert len(pages) > 400
    heavy = {name: weight_of(page) // 1024 for name, page in pages.items() if weight_of(page) > _LARGEST_PAGE}
    assert heavy == {}
    abroad = {name: found for name, page in pages.items() if (found := outside(page.decode()))}
    assert abroad == {}


def test_styles_fetch_nothing_from_elsewhere() -> None:
    for name in ("baogai.css", "administration.css", "vendor/bootstrap.min.css"):
        text = Path(str(finders.find(name))).read_text()
        fetched = [one for one in _FETCHES_IN_STYLES.findall(text) if not one.startswith(("data:", "#"))]
        assert [one for one in fetched if "//" in one] == [], name


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//cdn.example/x.css">',
        '<img alt="" src="http://example.com/a.png">',
        '<form action="https://example.com/"></form>',
    ],
)
def test_a_page_that_asked_another_site_would_be_noted(page: str) -> None:
    assert outside(page)


def test_a_heavy_page_would_be_noted() -> None:
    noise = "".join(sha256(str(n).encode()).hexdigest() for n in range(5_000))
    assert weight_of(noise.encode()) > _LARGEST_PAGE
