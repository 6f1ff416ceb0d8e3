"""From owed disclosures to a published edition, in the fewest steps a test can read."""

from datetime import date, datetime

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from baogai.editions import begin_edition, issue
from communities.models import Body, Compound, PropertyFirm
from kernel.fields import Reference
from kernel.periods import Period
from notices.models import Edition, EditionDraft
from notices.rules import EditionKind
from notices.services.editions import Wording, submit_draft
from supervision.models import Obligation
from supervision.services import fulfil
from tests.books import png
from tests.cast import NOON, World
from tests.disclosing import at, owe

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
