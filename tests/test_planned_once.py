"""What every request reads is planned once per connection; a new connection, or a failure in between, plans anew."""

import pytest
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.compiled import Prepared
from accounts.models import User
from communities.permissions import standing_of
from tests.cast import TODAY, World, build_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return build_world()


def read(person: User) -> tuple[frozenset[int], list[str]]:
    """The homes of a person, asked anew, and the statements it took."""
    with CaptureQueriesContext(connection) as asked:
        homes = standing_of(User.objects.get(pk=person.pk), TODAY).home_unit_ids
    return homes, [one["sql"].split()[0] for one in asked.captured_queries]


def test_a_second_reading_is_planned_already_and_a_new_connection_plans_for_itself(world: World) -> None:
    read(world.owner)
    assert read(world.owner) == (frozenset({world.unit.pk}), ["SELECT", "EXECUTE"])
    assert read(world.other_owner)[0] != frozenset({world.unit.pk})
    connection.close()
    assert read(world.owner) == (frozenset({world.unit.pk}), ["SELECT", "PREPARE"])
    assert read(world.owner)[1] == ["SELECT", "EXECUTE"]


def test_what_failed_while_it_was_planned_is_planned_again_under_another_name(db: None) -> None:
    halve = Prepared("SELECT 10 / $1::int")
    with pytest.raises(DataError), transaction.atomic():
        halve(0)
    assert halve(2) == [(5,)]
    with pytest.raises(DataError), transaction.atomic():
        halve(0)
    assert halve(5) == [(2,)]
