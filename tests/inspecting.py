"""Inspections on site for the tests: begun, written and handed in by the services the pages call."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from accounts.models import User
from communities.models import Compound
from evaluations.models import Finding, Inspection
from evaluations.services.fieldwork import inspectable
from evaluations.services.inspecting import begin_inspection, hand_in, record_finding
from tests import books
from tests.cast import NOON, TODAY

#: Of the method every town begins with: 保洁 6 points, 宣传氛围 4 points, both judged on site.
CLEANING, POSTERS = "W1", "C1"


def begun(compound: Compound, *, by: User, at: datetime = NOON) -> Inspection:
    return begin_inspection(compound, by=by, at=at)


def found(
    draft: Inspection,
    *,
    by: User,
    code: str = CLEANING,
    points: str = "2",
    words: str = "楼道有积尘",
    at: datetime = NOON,
) -> Finding:
    return record_finding(draft, code=code, points=Decimal(points), words=words, photos=[books.picture()], by=by, at=at)


def inspected(
    compound: Compound,
    *findings: tuple[str, str],
    by: User,
    on: date = TODAY,
    checked: Sequence[str] | None = None,
    at: datetime = NOON,
) -> Inspection:
    """An inspection handed in, with these (code, points); every item on site was looked at unless told otherwise."""
    draft = begun(compound, by=by, at=at)
    for code, points in findings:
        found(draft, by=by, code=code, points=points, at=at)
    codes = [item.code for item in inspectable(draft.method)] if checked is None else checked
    return hand_in(draft, visited_on=on, checked=codes, by=by, at=at)
