"""Proof that a paper hangs where it must (clause 4.3.1)."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Compound
from files.models import StoredFile
from kernel.errors import DomainError
from kernel.fields import Reference
from notices.models import Posting
from notices.rules import Place, required_places


@transaction.atomic
def record_posting(
    subject: Reference,
    *,
    compound: Compound,
    place: Place,
    photo: StoredFile,
    note: str = "",
    by: User,
    at: datetime,
) -> Posting:
    """Record a photo of the posted paper in one kind of place. `at` is the server's clock, never the photo's.

    Raises DomainError where the compound has no such place.
    """
    if place not in required_places(has_lift=compound.has_lift, has_owner_group=compound.has_owner_group):
        raise DomainError(f"本小区没有登记“{place.label}”，无需张贴。", field="place")
    if photo.door != StoredFile.Door.PHOTO:
        raise DomainError("张贴凭证须为照片。", field="photo")
    posting = Posting.objects.create(
        subject=subject, compound=compound, place=place, photo=photo, note=note, posted_by=by, posted_at=at
    )
    record_action("上传张贴凭证", by=by, subject=subject, detail=place.label)
    return posting


def places_missing(subject: Reference, *, compound: Compound) -> list[Place]:
    """The required kinds of place that still lack a photo for this paper."""
    have = set(Posting.objects.filter(subject__public_id=subject.public_id).values_list("place", flat=True))
    needed = required_places(has_lift=compound.has_lift, has_owner_group=compound.has_owner_group)
    return [place for place in needed if place not in have]
