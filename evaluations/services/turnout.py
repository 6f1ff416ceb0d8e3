"""How a survey goes: households that took part, by building and channel and hour. Answers are nowhere here."""

from typing import Any

from django.db.models import Count, QuerySet, Sum

from evaluations.integrity import Building, Course
from evaluations.models import Participation, RollEntry, Survey, TurnoutHour
from evaluations.rules import Channel
from kernel.days import SHANGHAI

_BUILDING = "unit__building__key", "unit__building__text"


def course_of(survey: Survey) -> Course:
    """Four statements. While a survey is open its page shows of this the totals and the buildings of ten homes up."""
    homes = _by_building(RollEntry.objects.filter(survey=survey))
    took_part = _by_building(Participation.objects.filter(survey=survey))
    channels = Participation.objects.filter(survey=survey).order_by().values_list("channel").annotate(n=Count("pk"))
    lanes = TurnoutHour.objects.filter(survey=survey).order_by("hour")
    hours = lanes.values_list("hour").annotate(n=Sum("count"))
    return Course(
        units=survey.units or 0,
        ends_at=survey.closes_at,
        buildings=[
            Building(name, count, took_part.get((key, name), 0))
            for (key, name), count in sorted(homes.items(), key=lambda item: (len(item[0][0]), item[0][0]))
        ],
        channels={Channel(channel): count for channel, count in channels},
        hours=[(hour.astimezone(SHANGHAI), count) for hour, count in hours],
    )


def _by_building(rows: QuerySet[Any]) -> dict[tuple[str, str], int]:
    counted = rows.order_by().values_list(*_BUILDING).annotate(n=Count("unit"))
    return {(key, name): count for key, name, count in counted}
