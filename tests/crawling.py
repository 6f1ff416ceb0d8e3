"""Walking the portal as a person does, by every link there is, and reading what comes back: pages, tables, papers."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

from django.core.cache import cache
from django.test import Client
from django.urls import Resolver404, resolve
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.models import User

_LINK = re.compile(r'href="([^"]+)"')
_GET_FORM = re.compile(r'<form[^>]*method="get"[^>]*action="([^"]+)"')
Keys = tuple[str, ...]
#: Own and foreign things are among the first few of a kind; the thirtieth obligation is a page like the third.
_MOST_ALIKE = 6
#: Every one of these is opened: each tells of another household.
_EACH_APART = {"doors:home"}
#: The administrators' own room, and what belongs to nobody.
_ELSEWHERE = ("/admin/", "/static/", "/api/v1/docs/", "/api/v1/schema/")
_API = ("/api/v1/compounds/", "/api/v1/obligations/", "/api/v1/disclosures/")
_CLOSED_UP = str.maketrans("", "", " \u00a0\u3000-\u00b7")
_SHEET, _PAPER = "spreadsheetml", "application/pdf"


@dataclass
class Crawl:
    """What one person was shown: address → everything that can be read there, without spaces and dashes."""

    texts: dict[str, str] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    routes: set[str] = field(default_factory=set)
    #: Of these there were more than were opened.
    cut: set[str] = field(default_factory=set)

    def finds(self, secret: str) -> list[str]:
        """Addresses where the secret stands, also written with spaces, dashes or in parts."""
        return [url for url, text in self.texts.items() if secret in text]


def crawl(person: User | None) -> Crawl:
    """Follow every link from the first page on; of pages alike (one address pattern) the first few of each kind.

    A list is opened whole, by each of its filters, and page by page; in another order it holds the same.
    """
    cache.clear()  # or the limits of the API would answer instead
    client, found, seen, alike = Client(), Crawl(), set(), Counter[tuple[str, Keys]]()
    if person is not None:
        client.force_login(person)
    waiting = ["/", "/desk/", "/me/", *_API]
    while waiting:
        url = waiting.pop()
        if (kind := _kind(url)) in seen or urlsplit(url).path.startswith(_ELSEWHERE):
            continue
        seen.add(kind)
        alike[_name(url), kind[1]] += 1
        if len(kind[1]) > 1:
            continue
        if alike[_name(url), kind[1]] > _MOST_ALIKE and _name(url) not in _EACH_APART:
            found.cut.add(_name(url))
            continue
        answer = client.get(url)
        if answer.status_code in (301, 302):
            waiting.append(urljoin(url, answer["Location"]))
        elif answer.status_code == 200:
            text = text_of(answer)
            found.texts[url] = text.translate(_CLOSED_UP)
            found.kinds.add(answer["Content-Type"].split(";")[0])
            found.routes.add(_name(url))
            waiting += _onward(url, text) if "html" in answer["Content-Type"] else _onward_of_json(answer)
    return found


def _kind(url: str) -> tuple[str, Keys]:
    parts = urlsplit(url)
    asked = {key for key, _ in parse_qsl(parts.query, keep_blank_values=True)}
    return parts.path, tuple(sorted(asked - {"sort"}))


def _name(url: str) -> str:
    try:
        return resolve(urlsplit(url).path).view_name
    except Resolver404:
        return url


def _onward(url: str, text: str) -> Iterator[str]:
    for told in [*_LINK.findall(text), *_GET_FORM.findall(text)]:
        onward = urldefrag(urljoin(url, unescape(told))).url
        if onward.startswith("/") and not onward.startswith("//"):
            yield onward


def _onward_of_json(answer: Any) -> list[str]:
    if "json" not in answer["Content-Type"] or not isinstance(answer.json(), dict):
        return []
    listed = answer.json().get("results", [])
    base = answer.wsgi_request.path
    return [f"{base}{one['id']}/" for one in listed if isinstance(one, dict) and "id" in one]


def text_of(answer: Any) -> str:
    """Everything a person could read in an answer, whatever its kind; pictures hold no text."""
    body, kind = answer.getvalue(), answer["Content-Type"]
    if _SHEET in kind:
        book = load_workbook(BytesIO(body))
        cells = [
            str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None
        ]
        return "\n".join([*book.sheetnames, *cells])
    if _PAPER in kind:
        reader = PdfReader(BytesIO(body))
        return "\n".join([*(page.extract_text() for page in reader.pages), str(reader.metadata)])
    if kind.startswith("image/"):
        return ""
    text = body.decode("utf-8", errors="replace")
    if "json" in kind:
        return f"{text}\n{answer.json()}"
    return unescape(text) if "html" in kind else text
