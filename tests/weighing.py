"""What a page weighs on the wire, and what else it makes a browser ask for."""

import gzip
import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

LARGEST_PAGE = 100 * 1024
#: What a browser fetches by itself while it shows a page; links are followed by people.
_FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|audio|video|embed|object|input)\b[^>]*?\s(?:src|data|poster)=["']([^"']*)["']"""
    r"""|<link\b[^>]*?\shref=["']([^"']*)["']"""
    r"""|<form\b[^>]*?\saction=["']([^"']*)["']""",
    re.IGNORECASE,
)
_PICTURES = (".png", ".jpg", ".svg", ".webp")


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
