"""The scales of tests/test_permissions_table.py see: heavy pages, other sites; and styles fetch from nowhere else."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.weighing import LARGEST_PAGE, outside, weight_of

_FETCHES_IN_STYLES = re.compile(r"""(?:url\(|@import)\s*["']?([^"')\s]+)""")


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
    assert weight_of(noise.encode()) > LARGEST_PAGE
