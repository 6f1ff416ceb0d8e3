"""What no visitor may do at any address of the portal, whoever they are and whatever they send.

Every test walks all addresses the resolver knows, so that a new page is held to the same from its first day.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.apps import apps
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from finance.models import Disclosure
from supervision.models import Obligation
from tests.addresses import web_role
from tests.cast import NOON, World, build_world
from tests.routes import ABSENT, Estate, Route, all_routes, build_estate

pytestmark = pytest.mark.django_db
ROUTES = all_routes()
#: What everybody may read of any compound: published disclosures.
PUBLIC = {
    "finance:check",
    "finance:disclosure",
    "finance:poster",
    "finance:spreadsheet",
    "finance:posting_photo",
    "evaluations:result",
    "evaluations:receipt",
    "api-disclosure-detail",
    "editions:edition",
    "editions:table",
    "editions:poster",
    "fieldwork:ranking_export",
    "help_manual",
    "help_picture",
    # Whoever holds the secret is let in by it; and anybody may ask to be bound to a home in any compound.
    "doors:slip",
    "doors:link",
    "doors:apply",
}
#: Whose work it is, by the longest beginning of the address's name.
WORKERS = {
    "": "officer",
    "finance:": "treasurer",
    "finance:decide_take_back": "officer",
    "finance:draft_review": "chair",
    "finance:draft_publish": "chair",
    "finance:draft_countersign": "manager",
    "notices:": "owner",
    "issue_edition": "second_officer",
    "appraisals:reply": "manager",
    "appraisals:rest": "manager",
    "appraisals:return": "second_officer",
    "appraisals:tell": "second_officer",
    "appraisals:final": "second_officer",
    "evaluations:vote": "owner",
    "evaluations:ballot_list": "owner",
    "evaluations:release": "second_officer",
    "supervision:perform": "treasurer",
    "supervision:confirm_policy": "second_officer",
    "supervision:confirm_extension": "second_officer",
    "care_mode": "owner",
    "password": "owner",
}
SIGNING = {"login", "account_login", "logout"}
#: Open to whoever is not signed in yet; they show a form, or lead on to the one before.
DOORS = {"login", "account_login", "doors:arrive", "doors:arrive_home", "doors:arrive_code", "doors:apply_where"} | {
    "doors:apply_check",
    "doors:code",
    "doors:code_check",
    "doors:code_who",
    "doors:link_use",
    "mfa_authenticate",
}


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


@pytest.fixture(scope="module")
def acts(_ground: tuple[World, Estate]) -> list[Route]:
    """Addresses that take something: the others answer 405 to whatever is sent."""
    world, estate = _ground
    found = []
    with time_machine.travel(NOON):
        for route in ROUTES:
            with undone():
                if signed_in(worker(world, route)).post(route.url(estate.ours)).status_code != 405:
                    found.append(route)
    assert len(found) > 40
    return found


def worker(world: World, route: Route) -> User:
    found = max((start for start in WORKERS if route.name.startswith(start)), key=len)
    return world.people[WORKERS[found]]


def signed_in(user: User | None, **kwargs: Any) -> Client:
    """A browser that gets an answer even where the portal breaks."""
    client = Client(raise_request_exception=False, **kwargs)
    if user is not None:
        client.force_login(user)
    return client


@contextmanager
def undone() -> Iterator[None]:
    """Whatever was done inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def seen(answer: HttpResponse, *ids: str) -> tuple[int, str]:
    """An answer as the visitor compares it: the status, and the body without what differs each time."""
    body = b"".join(answer) if answer.streaming else answer.content
    text = re.sub(r"\b[A-Za-z0-9]{64}\b", "token", body.decode(errors="replace"))
    for one in ids:
        text = text.replace(one, "…")
    return answer.status_code, text


def broken(answers: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(what, status) for what, status in answers if status >= 500]


# -- Ids ---------------------------------------------------------------------------------------------------------------


def test_every_address_is_known_here(estate: Estate) -> None:
    """An address with an id of a new kind must be given its objects in tests/routes.py."""
    for route in ROUTES:
        route.url(estate.ours)
        route.url(estate.theirs)


