"""Everyone follows every link they have; nobody comes upon a name or a number that is not theirs to see (PRIV-01)."""

from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.http import HttpResponse
from weasyprint import HTML

from accounts.models import User
from communities.models import Building, Compound, Owner, Ownership, Unit
from files.writing import Sheet, download
from supervision.services.sweep import sweep
from tests.addresses import web_role
from tests.cast import EARLIER, NOON, TODAY, World, build_world
from tests.crawling import Crawl, crawl, text_of
from tests.routes import build_estate
from tests.test_hostile_input import undone

pytestmark = pytest.mark.django_db

OURS, THEIRS = ("覃思远", "15912340001"), ("禤若兰", "15912340002")
#: Who keeps the roster of the first compound, or oversees it: its owners' names are theirs to see, and no number.
KEEPERS = ("officer", "leader", "cadre", "chair", "treasurer", "manager", "clerk")
KEEPERS_THERE = ("other_chair", "other_manager")
#: Of these alone there are more than the crawl opens, for whoever does not oversee the town (whose names are all):
#: duties, which name their bearers, photos, which hold no text, and the manuals, which are the same for everybody.
MANY_ALIKE = {
    "supervision:obligation",
    "supervision:urge",
    "api-obligation-detail",
    "finance:posting_photo",
    "help_manual",
}
OTHERS = ("auditor", "member", "supervisor", "owner", "stranger", "other_chair", "other_manager", "other_owner", "")


def _plant(compound: Compound, name: str, phone: str) -> None:
    owner = Owner.objects.create(compound=compound, name=name, phone=phone)
    building = Building.objects.filter(compound=compound).first()
    unit = Unit.objects.create(building=building, room_key="909", room_text="909", area=Decimal("80.00"))
    Ownership.objects.create(unit=unit, owner=owner, from_on=EARLIER)


@pytest.fixture(scope="module")
def _ground(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One world at work for the whole file, with an owner planted in each compound."""
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(NOON):
            world = build_world()
            build_estate(world)
            sweep(TODAY, at=NOON)
            _plant(world.compound, *OURS)
            _plant(world.other_compound, *THEIRS)
        with connection.cursor() as cursor:
            cursor.execute(f'SET LOCAL ROLE "{web_role()}"')
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def world(_ground: World) -> Iterator[World]:
    with undone():
        yield _ground


def seen_by(world: World, who: str) -> Crawl:
    return crawl(User.objects.get(pk=world.people[who].pk) if who else None)


def _numbers_of_others(world: World, who: str) -> list[str]:
    """The numbers of everybody's accounts but one's own."""
    return [person.phone for key, person in world.people.items() if key != who]


@pytest.mark.parametrize("who", KEEPERS)
def test_who_keeps_the_roster_comes_upon_the_names_of_their_own_and_upon_no_number(world: World, who: str) -> None:
    seen = seen_by(world, who)
    oversees_both = who in ("officer", "leader")
    assert seen.finds(OURS[0]), "the roster shows the names to those who keep it"
    assert bool(seen.finds(THEIRS[0])) == oversees_both
    for number in (OURS[1], THEIRS[1], "13812345678", "13900001111", *_numbers_of_others(world, who)):
        places = seen.finds(number)
        if who == "officer":  # asked for both compounds' numbers, was agreed to, and may take them for a day
            places = [url for url in places if not url.endswith("/phones.xlsx")]
        assert places == [], number
    assert len(seen.routes) > 12, sorted(seen.routes)
    assert oversees_both or seen.cut <= MANY_ALIKE, "open more of these, or say why the first few suffice"


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_else_comes_upon_a_planted_name_or_number(world: World, who: str) -> None:
    seen = seen_by(world, who)
    # The neighbours' chair and manager keep the neighbours' roster, as ours do ours.
    names = (OURS[0],) if who in KEEPERS_THERE else (OURS[0], THEIRS[0])
    for secret in (*names, OURS[1], THEIRS[1], *_numbers_of_others(world, who)):
        assert seen.finds(secret) == [], secret
    assert bool(seen.finds(THEIRS[0])) == (who in KEEPERS_THERE)
    own = {"owner": "13812345678", "other_owner": "13900001111"}
    for key, number in own.items():
        assert bool(seen.finds(number)) == (key == who), "one's own, and only one's own"
    assert len(seen.routes) > (4 if who in ("", "stranger") else 8), sorted(seen.routes)
    assert {"text/html", "application/pdf"} <= seen.kinds
    if who == "auditor":
        assert {"trail", "trail_export"} <= seen.routes
        assert "text/csv" in seen.kinds


def test_the_crawl_would_find_a_leak_on_pages_in_tables_and_in_the_api(world: World) -> None:
    """The positive control: the same crawl, and a number in a name that everybody of the compound is shown."""
    before = seen_by(world, "member")
    assert before.finds(OURS[1]) == []
    Compound.objects.filter(pk=world.compound.pk).update(name=f"仑后花园 159 1234-0001 {OURS[0]}")
    leaking = seen_by(world, "member").finds(OURS[1])
    assert [url for url in leaking if url.endswith(".xlsx")], "in a table"
    assert [url for url in leaking if url.startswith("/api/")], "in the API"
    assert [url for url in leaking if url.startswith("/compounds/")], "on a page"


def test_a_number_is_read_in_every_kind_of_answer() -> None:
    page = HTML(string=f"<p>电话 {OURS[1]}</p>").write_pdf()
    assert OURS[1] in text_of(HttpResponse(page, content_type="application/pdf"))
    table = download("表", [Sheet("表", ("电话",), [(OURS[1],)])])
    assert OURS[1] in text_of(table)
    assert OURS[0] in text_of(HttpResponse(f"&#{ord('覃')};思远", content_type="text/html"))
    assert "无" in text_of(HttpResponse(BytesIO("无".encode()).getvalue(), content_type="text/csv"))
