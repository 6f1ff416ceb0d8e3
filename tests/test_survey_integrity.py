"""诚信核对: planted stuffing is noticed, honest surveys are left in peace, the error of a rate is in whole numbers."""

import random
from datetime import datetime, timedelta

import pytest

from evaluations.integrity import Building, Course, margin_of, signs_of
from evaluations.rules import Channel
from kernel.days import SHANGHAI

ENDS = datetime(2026, 11, 8, 20, tzinfo=SHANGHAI)
BEGINS = ENDS - timedelta(days=10)


def honest(seed: int, *, units: int = 240, turnout: int = 55) -> Course:
    """As people vote: most on the first day and after reminders, in the evening, neighbours alike but not equal."""
    lots = random.Random(seed)  # noqa: S311 - a generated survey, not a secret
    buildings, hours = [], {}
    channels = dict.fromkeys((Channel.SLIP, Channel.CODE, Channel.PAPER), 0)
    for number in range(1, 7):
        homes = units // 6
        took_part = sum(lots.randrange(100) < turnout + 8 * lots.choice((-1, 0, 1)) for _ in range(homes))
        buildings.append(Building(f"{number}号楼", homes, took_part))
    for _ in range(sum(one.took_part for one in buildings)):
        day = lots.choices((0, 1, 2, 3, 5, 7, 8, 9), weights=(30, 12, 8, 14, 8, 14, 8, 6))[0]
        hour = lots.choices(range(8, 24), weights=(2, 2, 3, 3, 6, 5, 3, 3, 3, 4, 6, 10, 14, 14, 10, 4))[0]
        at = (BEGINS + timedelta(days=day)).replace(hour=hour)
        hours[at] = hours.get(at, 0) + 1
        channels[lots.choices(list(channels), weights=(45, 45, 10))[0]] += 1
    return Course(units, ENDS, buildings, channels, sorted(hours.items()))


def planted(course: Course, **changes: object) -> Course:
    return Course(**{**course.__dict__, **changes})


@pytest.mark.parametrize("seed", range(40))
def test_an_honest_survey_shows_no_sign(seed: int) -> None:
    assert signs_of(honest(seed)) == []
    assert signs_of(honest(seed, units=120, turnout=40)) == []


@pytest.mark.parametrize("seed", range(5))
def test_forty_votes_stuffed_within_an_hour_are_a_burst(seed: int) -> None:
    course = honest(seed)
    night = (BEGINS + timedelta(days=4)).replace(hour=3)
    channels = course.channels | {Channel.CODE: course.channels[Channel.CODE] + 40}
    signs = signs_of(planted(course, hours=sorted([*course.hours, (night, 40)]), channels=channels))
    assert len(signs) == 1
    assert "11月2日 3时集中收到 40 票" in signs[0]


def test_a_rush_before_the_end_much_paper_and_one_whole_building_are_named() -> None:
    course = honest(1)
    late = [(ENDS - timedelta(hours=2), 25), (ENDS - timedelta(hours=1), 25)]
    rushed = planted(course, hours=sorted([*course.hours, *late]), channels=course.channels | {Channel.SLIP: 110})
    assert any("截止前 3 小时收到 50 票" in sign for sign in signs_of(rushed))
    paper = planted(course, channels={Channel.CODE: 60, Channel.PAPER: 70})
    assert any("代录纸质票 70 张，占 53%" in sign for sign in signs_of(paper))
    whole = [Building("1号楼", 40, 40), *(Building(f"{n}号楼", 40, 12) for n in range(2, 7))]
    assert any(
        "1号楼40 户有 40 户参与" in sign
        for sign in signs_of(planted(course, buildings=whole, channels={Channel.CODE: 100}))
    )


def test_small_buildings_and_thin_hours_are_not_told_apart() -> None:
    course = Course(30, ENDS, [Building("1号楼", 9, 9), Building("2号楼", 21, 3)], {Channel.CODE: 12}, [(BEGINS, 4)])
    assert [one.name for one in course.shown_buildings] == ["2号楼"]
    assert course.shown_hours == []
    assert signs_of(course) == []


@pytest.mark.parametrize(
    ("part", "valid", "units", "margin"),
    [
        (50, 100, 10_000_000, 980),  # the well-known ±9.80 points of 100 answers among very many
        (50, 100, 200, 695),  # half of all asked: 9.8 · √(100/199) = 6.947…
        (0, 100, 200, 0),
        (100, 100, 100, 0),
        (5, 0, 10, 0),
    ],
)
def test_how_far_a_rate_may_lie_from_that_of_all_homes(part: int, valid: int, units: int, margin: int) -> None:
    assert abs(margin_of(part, valid, units) - margin) <= 1
