"""Binding people to their homes: by slip at once, by request after a cadre has looked at the roster."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from accounts.services import record_action
from communities.models import BindingRequest, Owner, Ownership, Residence, Slip, Unit
from communities.rules import RESIDENT_RELATIONS, Relation
from communities.services.slips import NO_SUCH_SLIP
from kernel.errors import ConflictError, DomainError
from kernel.fields import Reference
from kernel.masking import mask_name
from kernel.surnames import surname_length
from kernel.text import tidy

#: Requests of one person that may wait at a time.
_MOST_WAITING = 3
_JUST_USED = "这张入户条刚刚已被使用。如果不是您家的人，请马上告诉村（社区）。"


@dataclass(frozen=True)
class OwnerChoice:
    """An owner of the home as the slip's holder may see them: no more than it takes to say "that is me"."""

    owner: Owner
    words: str
    is_bound: bool


def owner_choices(unit: Unit, *, on: date) -> list[OwnerChoice]:
    """The home's owners on the roster. Where two masks look alike the last character is shown as well."""
    owners = [one.owner for one in Ownership.objects.current(on).filter(unit=unit).select_related("owner__user")]
    masks = [mask_name(owner.name) for owner in owners]
    return [
        OwnerChoice(owner, mask if masks.count(mask) == 1 else _told_apart(owner.name), owner.user_id is not None)
        for owner, mask in zip(owners, masks, strict=True)
    ]


def _told_apart(name: str) -> str:
    """张*强 beside 张*芳."""
    kept = surname_length(name)
    return name[:kept] + "*" * max(len(name) - kept - 1, 1) + name[-1]


def people_of(unit: Unit, *, on: date) -> list[User]:
    """Whoever is bound to the home today, as owner or living there."""
    owning = Ownership.objects.current(on).filter(unit=unit, owner__user__isnull=False).values("owner__user")
    living = Residence.objects.current(on).filter(unit=unit).values("user")
    return list(User.objects.filter(Q(pk__in=owning) | Q(pk__in=living), is_active=True).order_by("pk"))


def use_slip(slip: Slip, *, by: User, at: datetime) -> None:
    """Use the slip up. Of two people at once one gets in; the other is told (ConflictError)."""
    # Asked of the row itself, without a join: whoever waited for the lock must see that it is used.
    mine = Slip.objects.filter(pk=slip.pk, used_at__isnull=True, revoked_at__isnull=True)
    if not mine.update(used_at=at, used_by=by):
        used = Slip.objects.filter(pk=slip.pk, used_at__isnull=False).exists()
        raise ConflictError(_JUST_USED if used else NO_SUCH_SLIP)


@transaction.atomic
def bind(unit: Unit, *, user: User, relation: Relation, owner: Owner | None, by: User, how: str, on: date) -> None:
    """Tie a person to a home: as the owner the roster names, or as family or tenant.

    Raises DomainError where the owner is not the home's or is somebody already, or the person lives there already.
    """
    if relation is Relation.OWNER:
        _take_the_owners_place(unit, user=user, owner=owner, on=on)
    else:
        _move_in(unit, user=user, relation=relation, on=on)
    record_action("绑定房屋", by=by, subject=reference_to_unit(unit), detail=f"{user.name}（{relation.label}），{how}")


def _take_the_owners_place(unit: Unit, *, user: User, owner: Owner | None, on: date) -> None:
    if owner is None or not Ownership.objects.current(on).filter(unit=unit, owner=owner).exists():
        raise DomainError("请选择名册上的一位业主。", field="who")
    if not Owner.objects.filter(pk=owner.pk, user__isnull=True).update(user=user):
        raise ConflictError("这位业主已经绑定过了。", field="who")


def _move_in(unit: Unit, *, user: User, relation: Relation, on: date) -> None:
    if relation not in RESIDENT_RELATIONS:
        raise DomainError("请选择您与这户的关系。", field="who")
    there = Residence.objects.select_for_update().filter(unit=unit, user=user, until_on__isnull=True).first()
    if there is not None:
        if Residence.objects.current(on).filter(pk=there.pk).exists():
            raise ConflictError("您已经绑定这户了，直接登录即可。", field="who")
        # Left with the former owner, and back under the new one.
        there.until_on = on - timedelta(days=1)
        there.save(update_fields=["until_on"])
    Residence.objects.create(unit=unit, user=user, relation=relation, from_on=on)


@transaction.atomic
def unbind(unit: Unit, *, user: User, reason: str, by: User, on: date) -> None:
    """Take a person's tie to a home away: bound by mistake, or moved out. The rights end with the next request.

    Only one's own tie needs no reason (DomainError). Raises ConflictError where there is none any more.
    """
    if by.pk != user.pk and not reason:
        raise DomainError("请写明为什么解除，对方会看到。", field="reason")
    freed = Owner.objects.filter(user=user, ownerships__in=Ownership.objects.current(on).filter(unit=unit))
    owners = list(freed.select_for_update(of=("self",)))
    for owner in owners:
        owner.user = None
        owner.save(update_fields=["user"])
    ended = 0
    for residence in Residence.objects.select_for_update().filter(unit=unit, user=user, until_on__isnull=True):
        # Over from this very day on: what ends today would still hold until midnight.
        residence.until_on = on - timedelta(days=1)
        residence.save(update_fields=["until_on"])
        ended += 1
    if not owners and not ended:
        raise ConflictError("此人已不在这户名下。")
    detail = f"{user.name}：{reason}" if reason else user.name
    record_action("解除绑定", by=by, subject=reference_to_unit(unit), detail=detail)


@transaction.atomic
def request_binding(unit: Unit, *, user: User, relation: Relation, note: str, at: datetime) -> BindingRequest:
    """Ask the village to bind a person to a home. Raises DomainError while an earlier request waits."""
    if BindingRequest.objects.waiting().filter(user=user).count() >= _MOST_WAITING:
        raise DomainError("您已有申请等待核对，请等结果出来再申请。")
    made, is_new = BindingRequest.objects.get_or_create(
        unit=unit, user=user, outcome="", defaults={"relation": relation, "note": tidy(note)[:200], "asked_at": at}
    )
    if not is_new:
        raise DomainError("您已申请绑定这户，请等待村（社区）核对。")
    record_action("申请绑定房屋", by=user, subject=reference_to_unit(unit), detail=relation.label)
    return made


@transaction.atomic
def decide_binding(
    asked: BindingRequest,
    *,
    owner: Owner | None,
    approves: bool,
    reason: str,
    by: User,
    at: datetime,
    on: date,
) -> BindingRequest:
    """Approve a request against the roster, or refuse it with a reason. Decided once (ConflictError)."""
    if not approves and not reason:
        raise DomainError("请写明不同意的理由，申请人会看到。", field="reason")
    outcome = BindingRequest.Outcome.APPROVED if approves else BindingRequest.Outcome.REFUSED
    waiting = BindingRequest.objects.filter(pk=asked.pk, outcome="")
    if not waiting.update(outcome=outcome, reason=tidy(reason)[:200], decided_at=at, decided_by=by):
        raise ConflictError("这件申请已由他人办理。")
    asked.refresh_from_db()
    if approves:
        relation = Relation(asked.relation)
        bind(asked.unit, user=asked.user, relation=relation, owner=owner, by=by, how="申请经核对", on=on)
    else:
        record_action("不同意绑定", by=by, subject=reference_to_unit(asked.unit), detail=asked.reason)
    return asked


def reference_to_unit(unit: Unit) -> Reference:
    """A home in the trail, with its compound."""
    return Reference("communities.unit", unit.public_id, f"{unit.building.compound.name} {unit}")
