"""Appraisals for the tests: a half-year that is being scored, one handed in, told, final."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.models import User
from communities.models import Compound
from evaluations.appraisal_rules import Head, Source
from evaluations.models import Appraisal, AppraisalRound
from evaluations.services.appraisals.finishing import make_final
from evaluations.services.appraisals.methods import Row, save_method
from evaluations.services.appraisals.opening import open_round
from evaluations.services.appraisals.replying import rest
from evaluations.services.appraisals.reviewing import tell_firm
from evaluations.services.appraisals.scoring import Points, score_items, submit
from evaluations.services.appraisals.sheets import marks_of, sheet_of
from kernel.days import start_of
from kernel.periods import Cadence, Period
from tests.cast import NOON, TODAY, World

HALF = Period.containing(TODAY, Cadence.HALF)
#: The last day of five working days after TODAY (a Thursday).
WINDOW_ENDS = date(2026, 11, 5)
#: Noon of the first day after the firm's window.
AFTER = start_of(WINDOW_ENDS) + timedelta(days=1, hours=12)


def by_hand(world: World, *, period: Period = HALF, at: datetime = NOON) -> None:
    """A method whose every item a person scores: 30, 20, 20, 20 and 10 points by head."""
    points = (30, 20, 20, 20, 10)
    rows: list[Row] = [(head, head.label, Decimal(n), Source.HAND) for head, n in zip(Head, points, strict=True)]
    save_method(
        world.town,
        period,
        rows=rows,
        most_adjustment=Decimal(5),
        vetoes=["发生安全责任事故", "侵占公共收益"],
        by=world.officer,
        at=at,
    )


def opened(world: World, *, period: Period = HALF, at: datetime = NOON) -> AppraisalRound:
    """A half-year whose every item is scored by hand, being scored."""
    by_hand(world, period=period, at=at)
    return open_round(world.town, period, by=world.officer, at=at)


def of(compound: Compound, *, period: Period = HALF) -> Appraisal:
    """The compound's appraisal as it stands, the latest version."""
    found = Appraisal.objects.for_display().filter(compound=compound, period=period.code)
    return found.order_by("-version")[0]


def give(appraisal: Appraisal, *, by: User, at: datetime = NOON, **points: str) -> None:
    """Points by the item's code, short ones with a reason."""
    score_items(appraisal, [Points(code, Decimal(n), "现场核实") for code, n in points.items()], by=by, at=at)


def give_all(appraisal: Appraisal, *, by: User, at: datetime = NOON) -> None:
    """Full points for whatever is not scored yet."""
    sheet = sheet_of(appraisal, marks_of(appraisal))
    left = [Points(line.item.code, line.item.points, "现场核实") for line in sheet.lines if line.got is None]
    score_items(appraisal, left, by=by, at=at)


def handed_in(world: World, compound: Compound | None = None, *, period: Period = HALF, **points: str) -> Appraisal:
    """Scored by the officer, full points but for those given, and handed in."""
    found = of(compound or world.compound, period=period)
    give(found, by=world.officer, **points)
    give_all(found, by=world.officer)
    submit(found, by=world.officer, at=NOON)
    return of(found.compound, period=period)


def told(world: World, compound: Compound | None = None, *, period: Period = HALF, **points: str) -> Appraisal:
    """Reviewed by the second officer; the firm may reply until WINDOW_ENDS."""
    found = handed_in(world, compound, period=period, **points)
    tell_firm(found, by=world.second_officer, at=NOON)
    return of(found.compound, period=period)


def final(world: World, compound: Compound | None = None, *, period: Period = HALF, **points: str) -> Appraisal:
    """The firm has nothing to say, the second officer made it final."""
    found = told(world, compound, period=period, **points)
    manager = world.manager if found.firm == world.firm else world.other_manager
    rest(found, by=manager, at=NOON)
    make_final(found, by=world.second_officer, at=NOON)
    return of(found.compound, period=period)
