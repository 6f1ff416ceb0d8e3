"""Households are told when a survey opens and reminded before it ends, once a day, as long as they have not voted."""

from datetime import date

import pytest

from evaluations.services.reminding import remind_households
from notices.models import Message
from tests.cast import TODAY, World
from tests.surveying import homes, opened, residents, votes

pytestmark = pytest.mark.django_db


def told(world: World) -> list[str]:
    return list(Message.objects.inbox_of(world.owner).order_by("pk").values_list("title", flat=True))


def test_who_has_not_voted_is_told_on_the_first_day_and_on_the_days_the_round_asks_for(world: World) -> None:
    """The survey ends on 8 November; its round reminds seven days and one day before."""
    units = homes(world.compound, 3)
    people = residents(units)
    survey = opened(world)
    assert remind_households(TODAY) == 4
    remind_households(TODAY)
    assert told(world) == ["请参加仑后花园满意度测评"]
    votes(survey, units[:2], "BB")
    assert [remind_households(date(2026, 11, day)) for day in (1, 2, 7, 8)] == [2, 0, 2, 0]
    assert len(told(world)) == 3
    assert Message.objects.inbox_of(people[0]).count() == 1
    body = Message.objects.inbox_of(world.owner).latest("pk").body
    assert "2026年11月8日 12:00截止" in body


def test_a_survey_that_is_over_reminds_nobody(world: World) -> None:
    survey = opened(world)
    votes(survey, [world.unit], "B")
    assert remind_households(TODAY) == 0
    assert told(world) == []
