"""Proof that a paper hangs where it must (clause 4.3.1)."""

import hashlib
from collections.abc import Collection
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Compound
from files.services import store_upload
from kernel.days import long_moment
from kernel.errors import DomainError
from kernel.fields import Reference
from notices.models import Posting, PostingPicture
from notices.rules import Place, required_places


@transaction.atomic
def record_posting(
    subject: Reference,
    *,
    compound: Compound,
    place: Place,
    photo: UploadedFile,
    note: str = "",
    by: User,
    at: datetime,
) -> Posting:
    """Keep a photo of the posted paper in one kind of place. `at` is the server's clock, never the photo's.

    The same photo sent again for the same place of the same paper is the same posting. Raises DomainError where the
    compound has no such place, for what the door does not let in, and for a picture that proved another place or
    another paper, saying where and when.
    """
    if place not in required_places(has_lift=compound.has_lift, has_owner_group=compound.has_owner_group):
        raise DomainError(f"本小区没有登记“{place.label}”，无需张贴。", field="place")
    received = _digest(photo)
    if (before := _known_by({received})) is not None:
        return _same_or_refused(before, subject, place)
    stored = store_upload(photo, door="photo", by=by, field="photo")
    digests = {received, stored.sha256}
    try:
        with transaction.atomic():
            posting = Posting.objects.create(
                subject=subject, compound=compound, place=place, photo=stored, note=note, posted_by=by, posted_at=at
            )
            PostingPicture.objects.bulk_create(
                PostingPicture(posting=posting, sha256=digest) for digest in sorted(digests)
            )
    except IntegrityError:
        # Known in the form we keep pictures in, or sent at once by somebody else, whose upload has committed by now.
        before = _known_by(digests)
        if before is None:
            raise
        return _same_or_refused(before, subject, place)
    record_action("上传张贴凭证", by=by, subject=subject, detail=place.label)
    return posting


def _digest(upload: UploadedFile) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _known_by(digests: Collection[str]) -> Posting | None:
    return Posting.objects.filter(pictures__sha256__in=digests).first()


def _same_or_refused(before: Posting, subject: Reference, place: Place) -> Posting:
    same_paper = before.subject.public_id == subject.public_id
    if same_paper and before.place == place:
        return before
    paper = "本期公示" if same_paper else f"“{before.subject.title}”"
    raise DomainError(
        f"这张照片已于 {long_moment(before.posted_at)} 用作{paper}“{before.get_place_display()}”的张贴凭证，"
        "不能再用。请到现场重新拍一张。",
        field="photo",
    )


def places_missing(subject: Reference, *, compound: Compound) -> list[Place]:
    """The required kinds of place that still lack a photo for this paper."""
    have = set(Posting.objects.filter(subject__public_id=subject.public_id).values_list("place", flat=True))
    needed = required_places(has_lift=compound.has_lift, has_owner_group=compound.has_owner_group)
    return [place for place in needed if place not in have]
