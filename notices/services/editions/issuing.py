"""The press: a second person approves, the number is taken, figures are frozen, hashed and chained, papers begun."""

from datetime import UTC, datetime

from celery import current_app
from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Town
from communities.permissions import standing_of
from kernel.chain import CURRENT_VERSION, GENESIS, body_sha, canonical, link_hash
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.masking import mask_name
from notices.models import Edition, EditionDraft, EditionHead, EditionPress, LetterCounter
from notices.permissions import approves_as, may_approve_edition
from notices.rules import EditionKind, EditionStage, PaperKind, letter_number
from notices.services.editions.drafts import advance, lock
from notices.services.editions.figures import (
    Drawn,
    Figures,
    draw_figures,
    figures_sha,
    reference_to,
    worded,
)
from notices.services.editions.tables import differences

#: The task that makes the papers, by its name: services do not know the tasks.
PRESS_TASK = "notices.tasks.press_edition"


@transaction.atomic
def issue_edition(draft: EditionDraft, *, drawn: Drawn, by: User, at: datetime) -> Edition:
    """Approve and publish. `drawn` are the lines as they are read now for the draft's own moment `as_of_at`.

    Raises NotAllowedError for the preparer and whoever is neither officer nor leader, ConflictError where it is not
    waiting, was published meanwhile, or the facts it rests on were changed since, DomainError for a correction that
    changes nothing.
    """
    draft = lock(draft)
    standing = standing_of(by, local_day(at))
    if draft.prepared_by_id == by.pk:
        raise DomainError("编制人不能批准自己编制的发布稿，请由另一位工作人员或领导批准。")
    if not may_approve_edition(standing, draft):
        raise NotAllowedError("发布稿由镇小区服务岗的另一人或镇领导批准。")
    _refuse_published(draft)
    if draft.stage != EditionStage.SUBMITTED:
        raise ConflictError("这份发布稿不在待批准中，请刷新页面。")
    _refuse_moved(draft, drawn)
    head = _hold_head(draft.town)
    year = local_day(at).year
    number = _take_number(draft.town, draft.series, year)
    post = approves_as(standing, draft)
    figures = _sealed(draft, number=letter_number(draft.series, year, number), post=post, by=by, at=at)
    edition = _append(draft, figures, head, number=number, by=by, at=at)
    draft.edition = edition
    advance(draft, EditionStage.ISSUED)
    _begin_press(edition, by=by, at=at)
    record_action("发布发布稿", by=by, subject=reference_to(edition), detail=draft.reason)
    return edition


def _refuse_published(draft: EditionDraft) -> None:
    if draft.stage == EditionStage.ISSUED:
        raise ConflictError("这份发布稿已经发布，无需重复发布。")


def _refuse_moved(draft: EditionDraft, drawn: Drawn) -> None:
    """What was previewed is what is issued: the same lines for the same moment, read again."""
    again = draw_figures(
        EditionKind(draft.kind), town=draft.town, period=draft.period_value, drawn=drawn, as_of=draft.as_of_at
    )
    if figures_sha(again) != figures_sha(draft.figures):
        raise ConflictError("取数以后有更正或延期，数据有变动：请退回，由编制人重新取数。")


def _hold_head(town: Town) -> EditionHead:
    """Whoever issues holds the town's chain first, then the number: one after the other, without a gap."""
    EditionHead.objects.bulk_create([EditionHead(town=town)], ignore_conflicts=True)
    return EditionHead.objects.select_for_update().get(town=town)


def _take_number(town: Town, series: str, year: int) -> int:
    """The next number of the series in the year, beginning at 1; given back with the transaction that fails."""
    LetterCounter.objects.bulk_create([LetterCounter(town=town, series=series, year=year)], ignore_conflicts=True)
    counter = LetterCounter.objects.select_for_update().get(town=town, series=series, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return counter.last


def _sealed(draft: EditionDraft, *, number: str, post: str, by: User, at: datetime) -> Figures:
    """The previewed body with its number, what it corrects, who answers for it. Only who signs is named in full."""
    figures = worded(draft)
    corrects: Figures = {}
    changed: list[str] = []
    if draft.corrects is not None:
        corrects = {"number": draft.corrects.letter_number, "hash": draft.corrects.hash}
        changed = differences(draft.corrects.figures, figures)
        if not changed:
            raise DomainError("与原发布稿相比没有任何不同，无需更正。")
    return figures | {
        "number": number,
        "corrects": corrects,
        "differences": changed,
        "prepared": {"name": mask_name(draft.prepared_by.name), "on": local_day(draft.prepared_at).isoformat()},
        "approved": {"post": post, "name": by.name, "on": local_day(at).isoformat()},
        "issued_at": at.astimezone(UTC).isoformat(timespec="microseconds"),
    }


def _append(
    draft: EditionDraft, figures: Figures, head: EditionHead, *, number: int, by: User, at: datetime
) -> Edition:
    sha, seq, prev = body_sha(canonical(figures)), head.seq + 1, head.hash or GENESIS
    digest = link_hash(f"edition:{draft.town.code}", seq, prev, sha)
    edition = Edition.objects.create(
        town=draft.town,
        kind=draft.kind,
        period=draft.period,
        corrects=draft.corrects,
        series=draft.series,
        year=local_day(at).year,
        number=number,
        figures=figures,
        reason=draft.reason,
        seq=seq,
        prev=prev,
        body_sha=sha,
        hash=digest,
        hash_version=CURRENT_VERSION,
        prepared_by=draft.prepared_by,
        approved_by=by,
        issued_at=at,
    )
    head.seq, head.hash = seq, digest
    head.save(update_fields=["seq", "hash"])
    return edition


def papers_wanted(edition: Edition) -> int:
    """How many papers one press makes: each kind once, and a poster for each compound."""
    return len(PaperKind) - 1 + len({row["compound"] for row in edition.figures["rows"]})


def _begin_press(edition: Edition, *, by: User, at: datetime) -> None:
    EditionPress.objects.create(edition=edition, total=papers_wanted(edition), pressed_by=by, pressed_at=at)
    transaction.on_commit(lambda: hand_out(edition.pk), robust=True)


def hand_out(edition_id: int) -> None:
    """Give the papers to a worker. Where the queue does not answer, the beat finds the row."""
    current_app.send_task(PRESS_TASK, args=[edition_id], retry=False)