def test_what_is_the_neighbours_looks_like_what_does_not_exist(world: World, estate: Estate, acts: list[Route]) -> None:
    told, compared = [], 0
    for route in ROUTES:
        if not route.takes_ids or route.name in PUBLIC:
            continue
        # The town oversees both compounds; to it, what belongs to another town is foreign.
        people = [world.chair, world.owner]
        if "town_code" in route.ids or any(word in route.name for word in ("policy", "extension", "edition")):
            people.append(world.officer)
        absent_ids = dict.fromkeys(estate.ours, ABSENT) | {"town_code": "000000000000"}
        foreign, absent = route.url(estate.theirs), route.url(absent_ids)
        ids = (*estate.theirs.values(), ABSENT, "000000000000")
        for person in people:
            client = signed_in(person)
            for ask in [client.get, *([client.post] if route in acts else [])]:
                with undone():
                    theirs = seen(ask(foreign), *ids)
                with undone():
                    nothing = seen(ask(absent), *ids)
                compared += 1
                if theirs != nothing or theirs[0] not in (403, 404, 405):
                    told.append((route.name, person.username, ask.__name__, theirs[0], nothing[0]))
    assert not told
    assert compared > 150


def test_a_foreign_part_of_an_own_thing_does_not_exist(world: World, estate: Estate) -> None:
    """An own compound with another one's import, an own draft with another one's item."""
    for name, inner in (
        ("communities:roster_import", "import_id"),
        ("communities:roster_columns", "import_id"),
        ("communities:roster_faults", "import_id"),
        ("communities:roster_confirm", "import_id"),
        ("communities:roster_drop", "import_id"),
        ("finance:draft_unlist", "item_id"),
        ("finance:posting_photo", "posting_id"),
        ("edition_proof", "dispatch_id"),
    ):
        route = next(one for one in ROUTES if one.name == name)
        client = signed_in(worker(world, route))
        mixed = route.url(estate.ours | {inner: estate.theirs[inner]})
        statuses = {client.get(mixed).status_code, client.post(mixed).status_code}
        assert statuses <= {404, 405}, (name, statuses)
        with undone():
            assert 404 not in {client.get(route.url(estate.ours)).status_code}, name


# -- What is sent ------------------------------------------------------------------------------------------------------

