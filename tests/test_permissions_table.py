"""docs/permissions.md says what every address answers to every role; it is held to that cell by cell."""

from supervision.services.sweep import sweep
from tests.cast import NOON, TODAY, World
from tests.permission_table import documented, observe, only_submitted
from tests.routes import all_routes, build_estate


def test_every_address_is_in_the_table() -> None:
    listed = documented().keys() | only_submitted()
    assert {route.name for route in all_routes()} - listed == set(), "add them to docs/permissions.md"
    assert listed - {route.name for route in all_routes()} == set(), "no such address any more"
    assert documented().keys() & only_submitted() == set()


def test_every_cell_is_as_stated(world: World) -> None:
    estate = build_estate(world)
    sweep(TODAY, at=NOON)
    stated = documented()
    found = observe(world, estate)
    wrong = {name: (stated[name], found[name]) for name in stated if stated[name] != found[name]}
    assert wrong == {}, "stated and found differ"
    pages = {name for name in only_submitted() if "可" in found[name]}
    assert pages == set(), "these can be opened: they belong into the table above"
