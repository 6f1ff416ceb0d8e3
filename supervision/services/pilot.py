"""The pilot register of clause 4.3.5: only a compound in it owes the monthly utilities detail, from its entry day."""

from datetime import date

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Compound
from kernel.days import long_date
from kernel.errors import ConflictError, DomainError
from kernel.fields import Reference
from supervision.models import PilotEntry


def _reference_to(compound: Compound) -> Reference:
    return Reference("communities.compound", compound.public_id, str(compound))


@transaction.atomic
def enter_pilot(compound: Compound, *, on: date, by: User) -> PilotEntry:
    """Enter a compound from a day on. Raises DomainError where it is in the register on that day or later."""
    Compound.objects.select_for_update().get(pk=compound.pk)
    others = compound.pilot_entries.all()
    if any(entry.left_on is None or entry.left_on >= on for entry in others):
        raise DomainError(f"{compound}已在试点登记中。", field="compound")
    entry = PilotEntry.objects.create(compound=compound, entered_on=on, entered_by=by)
    record_action("进入试点", by=by, subject=_reference_to(compound), detail=long_date(on))
    return entry


@transaction.atomic
def leave_pilot(entry: PilotEntry, *, on: date, by: User) -> PilotEntry:
    """Note the last day in the pilot; months that ended before it stay owed.

    Raises ConflictError where it left already, DomainError for a day before it entered.
    """
    entry = PilotEntry.objects.select_for_update(of=("self",)).select_related("compound").get(pk=entry.pk)
    if entry.left_on is not None:
        raise ConflictError(f"{entry.compound}已于{long_date(entry.left_on)}退出试点。")
    if on < entry.entered_on:
        raise DomainError("退出日期不能早于进入日期。", field="left_on")
    entry.left_on = on
    entry.save(update_fields=["left_on"])
    record_action("退出试点", by=by, subject=_reference_to(entry.compound), detail=long_date(on))
    return entry
