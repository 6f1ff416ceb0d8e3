"""That an edition reached the four it must go to: each with its day and its proof (clauses 4.2.4, 4.4.5)."""

from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.permissions import standing_of
from files.models import StoredFile
from files.services import store_upload
from kernel.days import local_day, long_date
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.text import tidy
from notices.models import Edition, EditionDispatch, EditionHead
from notices.permissions import may_dispatch_edition
from notices.rules import Recipient
from notices.services.editions.figures import reference_to

_LONGEST_NOTE = 120


@transaction.atomic
def record_dispatch(
    edition: Edition,
    *,
    recipient: Recipient,
    done_on: date,
    proof: UploadedFile | StoredFile,
    note: str = "",
    by: User,
    at: datetime,
) -> EditionDispatch:
    """Check off one recipient: a receipt, a stamped copy, a photo of the newspaper's page, a picture of the article.

    `at` is the server's moment. Raises NotAllowedError, ConflictError where it is checked off already or the edition
    was corrected, DomainError naming `done_on`, `proof` or `note`.
    """
    if not may_dispatch_edition(standing_of(by, local_day(at)), edition):
        raise NotAllowedError("由镇小区服务岗登记。")
    # Held so that two who check off the last two at once see each other, and a correction comes before or after.
    EditionHead.objects.select_for_update().get(town=edition.town_id)
    if Edition.objects.filter(corrects=edition).exists():
        raise ConflictError("这一份已经更正，请以更正后的那一份报送、刊登，并在那里登记。")
    if EditionDispatch.objects.filter(edition=edition, recipient=recipient).exists():
        raise ConflictError(f"“{recipient.label}”已经登记，无需重复登记。")
    _check_day(edition, done_on, on=local_day(at))
    note = tidy(note)
    if len(note) > _LONGEST_NOTE:
        raise DomainError(f"说明最多 {_LONGEST_NOTE} 个字。", field="note")
    stored = proof if isinstance(proof, StoredFile) else store_upload(proof, door="scan", by=by, field="proof")
    dispatch = EditionDispatch.objects.create(
        edition=edition,
        recipient=recipient,
        done_on=done_on,
        note=note,
        proof=stored,
        recorded_by=by,
        recorded_at=at,
    )
    record_action("登记发布稿去向", by=by, subject=reference_to(edition), detail=recipient.label)
    return dispatch


def _check_day(edition: Edition, done_on: date, *, on: date) -> None:
    if done_on > on:
        raise DomainError("办理日期不能晚于今天。", field="done_on")
    if done_on < (issued := local_day(edition.issued_at)):
        raise DomainError(f"办理日期不能早于发布之日（{long_date(issued)}）。", field="done_on")


def is_dispatched(edition: Edition) -> bool:
    """Whether all four are checked off; asked within the transaction of the last."""
    done = set(EditionDispatch.objects.filter(edition=edition).values_list("recipient", flat=True))
    return done == {recipient.value for recipient in Recipient}
