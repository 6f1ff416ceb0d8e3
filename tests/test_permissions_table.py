"""Every address, asked once by every kind of person.

docs/permissions.md says what each answers to each, and is held to that cell by cell. The same answers are weighed: the
walk of tests/test_pages_are_accessible.py follows links in a browser; here a page nobody links to is held to the same.
"""

from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from supervision.services.sweep import sweep
from tests.addresses import web_role
from tests.cast import NOON, TODAY, build_world
from tests.permission_table import Answer, documented, observe, only_submitted, words_by_route
from tests.routes import all_routes, build_estate
from tests.weighing import LARGEST_PAGE, outside, weight_of

pytestmark = pytest.mark.django_db
#: Tools of the API bring their own files.
_ELSEWHERE = {"api-docs"}


@pytest.fixture(scope="module")
def answers(django_db_setup: None, django_db_blocker: Any) -> list[Answer]:
    """One walk for the whole file; nothing of it stays."""
    with django_db_blocker.unblock(), time_machine.travel(NOON), transaction.atomic():
        world = build_world()
        estate = build_estate(world)
        sweep(TODAY, at=NOON)
        with connection.cursor() as cursor:
            cursor.execute(f'SET LOCAL ROLE "{web_role()}"')
        found = observe(world, estate)
        transaction.set_rollback(True)
    return found


def test_every_address_is_in_the_table() -> None:
    listed = documented().keys() | only_submitted()
    assert {route.name for route in all_routes()} - listed == set(), "add them to docs/permissions.md"
    assert listed - {route.name for route in all_routes()} == set(), "no such address any more"
    assert documented().keys() & only_submitted() == set()


def test_every_cell_is_as_stated(answers: list[Answer]) -> None:
    stated, found = documented(), words_by_route(answers)
    wrong = {name: (stated[name], found[name]) for name in stated if stated[name] != found[name]}
    assert wrong == {}, "stated and found differ"
    pages = {name for name in only_submitted() if "可" in found[name]}
    assert pages == set(), "these can be opened: they belong into the table above"


def test_every_page_of_every_role_is_light_and_asks_no_other_site(answers: list[Answer]) -> None:
    pages = {
        f"{answer.role} {answer.route}": answer.page
        for answer in answers
        if answer.page is not None and answer.route not in _ELSEWHERE
    }
    assert len(pages) > 400
    weights = {name: weight_of(page) for name, page in pages.items()}
    heavy = {name: weight // 1024 for name, weight in weights.items() if weight > LARGEST_PAGE}
    assert heavy == {}
    abroad = {name: found for name, page in pages.items() if (found := outside(page.decode()))}
    assert abroad == {}
