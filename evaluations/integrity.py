"""诚信核对: what a count cannot show, how it came about. Pure; whole numbers only.

It accuses nobody: each sign names what was seen and the line it crossed (本系统约定), for a person to look into. Honest
surveys are uneven too, so the lines are wide: votes gather in evenings, after reminders and where neighbours talk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isqrt

from evaluations.rules import LEAST_HOMES_SHOWN, LEAST_VOTES_SHOWN, Channel

#: An hour is a burst from so many votes on that are so large a share of all, and so many times a usual busy hour.
_BURST_VOTES, _BURST_SHARE, _BURST_TIMES = 15, 15, 4
#: The last hours before the end, and the share of all votes that is a surge.
_LATE, _LATE_VOTES, _LATE_SHARE = timedelta(hours=3), 15, 25
_ASSISTED_VOTES, _ASSISTED_SHARE = 10, 40
#: A building is odd where nearly all took part and elsewhere not half as many did.
_WHOLE, _ELSEWHERE = 95, 45


@dataclass(frozen=True)
class Building:
    """A building's homes on the roll, and how many took part. Small ones are not told apart."""

    name: str
    homes: int
    took_part: int

    @property
    def is_shown(self) -> bool:
        return self.homes >= LEAST_HOMES_SHOWN


@dataclass(frozen=True)
class Course:
    """How a survey went, without any answer."""

    units: int
    #: The hour fixed at the opening: where the office ended it earlier, nobody could hurry before the end.
    ends_at: datetime
    buildings: Sequence[Building]
    channels: Mapping[Channel, int]
    hours: Sequence[tuple[datetime, int]]

    @property
    def took_part(self) -> int:
        return sum(self.channels.values())

    @property
    def shown_buildings(self) -> list[Building]:
        return [building for building in self.buildings if building.is_shown]

    @property
    def shown_hours(self) -> list[tuple[datetime, int]]:
        return [(hour, count) for hour, count in self.hours if count >= LEAST_VOTES_SHOWN]


def signs_of(course: Course) -> list[str]:
    """What somebody should look into, in words; empty where nothing stands out."""
    found = [*_bursts(course), *_late(course), *_assisted(course), *_odd_buildings(course)]
    return [one for one in found if one]


def _bursts(course: Course) -> list[str]:
    busy = sorted(count for _, count in course.shown_hours)
    if not busy:
        return []
    usual = max(LEAST_VOTES_SHOWN, busy[(len(busy) - 1) // 2])
    return [
        f"{hour:%-m月%-d日 %-H}时集中收到 {count} 票，占全部 {course.took_part} 票的 {100 * count // course.took_part}%"
        for hour, count in course.shown_hours
        if count >= _BURST_VOTES
        and 100 * count >= _BURST_SHARE * course.took_part
        and (count >= _BURST_TIMES * usual or len(busy) == 1)
    ]


def _late(course: Course) -> list[str]:
    late = sum(count for hour, count in course.hours if hour >= course.ends_at - _LATE)
    if late >= _LATE_VOTES and 100 * late >= _LATE_SHARE * course.took_part:
        return [f"截止前 3 小时收到 {late} 票，占 {100 * late // course.took_part}%"]
    return []


def _assisted(course: Course) -> list[str]:
    paper = course.channels.get(Channel.PAPER, 0)
    if paper >= _ASSISTED_VOTES and 100 * paper >= _ASSISTED_SHARE * course.took_part:
        return [f"代录纸质票 {paper} 张，占 {100 * paper // course.took_part}%"]
    return []


def _odd_buildings(course: Course) -> list[str]:
    found = []
    for building in course.shown_buildings:
        homes, took_part = course.units - building.homes, course.took_part - building.took_part
        is_whole = 100 * building.took_part >= _WHOLE * building.homes
        if is_whole and homes >= LEAST_HOMES_SHOWN and 100 * took_part <= _ELSEWHERE * homes:
            here = f"{building.name}{building.homes} 户有 {building.took_part} 户参与"
            found.append(f"{here}，其他楼栋 {homes} 户只有 {took_part} 户")
    return found


def margin_of(part: int, valid: int, units: int) -> int:
    """How far the rate may lie from that of all households, in 0.01 %, at 95 %; 0 where all took part.

    1.96 · √(p(1−p)/n · (N−n)/(N−1)), computed in whole numbers and rounded up.
    """
    if valid == 0 or valid >= units:
        return 0
    inside = part * (valid - part) * (units - valid) * 19_600**2
    below = valid**3 * (units - 1)
    return isqrt(-(-inside // below)) + 1 if inside else 0
