"""Terms and seats: how long, how many, and when a term has run out (建房〔2009〕274号 arts. 31-34, defaults)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from communities.rules import Role

#: 274号 art. 31: five to eleven members, an odd number.
FEWEST_MEMBERS, MOST_MEMBERS = 5, 11
#: 274号 art. 32: a term lasts at most five years.
LONGEST_TERM_YEARS = 5
#: 本系统约定: how long before its last day a committee's end may be entered.
LONGEST_NOTICE = timedelta(days=366)
#: 物业管理条例 art. 16: filed within 30 days of the election.
FILING_DAYS = 30


@dataclass(frozen=True)
class SeatPost:
    """A post in a committee: what its holder may do, and whether one person holds it at a time."""

    title: str
    role: Role
    is_single: bool


SEAT_POSTS: tuple[SeatPost, ...] = (
    SeatPost("主任", Role.COMMITTEE_CHAIR, True),
    SeatPost("副主任", Role.COMMITTEE_MEMBER, False),
    SeatPost("财务委员", Role.COMMITTEE_TREASURER, True),
    SeatPost("委员", Role.COMMITTEE_MEMBER, False),
)


class TermState(Enum):
    """Where a term stands on a day; `value` is what the page says."""

    FUTURE = "未开始"
    RUNNING = "任期内"
    OVERRUNNING = "超期履职"
    OVER = "已届满"


def term_state(*, from_on: date, until_on: date, left_on: date | None, on: date) -> TermState:
    """`left_on` is the last day before a successor or the end of the committee, None while neither is known.

    A term that ran out without successor goes on as 超期履职 until hand-over.
    """
    if on < from_on:
        return TermState.FUTURE
    if left_on is not None and on > left_on:
        return TermState.OVER
    return TermState.RUNNING if on <= until_on else TermState.OVERRUNNING


def latest_end(from_on: date) -> date:
    """The last day a term may last when it begins on `from_on`."""
    year = from_on.year + LONGEST_TERM_YEARS
    try:
        return from_on.replace(year=year) - timedelta(days=1)
    except ValueError:  # begun on 29 February
        return date(year, 2, 28)


def is_proper_size(members: int) -> bool:
    """Five to eleven, and odd."""
    return FEWEST_MEMBERS <= members <= MOST_MEMBERS and members % 2 == 1


def filing_due_on(from_on: date) -> date:
    """The last day for filing the election."""
    return from_on + timedelta(days=FILING_DAYS)