MOMENT = "2001-02-03T04:05:06"
FORGED_ID = "zzzzzzzzzzzzzzzz"
#: What nobody sets by typing it.
EXTRA = {
    "id": "424242",
    "pk": "424242",
    "public_id": FORGED_ID,
    "status": "fulfilled",
    "stage": "published",
    "progress": "unposted",
    "late": "0",
    "is_late": "0",
    "published_at": MOMENT,
    "fulfilled_at": MOMENT,
    "posted_at": MOMENT,
    "entered_at": MOMENT,
    "opened_on": "2001-02-03",
    "due_on": "2001-02-03",
    "deadline_on": "2001-02-03",
    "confirmed_at": MOMENT,
    "confirmed_by": "1",
    "is_staff": "1",
    "is_superuser": "1",
    "is_active": "1",
    "prepared_by": "1",
    "hash": "0" * 64,
}
_STRANGE = ("👩‍👩‍👧‍👦🏠'\";--<script>", "9" * 26, "-1", "9999-12-31", "NaN", "长" * 3000)
_MEGABYTE = "宝" * (2**20 // 3)


@pytest.fixture(scope="module")
def names(_ground: tuple[World, Estate]) -> list[str]:
    """Every name any form of the portal has."""
    world, estate = _ground
    found: set[str] = {"obligation", "line", "confirmed", "is_public", "kept", "wanted", "next", "seen", "version"}
    with time_machine.travel(NOON), undone():
        for route in ROUTES:
            if "draft_" not in route.name and not route.name.startswith("api-"):
                answer = signed_in(worker(world, route)).get(route.url(estate.ours))
                if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
                    found |= set(re.findall(r'name="([\w-]+)"', answer.content.decode()))
    return sorted(found - {"viewport", "csrfmiddlewaretoken", "description"})


def hostile(names: list[str]) -> dict[str, dict[str, Any]]:
    """By what is wrong with it: a form to send."""
    return {
        "nothing": {},
        "NUL": dict.fromkeys(names, "a\x00b"),
        "strange": dict(zip(names, cycle(_STRANGE), strict=False)),
        "stranger": dict(zip(reversed(names), cycle(_STRANGE), strict=False)),
        "megabytes": dict.fromkeys(("reason", "text", "note", "title"), _MEGABYTE),
    }


def test_no_form_breaks_on_what_is_sent_to_it(
    world: World, estate: Estate, acts: list[Route], names: list[str]
) -> None:
    sent = hostile(names)
    answers = []
    for route in acts:
        client, url = signed_in(worker(world, route)), route.url(estate.ours)
        for what, data in sent.items():
            with undone():
                answers.append((f"{route.name}: {what}", client.post(url, data).status_code))
    assert not broken(answers)
    assert len(answers) > 200


#: multipart bodies whose author chose a strange alphabet: halves of characters, which no database takes.
_HALF = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
_ALPHABETS = {"unicode_escape": rb"\ud800"}


def test_half_a_character_breaks_nothing(world: World, estate: Estate, acts: list[Route], names: list[str]) -> None:
    answers = []
    for alphabet, half in _ALPHABETS.items():
        body = b"".join(_HALF % (name.encode(), half) for name in names) + b"--x--\r\n"
        kind = f"multipart/form-data; boundary=x; charset={alphabet}"
        for route in acts:
            client, url = signed_in(worker(world, route)), route.url(estate.ours)
            with undone():
                answers.append((f"{route.name} {alphabet}", client.post(url, body, content_type=kind).status_code))
    assert not broken(answers)


def test_the_api_takes_nothing_however_deep(world: World, estate: Estate) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    for route in ROUTES:
        if not route.name.startswith("api-"):
            continue
        cache.clear()  # so that the throttle does not answer first
        client, url = signed_in(world.officer), route.url(estate.ours)
        for body in (deep, '{"a": "\\ud800"}', "{", json.dumps(EXTRA), "\x00"):
            for ask in (client.post, client.put, client.patch, client.delete):
                answer = ask(url, body, content_type="application/json")
                assert answer.status_code in (400, 403, 405, 415), (route.name, answer.status_code)


def _rows() -> Iterator[tuple[str, dict[str, Any]]]:
    for app in ("accounts", "communities", "notices", "supervision", "committees", "finance", "evaluations"):
        for model in apps.get_app_config(app).get_models():
            for row in model._base_manager.values():
                yield model.__name__, row


def test_fields_nobody_asked_for_are_ignored(world: World, estate: Estate, acts: list[Route]) -> None:
    published = set(Disclosure.objects.values_list("public_id", flat=True))
    fulfilled = set(Obligation.objects.fulfilled().values_list("public_id", flat=True))
    for route in acts:
        if route.name in SIGNING:
            continue
        signed_in(worker(world, route)).post(route.url(estate.ours), EXTRA)
        assert set(Obligation.objects.fulfilled().values_list("public_id", flat=True)) == fulfilled, route.name
        assert set(Disclosure.objects.values_list("public_id", flat=True)) == published, route.name
    for model, row in _rows():
        told = {name: str(value) for name, value in row.items()}
        assert not [name for name, value in told.items() if "2001-02-03" in value or FORGED_ID in value], (model, told)
        assert not row.get("is_staff"), told
        assert row.get("id") != 424242, told


# -- What is asked -----------------------------------------------------------------------------------------------------

_FILTERS = (
    "q",
    "text",
    "village",
    "period",
    "duty",
    "state",
    "sort",
    "kind",
    "fate",
    "quarter",
    "compound",
    "name",
    "v",
)
QUERIES = (
    "page=99999999999999999999&sort=user__password&ordering=user__password&period=9999Q9&quarter=9999Q9&v=9e99",
    "page=-1&current=9999Q9&" + "&".join(f"{name}='%20or%201=1--" for name in _FILTERS),
    "page=0&" + "&".join(f"{name}=x%00" for name in _FILTERS),
    "page=x&" + "&".join(f"{name}=%ED%A0%80%FF" for name in _FILTERS) + "%E5%AE%9D" * 1000,
)


def test_no_page_breaks_on_what_its_address_asks(world: World, estate: Estate) -> None:
    answers = []
    for route in ROUTES:
        client, url = signed_in(worker(world, route)), route.url(estate.ours)
        for query in QUERIES:
            with undone():
                answers.append((f"{url}?{query[:60]}", client.get(f"{url}?{query}").status_code))
    assert not broken(answers)


@pytest.mark.parametrize("bad", ["%00", "a%00b", "%ED%A0%80", "x" * 5000, "..%2f..%2fetc", "💣", "'"])
def test_no_address_breaks_on_a_strange_id(world: World, bad: str) -> None:
    client = signed_in(world.officer)
    for start in (
        "/compounds/", "/obligations/", "/policies/", "/books/accounts/", "/disclosures/", "/disclosures/check/",
        "/messages/", "/committees/", "/api/v1/compounds/", "/api/v1/obligations/", "/api/v1/disclosures/",
    ):  # fmt: skip
        assert client.get(f"{start}{bad}/").status_code in (404, 400), start


# -- How it is asked ---------------------------------------------------------------------------------------------------


def test_nothing_is_done_without_the_sites_own_token(world: World, estate: Estate) -> None:
    for route in ROUTES:
        client, url = signed_in(worker(world, route), enforce_csrf_checks=True), route.url(estate.ours)
        assert client.post(url).status_code == 403, route.name
        assert client.delete(url).status_code in (403, 405), route.name


def test_no_page_knows_other_verbs(world: World, estate: Estate) -> None:
    told = []
    for route in ROUTES:
        client, url = signed_in(worker(world, route)), route.url(estate.ours)
        for verb in ("PUT", "PATCH", "DELETE"):
            with undone():
                status = client.generic(verb, url).status_code
            if status != 405:
                told.append((route.name, verb, status))
    assert not told


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        r"\\evil.example",
        r"/\evil.example",
        "javascript:alert(1)",
        "https:evil.example",
        "http://testserver@evil.example/",
        "https://testserver.evil.example",
        "\thttps://evil.example",
        "data:text/html,x",
        "/%0d%0aSet-Cookie:x=1",
        "\x00//evil.example",
    ],
)
def test_signing_in_leads_nowhere_else(world: World, onward: str) -> None:
    owner = User.objects.get(pk=world.owner.pk)  # the one in hand is shared by the file, and its password signs it in
    owner.set_password("correct-horse-battery")
    owner.save()
    typed = {"username": "owner", "password": "correct-horse-battery", "next": onward}
    client = Client()
    answers = [
        Client().post("/login/", typed),
        client.post("/login/?next=" + quote(onward), typed),
        client.get("/login/", {"next": onward}),
        client.post("/care-mode/", {"wanted": "1", "next": onward}),
    ]
    for answer in answers:
        assert answer.status_code == 302
        target = answer["Location"]
        assert target.startswith("/"), target
        assert not target.startswith(("//", "/\\")), target
        assert "\r" not in target
        assert "\n" not in target


