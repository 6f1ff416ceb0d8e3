"""Slips (一户一码): printed by village or town, handed to the household, used once, replaced by the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from accounts.services import begin_try, record_action, was_right
from communities.models import Slip, Unit
from communities.rules import SLIP_LASTS_DAYS
from kernel.codes import digest, new_secret, read_secret
from kernel.errors import DomainError
from kernel.fields import Reference, new_public_id

#: One answer for whatever opens nothing: nobody learns which slips there were.
NO_SUCH_SLIP = "这张入户条不能用：可能输错了，或者已经用过、作废、过期。请核对后再试，或向村（社区）再要一张。"


@dataclass(frozen=True)
class PrintedSlip:
    """A slip with its secret, for the one moment in which it is printed."""

    slip: Slip
    secret: str


@transaction.atomic
def make_slips(units: Sequence[Unit], *, where: str, by: User, at: datetime, on: date) -> list[PrintedSlip]:
    """A new slip for each home; whatever slip of theirs was still open is revoked. `where` names them in the trail.

    The secrets are in the answer and nowhere else: if the paper cannot be made, take the transaction back.
    """
    list(Unit.objects.select_for_update().filter(pk__in=[unit.pk for unit in units]).order_by("pk").values_list("pk"))
    revoked = Slip.objects.unspent().filter(unit__in=units).update(revoked_at=at)
    batch = new_public_id()
    secrets = [new_secret() for _ in units]
    slips = Slip.objects.bulk_create(
        Slip(
            unit=unit,
            secret_hash=digest(secret),
            batch=batch,
            made_by=by,
            made_on=on,
            expires_on=on + timedelta(days=SLIP_LASTS_DAYS),
        )
        for unit, secret in zip(units, secrets, strict=True)
    )
    record_action("制作入户条", by=by, detail=f"{where}：{len(slips)} 张，作废旧条 {revoked} 张")
    return [PrintedSlip(slip, secret) for slip, secret in zip(slips, secrets, strict=True)]


@transaction.atomic
def revoke_slips(unit: Unit, *, by: User, at: datetime) -> int:
    """A slip lost on its way opens nothing any more; how many were open."""
    count = Slip.objects.unspent().filter(unit=unit).update(revoked_at=at)
    if not count:
        raise DomainError("这户现在没有可作废的入户条。")
    record_action("作废入户条", by=by, subject=Reference("communities.unit", unit.public_id, str(unit)))
    return count


def find_slip(typed: str, *, at: datetime, on: date) -> Slip:
    """The slip behind what was scanned or typed. Raises DomainError with one answer for all that open nothing."""
    claimed = begin_try(at=at)
    slip = Slip.objects.usable(on).filter(secret_hash=digest(read_secret(typed))).first()
    if slip is None:
        raise DomainError(NO_SUCH_SLIP, field="code")
    was_right(claimed)
    return slip


def shown_slip(public_id: str, *, on: date) -> Slip | None:
    """The slip this browser has shown already, with its home, as long as it may still be used."""
    place = "unit__building__compound__village__town"
    return Slip.objects.usable(on).filter(public_id=public_id).select_related(place, "unit__stair").first()
