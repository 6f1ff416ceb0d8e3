"""发布稿: what editions are made of, composed from the apps that know; and the duty that is done with them.

`notices` makes, numbers and freezes an edition of whatever lines it is handed. A new sort of edition is one more
`Source` here; one that has no source is offered nowhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Min, Q

from accounts.models import User
from communities.models import Body, Town
from communities.rules import BodyKind
from files.models import StoredFile
from finance.models import Disclosure
from kernel.days import late_from, local_day, long_date
from kernel.errors import DomainError
from kernel.periods import Cadence, Period
from notices.models import Edition, EditionDispatch, EditionDraft
from notices.rules import DisclosureLine, DisclosureState, EditionKind, Recipient, Side, Spot
from notices.services.editions import Wording, is_dispatched, issue_edition, record_dispatch, reference_to
from notices.services.editions.drafts import reword_draft, start_draft
from notices.services.editions.figures import Drawn
from supervision.models import Obligation
from supervision.rules import Duty, clause_of
from supervision.services import fulfil


@dataclass(frozen=True)
class Source:
    """Where an edition's lines come from: `draw` reads them as they stood at a moment, `recent` how many periods."""

    cadence: Cadence
    draw: Callable[[Town, Period, datetime], Drawn]
    recent: int


# -- 季度公示情况通报 (方案四（三）1; the circular of 四（三）6) ------------------------------------------------------


def disclosures_drawn(town: Town, period: Period, at: datetime) -> Drawn:
    """Who owed the quarter's disclosure and how far it was at the moment: two statements.

    Raises DomainError while the ordinary deadline has not passed: what is not due yet is no result.
    """
    owed = Obligation.objects.filter(town=town, duty=Duty.DISCLOSURE, period=period.code)
    owed = owed.filter(Q(released_on__isnull=True) | Q(released_on__gt=local_day(at))).for_display()
    published = dict(
        Disclosure.objects.filter(obligation__in=owed.order_by().values("pk"), published_at__lte=at)
        .order_by()
        .values_list("obligation")
        .annotate(Min("published_at"))
    )
    obligations = list(owed)
    on = local_day(at)
    early = [one.deadline_on for one in obligations if one.extension_id is None and one.deadline_on >= on]
    if early:
        raise DomainError(f"{period.label}的期限是{long_date(max(early))}，过后才能通报。", field="period")
    lines = [_disclosure_line(one, published.get(one.pk), at) for one in obligations]
    documents = sorted({one.policy.number for one in obligations})
    return Drawn(lines, basis=f"{'、'.join(documents)}{clause_of(Duty.DISCLOSURE).removeprefix('方案')}")


def _disclosure_line(obligation: Obligation, published_at: datetime | None, at: datetime) -> DisclosureLine:
    compound = obligation.compound
    if compound is None:
        raise ValueError("a disclosure is owed for a compound")
    done_at = obligation.fulfilled_at if obligation.fulfilled_at and obligation.fulfilled_at <= at else None
    return DisclosureLine(
        spot=Spot(compound.public_id, compound.name, compound.village.name),
        side=Side.COMMITTEE if obligation.bearer_body_id else Side.FIRM,
        body=str(obligation.bearer),
        deadline_on=obligation.deadline_on,
        published_on=local_day(published_at) if published_at else None,
        done_on=local_day(done_at) if done_at else None,
        state=_disclosure_state(obligation.deadline_on, done_at, at),
        note=_note(obligation, published_at, done_at, at),
    )


def _disclosure_state(deadline_on: date, done_at: datetime | None, at: datetime) -> DisclosureState:
    if done_at is not None:
        return DisclosureState.LATE if done_at >= late_from(deadline_on) else DisclosureState.ON_TIME
    return DisclosureState.MISSING if at >= late_from(deadline_on) else DisclosureState.RUNNING


def _note(obligation: Obligation, published_at: datetime | None, done_at: datetime | None, at: datetime) -> str:
    notes = []
    if obligation.extension_id is not None:
        notes.append(f"已延期（原期限{long_date(obligation.unextended_on or obligation.due_on)}）")
    if published_at is not None and done_at is None:
        notes.append("已发布、未张贴齐")
    if obligation.corrected_late_at and obligation.corrected_late_at <= at:
        notes.append("逾期更正")
    return "；".join(notes)


