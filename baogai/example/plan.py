"""The words in which `town` says what there is and what happened. Nothing here touches the database.

Days of a telling count from the quarter's due day: -12 is twelve days before it, 9 nine days after.
"""

from dataclasses import dataclass
from enum import Enum

from communities.rules import CompoundKind


class Step(Enum):
    """How far a bearer got with a quarter's disclosure."""

    NOTHING = "no books, no disclosure"
    BOOKS = "the statement taken in and booked, nothing published"
    PUBLISH = "published"
    COUNTERSIGN = "the other bearer's disclosure signed"


@dataclass(frozen=True)
class Telling:
    """One bearer's quarter. `posted` and `corrected` are days like `day`; None where it never hung or never changed.

    `begun` and `handed_in` are the days of the draft and of its submission; None is the day before.
    """

    step: Step
    day: int = 0
    posted: int | None = None
    corrected: int | None = None
    begun: int | None = None
    handed_in: int | None = None
    is_nil: bool = False


NOTHING = Telling(Step.NOTHING)


def published(
    day: int,
    *,
    posted: int | None = None,
    corrected: int | None = None,
    begun: int | None = None,
    handed_in: int | None = None,
    is_nil: bool = False,
) -> Telling:
    """Published and posted on the same day unless `posted` says otherwise."""
    hung = day if posted is None else posted
    return Telling(Step.PUBLISH, day, hung, corrected, begun, handed_in, is_nil)


def never_posted(day: int) -> Telling:
    return Telling(Step.PUBLISH, day)


def countersigned(day: int) -> Telling:
    return Telling(Step.COUNTERSIGN, day)


def booked(day: int) -> Telling:
    return Telling(Step.BOOKS, day)


Quarters = tuple[Telling, Telling, Telling, Telling]
SILENT: Quarters = (NOTHING, NOTHING, NOTHING, NOTHING)


@dataclass(frozen=True)
class Block:
    """How a compound is built: `rooms` on each of `floors` in each of `stairs` of each of `buildings`."""

    buildings: int
    stairs: int
    floors: int
    rooms: int


@dataclass(frozen=True)
class Account:
    """A public-revenue account: held by the committee or by the firm."""

    holder: str
    bank: str
    tail: str
    is_dedicated: bool = True


@dataclass(frozen=True)
class Firm:
    """An invented firm. `has_clerk` False: a single person answers for it and keeps its books."""

    key: str
    name: str
    has_clerk: bool = True


@dataclass(frozen=True)
class Place:
    """A compound, who serves and who represents it, its accounts, and how each bearer told each quarter.

    `contract` is running, overrun (agreed end passed, firm still there) or left (handed over within the third quarter
    told to `next_firm`). `committee` is running, overrun, or empty where there is none.
    """

    key: str
    name: str
    village: str
    kind: CompoundKind
    built_year: int
    block: Block
    has_lift: bool = True
    has_owner_group: bool = True
    has_maintenance_fund: bool = True
    firm: str = ""
    contract: str = "running"
    next_firm: str = ""
    fee: str = "1.20"
    committee: str = ""
    accounts: tuple[Account, ...] = ()
    firm_told: Quarters = SILENT
    committee_told: Quarters = SILENT
    is_pilot: bool = False
