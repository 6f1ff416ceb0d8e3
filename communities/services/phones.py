"""Showing full phone numbers: one at a time with a reason, or a whole compound's by two persons."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Length

from accounts.models import User
from accounts.services import record_action
from communities.models import Compound, Owner, Ownership, PhoneExport
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.fields import Reference
from kernel.masking import mask_name
from kernel.text import tidy

#: A link to full numbers is good for so long after the agreement.
LINK_LASTS = timedelta(hours=24)
_SHORTEST_REASON = 4


def _reason(text: str) -> str:
    reason = tidy(text)
    if len(reason) < _SHORTEST_REASON:
        raise DomainError("请写明办什么事需要号码，例如“联系漏水报修”。", field="reason")
    return reason


def reference_to_owner(owner: Owner) -> Reference:
    """Who is meant, without the name: the trail is read by people who need not know it."""
    return Reference("communities.owner", owner.public_id, f"{owner.compound.name} 业主 {mask_name(owner.name)}")


def reference_to_export(request: PhoneExport) -> Reference:
    return Reference("communities.phoneexport", request.public_id, str(request))


@transaction.atomic
def reveal_phone(owner: Owner, *, reason: str, by: User) -> str:
    """查看完整号码: one person's number, for a reason that is written down. The caller has checked the right."""
    why = _reason(reason)
    if not owner.phone:
        raise DomainError("名册里没有这位业主的号码。")
    record_action("查看完整号码", by=by, subject=reference_to_owner(owner), detail=why)
    return owner.phone


@transaction.atomic
def ask_for_phones(compound: Compound, *, reason: str, by: User, at: datetime) -> PhoneExport:
    """Ask for all numbers of a compound. Raises ConflictError where one's earlier request still waits."""
    why = _reason(reason)
    try:
        with transaction.atomic():
            made = PhoneExport.objects.create(compound=compound, reason=why, asked_by=by, asked_at=at)
    except IntegrityError as error:
        raise ConflictError("您对本小区已有一份申请等待决定，不必再提。", field="reason") from error
    record_action("申请导出完整号码", by=by, subject=reference_to_export(made), detail=why)
    return made


@transaction.atomic
def decide_phone_export(request: PhoneExport, *, agrees: bool, by: User, at: datetime) -> PhoneExport:
    """A second person's decision. Raises NotAllowedError for whoever asked, ConflictError where it was decided."""
    if request.asked_by_id == by.pk:
        raise NotAllowedError("申请须由另一名镇小区服务岗人员决定。")
    decision = PhoneExport.Decision.AGREED if agrees else PhoneExport.Decision.DECLINED
    claimed = PhoneExport.objects.filter(pk=request.pk, decision="").update(
        decision=decision, decided_by=by, decided_at=at
    )
    if not claimed:
        raise ConflictError("这份申请刚刚已由他人决定。")
    request.refresh_from_db()
    act = "同意导出完整号码" if agrees else "不同意导出完整号码"
    record_action(act, by=by, subject=reference_to_export(request), detail=request.reason)
    return request


def is_open_to(request: PhoneExport, user: User, *, at: datetime) -> bool:
    """Whether the link works: for whoever asked alone, agreed to, and not older than a day."""
    return (
        request.asked_by_id == user.pk
        and request.decision == PhoneExport.Decision.AGREED
        and request.decided_at is not None
        and at < request.decided_at + LINK_LASTS
    )


Row = Sequence[str]


def numbers_by_building(compound: Compound, *, on: date) -> dict[str, list[Row]]:
    """Building → rows of home, owner, number, in natural order; one statement."""
    found: dict[str, list[Row]] = {}
    for row_of, row in _rows(compound, on):
        found.setdefault(row_of, []).append(row)
    return found


def _rows(compound: Compound, on: date) -> Iterator[tuple[str, Row]]:
    homes = (
        Ownership.objects.current(on)
        .filter(unit__building__compound=compound)
        .select_related("unit__building", "unit__stair", "owner")
        .order_by(
            Length("unit__building__key"), "unit__building__key", Length("unit__room_key"), "unit__room_key", "id"
        )
    )
    for home in homes.iterator(chunk_size=2000):
        yield str(home.unit.building), (str(home.unit), home.owner.name, home.owner.phone)