def test_a_signed_in_persons_pages_are_kept_nowhere(world: World, estate: Estate) -> None:
    for route in ROUTES:
        with undone():
            answer = signed_in(worker(world, route)).get(route.url(estate.ours))
        told = answer.headers.get("Cache-Control", "")
        if route.name not in SIGNING:
            assert "no-store" in told, (route.name, told)
            assert "private" in told, (route.name, told)
        assert "public" not in told, route.name


def test_whoever_is_not_signed_in_gets_no_persons_page(world: World, estate: Estate) -> None:
    """Everything but the public pages sends to the log-in; the API says 403."""
    open_to_all = (PUBLIC | DOORS) | {
        "public_home",
        "privacy",
        "health",
        "healthz",
        "finance:disclosures",
        "editions:editions",
        "help",
        "style",
        "manifest",
        "test_inbox",
        "appraisals:verifier",
        "evaluations:verifier",
        "fieldwork:ranking",
        "fieldwork:firm_ranking",
        "fieldwork:history",
        "fieldwork:prices",
    } - {"api-disclosure-detail"}
    for route in ROUTES:
        if route.name in open_to_all or route.name in {"logout", "care_mode"}:
            continue
        answer = signed_in(None).get(route.url(estate.ours))
        assert answer.status_code in (302, 403, 405), (route.name, answer.status_code)
        if answer.status_code == 302:
            assert answer["Location"].startswith("/login/?next="), route.name
