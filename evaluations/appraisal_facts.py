"""What an appraisal judges by: facts as those who know them hand them in, and as a score counts and explains them.

Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from evaluations.appraisal_rules import Source
from kernel.days import local_day, long_date

# -- As those who know them hand them in -------------------------------------------------------------------------------


@dataclass(frozen=True)
class FindingFact:
    """A deduction found on site: `points` are taken off the item. `reference` is the finding's public id.

    An inspection that found nothing is a fact too: 0 points with the item's code.
    """

    item_code: str
    points: Decimal
    found_on: date
    words: str
    reference: str


@dataclass(frozen=True)
class TicketFact:
    """A 12345 ticket. `satisfied` is None where nobody was asked; `justified` says whether the matter was so (属实).

    One without `due_at` came without a last day, so nobody can say whether it was handled in time.
    """

    number: str
    received_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    satisfied: bool | None
    repeated: bool
    justified: bool
    reference: str


#: A compound and the firm judged for it, by their keys.
Appraised = tuple[int, int]
FindingFacts = Sequence[FindingFact]
TicketFacts = Sequence[TicketFact]


# -- As a score counts and explains them -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """One line of explanation: so many `good` of so many, or `minus` points; `reference` on the page of `kind`."""

    words: str
    good: int = 0
    of: int = 0
    minus: Decimal = Decimal(0)
    kind: str = ""
    reference: str = ""

    def frozen(self) -> dict[str, str | int]:
        return {
            "words": self.words,
            "good": self.good,
            "of": self.of,
            "minus": f"{self.minus:.2f}",
            "kind": self.kind,
            "reference": self.reference,
        }

    @classmethod
    def thawed(cls, one: Mapping[str, Any]) -> "Part":
        return cls(one["words"], one["good"], one["of"], Decimal(one["minus"]), one["kind"], one["reference"])


def survey_part(*, satisfied: int, valid: int, words: str, reference: str) -> Part:
    return Part(words, satisfied, valid, kind="survey", reference=reference)


def duty_part(*, label: str, deadline_on: date, done_on: date | None, is_late: bool, on: date, reference: str) -> Part:
    """A disclosure owed: kept, late, missed, or not due yet on the day it was looked up (then it does not count)."""
    due = f"{label}：{long_date(deadline_on)}到期"
    if done_on is None and on <= deadline_on:
        return Part(f"{due}，尚未到期，不计", kind="duty", reference=reference)
    done = f"{long_date(done_on)}完成" if done_on else "未完成"
    good = 0 if done_on is None or is_late else 1
    return Part(f"{due}，{done}{'，逾期' if not good else ''}", good, 1, kind="duty", reference=reference)


def finding_part(fact: FindingFact) -> Part:
    return Part(f"{long_date(fact.found_on)} {fact.words}", minus=fact.points, kind="finding", reference=fact.reference)


def ticket_part(source: Source, fact: TicketFact, *, at: datetime) -> Part | None:
    """What a ticket says about an item at a moment; None where it says nothing.

    Every ticket must be handled in time, justified or not; for satisfaction and repetition only justified ones count.
    """
    number, part = f"工单 {fact.number}", Part("", kind="ticket", reference=fact.reference)
    if source is Source.HOTLINE_HANDLED:
        if fact.due_at is None:
            return replace(part, words=f"{number}：没有办理期限，不计")
        due = f"{number}：限 {_day(fact.due_at)}"
        if fact.closed_at is None and at <= fact.due_at:
            return replace(part, words=f"{due}，尚在期限内，不计")
        done = f"{_day(fact.closed_at)}办结" if fact.closed_at else "未办结"
        good = fact.closed_at is not None and fact.closed_at <= fact.due_at
        return replace(part, words=f"{due}，{done}{'' if good else '，逾期'}", good=int(good), of=1)
    if not fact.justified:
        return replace(part, words=f"{number}：经核不属实，不计")
    if source is Source.HOTLINE_SATISFIED:
        if fact.satisfied is None:
            return None
        return replace(
            part, words=f"{number}：回访{'满意' if fact.satisfied else '不满意'}", good=int(fact.satisfied), of=1
        )
    words = f"{number}：{'重复投诉' if fact.repeated else '没有重复'}"
    return replace(part, words=words, good=int(not fact.repeated), of=1)


def _day(at: datetime) -> str:
    return long_date(local_day(at))