SOURCES: Mapping[EditionKind, Source] = {
    EditionKind.DISCLOSURES: Source(Cadence.QUARTER, disclosures_drawn, recent=4),
}
#: Duties of the town's office that are done once an edition of the kind reached all four (方案四（二）4、四（四）5).
PUBLICATION_DUTIES: Mapping[EditionKind, tuple[Duty, ...]] = {
    EditionKind.RESULTS: (Duty.SURVEY_PUBLICATION, Duty.APPRAISAL_PUBLICATION),
}


# -- The acts that need a source ---------------------------------------------------------------------------------------


def choices_on(on: date) -> list[tuple[EditionKind, Period]]:
    """What may be begun: of every kind that has a source the last finished periods, the newest first."""
    found = []
    for kind, source in SOURCES.items():
        period = Period.containing(on, source.cadence)
        for _ in range(source.recent):
            period = period.previous()
            found.append((kind, period))
    return found


def _draw(kind: EditionKind, town: Town, period: Period, at: datetime) -> Drawn:
    if kind not in SOURCES:
        raise DomainError(f"“{kind.label}”还没有数据来源，暂不能编制。", field="choice")
    return SOURCES[kind].draw(town, period, at)


def usual_wording(town: Town, on: date) -> Wording:
    """As the town's last edition had it, else by its office in office."""
    last = Edition.objects.filter(town=town).order_by("-seq").first()
    if last is not None:
        return Wording(last.series, str(last.figures["issuer"]))
    office = Body.objects.in_office(on).filter(town=town, kind=BodyKind.OFFICE).order_by("pk").first()
    name = office.name if office else "小区服务岗"
    return Wording(f"{town.name[0]}小区通", name if name.startswith(town.name) else f"{town.name}{name}")


def begin_edition(
    town: Town, *, kind: EditionKind, period: Period, wording: Wording, by: User, at: datetime
) -> EditionDraft:
    """Draw the period's lines as they stand now and begin an edition of them."""
    drawn = _draw(kind, town, period, at)
    return start_draft(town, kind=kind, period=period, drawn=drawn, wording=wording, by=by, at=at)


def begin_correction(edition: Edition, *, wording: Wording, reason: str, by: User, at: datetime) -> EditionDraft:
    """Draw the same period anew for an edition that corrects this one."""
    kind, period = EditionKind(edition.kind), Period.parse(edition.period)
    drawn = _draw(kind, edition.town, period, at)
    return start_draft(
        edition.town,
        kind=kind,
        period=period,
        drawn=drawn,
        wording=wording,
        by=by,
        at=at,
        corrects=edition,
        reason=reason,
    )


def redraw_draft(draft: EditionDraft, *, wording: Wording, by: User, at: datetime) -> EditionDraft:
    """Change the wording, and take the lines as they stand now."""
    drawn = _draw(EditionKind(draft.kind), draft.town, draft.period_value, at)
    return reword_draft(draft, wording=wording, drawn=drawn, by=by, at=at)


def issue(draft: EditionDraft, *, by: User, at: datetime) -> Edition:
    """Approve: the lines are read again for the draft's own moment, and must be the previewed ones."""
    drawn = _draw(EditionKind(draft.kind), draft.town, draft.period_value, draft.as_of_at)
    return issue_edition(draft, drawn=drawn, by=by, at=at)


@transaction.atomic
def dispatch(
    edition: Edition,
    *,
    recipient: Recipient,
    done_on: date,
    proof: UploadedFile | StoredFile,
    note: str = "",
    by: User,
    at: datetime,
) -> EditionDispatch:
    """Check off one recipient; with the last of the four the town's duty to publish is done, at that moment."""
    recorded = record_dispatch(edition, recipient=recipient, done_on=done_on, proof=proof, note=note, by=by, at=at)
    duties = PUBLICATION_DUTIES.get(EditionKind(edition.kind), ())
    if duties and is_dispatched(edition):
        for owed in Obligation.objects.open().filter(town=edition.town, duty__in=duties, period=edition.period):
            fulfil(owed, at=at, evidence=reference_to(edition), by=by)
    return recorded
