"""Households are told when a survey opens and reminded before it ends, once a day, as long as they have not voted."""

from datetime import date, datetime, time, timedelta

import pytest
import time_machine

from evaluations import tasks
from evaluations.services.reminding import remind_households, tell_of_votes
from kernel.days import SHANGHAI
from notices.models import Message
from tests.cast import TODAY, World
from tests.surveying import count, end_now, homes, opened, residents, votes

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


def test_the_next_morning_everybody_of_the_home_learns_that_it_has_voted_and_nothing_more(
    world: World, clock: time_machine.Traveller
) -> None:
    units = homes(world.compound, 3)
    people = residents(units)
    survey = opened(world)
    votes(survey, [units[2], units[0]], "BE", comment="楼道灯坏了")
    assert tell_of_votes(TODAY) == 0, "not on the day itself: the time of the vote would show"
    tomorrow = TODAY + timedelta(days=1)
    clock.move_to(datetime.combine(tomorrow, time(8, 30), tzinfo=SHANGHAI))
    for _ in range(2):
        tasks.remind_of_surveys()
    told = Message.objects.filter(title="本户已投票").order_by("pk")
    assert [one.recipient for one in told] == [people[0], people[2]], "by person, never in the order of the votes"
    body = told[0].body
    assert str(survey) in body
    assert "如不是本户人员所投，请马上联系" in body
    assert not any(words in body for words in ("满意。", "楼道灯", ":", "很"))
    assert tell_of_votes(tomorrow + timedelta(days=1)) == 0


def test_the_last_days_voters_are_told_although_the_survey_is_over(world: World, key_store: object) -> None:
    units = homes(world.compound, 12)
    residents(units)
    survey = opened(world)
    votes(survey, units, "B" * 12)
    end_now(survey, world.officer)
    count(survey)
    assert tell_of_votes(TODAY + timedelta(days=1)) == 12
