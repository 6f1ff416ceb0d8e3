"""From owed disclosures to a published edition, in the fewest steps a test can read."""

from datetime import date, datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from baogai.editions import begin_edition, issue
from communities.models import Body, Compound, PropertyFirm, Town
from evaluations.models import Survey
from evaluations.rules import SurveyKind
from evaluations.services.opening import open_survey
from kernel.fields import Reference
from kernel.periods import Period
from notices.models import Edition, EditionDraft
from notices.rules import (
    DisclosureLine,
    DisclosureState,
    EditionKind,
    PaperKind,
    Recipient,
    Side,
    Spot,
)
from notices.services.editions import Wording, issue_edition, press, record_dispatch, start_draft, submit_draft
from notices.services.editions.figures import Drawn
from supervision.models import Obligation
from supervision.services import fulfil
from tests.books import png
from tests.cast import NOON, World
from tests.disclosing import at, owe
from tests.surveying import count, end_now, homes, start, votes

QUARTER = Period.parse("2026Q2")
WORDING = Wording("宝小区通", "宝盖镇小区服务岗", "逾期未公示的单位请于11月15日前补公示。\n各村（社区）督促落实。")
#: As the papers must say it: the world's second quarter of 2026, due on 31 July.
COUNTS = {"按期完成": "1", "逾期完成": "1", "逾期未完成": "2", "未到期": "0"}


def second_quarter(world: World) -> list[Obligation]:
    """Four bearers: one in time, one a day late, two not at all."""
    owed: list[tuple[Body | PropertyFirm, Compound, datetime | None]] = [
        (world.firm, world.compound, at(date(2026, 7, 31), 23, 59, 59)),
        (world.committee, world.compound, at(date(2026, 8, 1), 0, 0, 0)),
        (world.other_firm, world.other_compound, None),
        (world.other_committee, world.other_compound, None),
    ]
    found = []
    for bearer, compound, done_at in owed:
        obligation = owe(world, QUARTER.code, bearer, compound=compound)
        if done_at:
            done(obligation, when=done_at)
        found.append(obligation)
    return found


def done(obligation: Obligation, *, when: datetime) -> None:
    proof = Reference("finance.disclosure", "0" * 16, "公示")
    fulfil(obligation, at=when, evidence=proof, by=None)


def drafted(world: World, *, by: User | None = None, when: datetime = NOON, wording: Wording = WORDING) -> EditionDraft:
    """One that waits for its second person."""
    by = by or world.officer
    draft = begin_edition(world.town, kind=EditionKind.DISCLOSURES, period=QUARTER, wording=wording, by=by, at=when)
    return submit_draft(draft, by=by, at=when)


def issued(world: World, *, when: datetime = NOON, wording: Wording = WORDING) -> Edition:
    """The quarter's edition, prepared by the officer and approved by the leader."""
    return issue(drafted(world, when=when, wording=wording), by=world.leader, at=when)


def proof(name: str = "签收单.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png("white"), "image/png")


# -- For tests that need an edition and not its figures ------------------------------------------------------------


def _made_up(compound: Compound) -> Drawn:
    spot = Spot(compound.public_id, compound.name, compound.village.name)
    line = DisclosureLine(spot, Side.FIRM, "示例物业", NOON.date(), None, None, DisclosureState.MISSING)
    return Drawn([line], "宝政〔2023〕87号四（三）1")


def plain_draft(town: Town, compound: Compound, *, period: str, by: User) -> EditionDraft:
    """One that waits for its second person, of a line that is made up."""
    draft = start_draft(
        town,
        kind=EditionKind.DISCLOSURES,
        period=Period.parse(period),
        drawn=_made_up(compound),
        wording=WORDING,
        by=by,
        at=NOON,
    )
    return submit_draft(draft, by=by, at=NOON)


def plain_edition(town: Town, compound: Compound, *, by: User, approved_by: User) -> Edition:
    """Published, checked off at one recipient, with the papers that are quickly made."""
    draft = plain_draft(town, compound, period="2025Q4", by=by)
    edition = issue_edition(draft, drawn=_made_up(compound), by=approved_by, at=NOON)
    record_dispatch(edition, recipient=Recipient.TOWN, done_on=NOON.date(), proof=proof(), by=by, at=NOON)
    for wanted in (press.Wanted(PaperKind.NEWS_TEXT), press.Wanted(PaperKind.POSTER_PDF, compound.public_id)):
        press.make_paper(edition, wanted, at=NOON)
    return edition


# -- 测评考评结果 ------------------------------------------------------------------------------------------------------

HALF = Period.parse("2026H1")
#: After the counts, which go by the ticking clock.
LATER = NOON + timedelta(hours=1)
#: Letters of the overall answer, by compound and kind: exactly half satisfied, over half dissatisfied, nine ballots,
#: nobody.
_VOTES = {
    ("仑后花园", SurveyKind.COMMITTEE): "B" * 10 + "D" * 10,
    ("仑后花园", SurveyKind.FIRM): "B" * 9 + "D" * 11,
    ("杆头新村", SurveyKind.COMMITTEE): "B" * 9,
    ("杆头新村", SurveyKind.FIRM): "",
}


def half_surveyed(world: World) -> list[Survey]:
    """The first half-year's four surveys, opened, voted on and counted."""
    homes_of = {compound.pk: homes(compound, 30) for compound in (world.compound, world.other_compound)}
    found = []
    for survey in start(world, SurveyKind.COMMITTEE, SurveyKind.FIRM, period=HALF):
        assert open_survey(survey.pk)
        survey.refresh_from_db()
        votes(survey, homes_of[survey.compound_id], _VOTES[str(survey.compound), SurveyKind(survey.kind)])
        end_now(survey, world.officer)
        found.append(count(survey))
    return found


def results_drafted(world: World, *, when: datetime = LATER) -> EditionDraft:
    """One of the half-year's results that waits for its second person."""
    facts = {"kind": EditionKind.RESULTS, "period": HALF, "wording": WORDING, "by": world.officer, "at": when}
    return submit_draft(begin_edition(world.town, **facts), by=world.officer, at=when)


def results_issued(world: World, *, when: datetime = LATER) -> Edition:
    """Of surveys that were counted: `half_surveyed` comes before."""
    return issue(results_drafted(world, when=when), by=world.leader, at=when)
