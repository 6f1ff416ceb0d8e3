"""What every edition needs of its source: which periods are offered, drawing it, approving it, bringing it to the four.

`notices` makes, numbers and freezes an edition of whatever lines it is handed. A new sort of edition is one more
`Source` here; one that has no source is offered nowhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from baogai.editions.disclosures import disclosures_drawn
from baogai.editions.results import results_drawn
from communities.models import Body, Town
from communities.rules import BodyKind
from files.models import StoredFile
from kernel.periods import Cadence, Period
from notices.models import Edition, EditionDispatch, EditionDraft
from notices.rules import EditionKind, Recipient
from notices.services.editions import Wording, is_dispatched, issue_edition, record_dispatch, reference_to
from notices.services.editions.drafts import reword_draft, start_draft
from notices.services.editions.figures import Drawn
from supervision.models import Obligation
from supervision.services import fulfil


@dataclass(frozen=True)
class Source:
    """Where an edition's lines come from: `draw` reads them as they stood at a moment, `recent` how many periods."""

    cadence: Cadence
    draw: Callable[[Town, Period, datetime], Drawn]
    recent: int


SOURCES: Mapping[EditionKind, Source] = {
    EditionKind.DISCLOSURES: Source(Cadence.QUARTER, disclosures_drawn, recent=4),
    EditionKind.RESULTS: Source(Cadence.HALF, results_drawn, recent=2),
}


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
    """Check off one recipient; with the last of the four what the edition settles is done, at that moment."""
    recorded = record_dispatch(edition, recipient=recipient, done_on=done_on, proof=proof, note=note, by=by, at=at)
    if edition.settles and is_dispatched(edition):
        open_ones = Obligation.objects.open().filter(town=edition.town, period=edition.period)
        for owed in open_ones.filter(duty__in=edition.settles):
            fulfil(owed, at=at, evidence=reference_to(edition), by=by)
    return recorded
