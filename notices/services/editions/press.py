"""Making the papers of an edition aside: one after the other, each kept as it is made, from where it was left off."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import FileResponse

from accounts.models import User
from accounts.services import record_action
from communities.models import Compound
from communities.permissions import standing_of
from files.exporting import serve_copy
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from notices.models import Edition, EditionPaper, EditionPress, Message
from notices.permissions import may_dispatch_edition
from notices.rules import PaperKind
from notices.services.editions.figures import reference_to
from notices.services.editions.issuing import hand_out
from notices.services.editions.papers import FORMS, paper_bytes, poster_pdf
from notices.services.editions.sheet import EditionSheet
from notices.services.messages import send_message

#: A press that broke so often without a further paper is given up, and says so.
MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Wanted:
    """One paper of an edition; posters are for a compound, by its public id."""

    kind: PaperKind
    compound: str = ""


def make_papers(edition_id: int, *, clock: Callable[[], datetime]) -> bool:
    """Make what the press still lacks; whether it is complete now. May run twice, late, or in two workers at once.

    Every paper is its own transaction under the press's row: killed at any moment, the next run goes on with the next
    paper. Two at once take turns. What cannot be made on this machine ends the press with the reason.
    """
    begun = EditionPress.objects.filter(pk=edition_id, state=EditionPress.State.WAITING)
    if not begun.update(attempts=F("attempts") + 1):
        return False
    try:
        while _make_next(edition_id, clock=clock):
            pass
    except DomainError as refusal:
        begun.update(state=EditionPress.State.FAILED, problem=refusal.message[:200], finished_at=clock())
    return EditionPress.objects.filter(pk=edition_id, state=EditionPress.State.DONE).exists()


@transaction.atomic
def _make_next(edition_id: int, *, clock: Callable[[], datetime]) -> bool:
    """Make one paper, or finish; whether there may be more."""
    waiting = EditionPress.objects.select_for_update(of=("self",)).filter(state=EditionPress.State.WAITING)
    press = waiting.select_related("edition", "pressed_by", "edition__prepared_by").filter(pk=edition_id).first()
    if press is None:
        return False
    if press.attempts > MOST_ATTEMPTS:
        raise DomainError("多次制作都中断了，请重新制作；仍不成的，请联系管理员。")
    edition = press.edition
    wanted = next(_missing(edition), None)
    if wanted is None:
        _finish(press, at=clock())
        return False
    make_paper(edition, wanted, at=clock())
    press.done, press.attempts = edition.papers.count(), 0
    press.save(update_fields=["done", "attempts"])
    return True


def _missing(edition: Edition) -> Iterator[Wanted]:
    """Kinds first, then a poster for each compound."""
    made = {(kind, compound or "") for kind, compound in edition.papers.values_list("kind", "compound__public_id")}
    for kind in PaperKind:
        if kind is not PaperKind.POSTER_PDF and (kind.value, "") not in made:
            yield Wanted(kind)
    for compound, _, _ in EditionSheet.of(edition).compounds:
        if (PaperKind.POSTER_PDF.value, compound) not in made:
            yield Wanted(PaperKind.POSTER_PDF, compound)


def make_paper(edition: Edition, wanted: Wanted, *, at: datetime) -> None:
    sheet = EditionSheet.of(edition)
    content = poster_pdf(sheet, wanted.compound) if wanted.compound else paper_bytes(wanted.kind, sheet)
    suffix, _ = FORMS[wanted.kind]
    path = f"editions/{edition.public_id}/{'-'.join(filter(None, (wanted.kind, wanted.compound)))}.{suffix}"
    _keep(path, content)
    EditionPaper.objects.create(
        edition=edition,
        kind=wanted.kind,
        compound=Compound.objects.get(public_id=wanted.compound) if wanted.compound else None,
        path=path,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        made_at=at,
    )


def _keep(path: str, content: bytes) -> None:
    """Under the paper's own name; what a killed worker left there is written over."""
    whole = _full(path)
    whole.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with whole.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _finish(press: EditionPress, *, at: datetime) -> None:
    press.state, press.done, press.finished_at, press.problem = EditionPress.State.DONE, press.total, at, ""
    press.save(update_fields=["state", "done", "finished_at", "problem"])
    edition = press.edition
    send_message(
        {person.pk: person for person in (press.pressed_by, edition.prepared_by)}.values(),
        kind=Message.Kind.TASK,
        title=f"{edition.letter_number}的文件已齐",
        body="请下载报送、抄送、送刊登和推送，办好一项登记一项。",
        subject=reference_to(edition),
        dedupe_key=f"edition-made:{edition.public_id}:{at.isoformat()}",
    )


@transaction.atomic
def press_again(edition: Edition, *, by: User, at: datetime) -> None:
    """Make all papers anew, from the same frozen figures: after a failure, or where a file was lost or damaged.

    Raises NotAllowedError, ConflictError while they are being made.
    """
    if not may_dispatch_edition(standing_of(by, local_day(at)), edition):
        raise NotAllowedError("由镇小区服务岗重新制作。")
    press = EditionPress.objects.select_for_update().get(pk=edition.pk)
    if press.is_working:
        raise ConflictError("文件正在制作，请稍候。")
    edition.papers.all().delete()
    press.state, press.done, press.attempts, press.problem = EditionPress.State.WAITING, 0, 0, ""
    press.pressed_by, press.pressed_at, press.finished_at = by, at, None
    press.save()
    record_action("重新制作发布稿文件", by=by, subject=reference_to(edition))
    transaction.on_commit(lambda: hand_out(edition.pk), robust=True)


def unfinished() -> list[int]:
    """Presses that wait for a worker, whose message may have been lost."""
    return list(EditionPress.objects.filter(state=EditionPress.State.WAITING).values_list("pk", flat=True))


def serve_paper(paper: EditionPaper, *, name: str) -> FileResponse:
    """The file, always as a download, for whoever the caller let in. Raises DomainError where it is not as made."""
    suffix, content_type = FORMS[PaperKind(paper.kind)]
    return serve_copy(
        _full(paper.path),
        sha256=paper.sha256,
        name=f"{name}.{suffix}",
        content_type=content_type,
        again="请镇小区服务岗重新制作",
    )


def _full(path: str) -> Path:
    return Path(settings.STORED_FILES_ROOT) / path
