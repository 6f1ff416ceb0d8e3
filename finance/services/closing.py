"""Closing an account, and what follows for the quarters it no longer stands in the way of (decision 0011)."""

from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from finance.models import LedgerAccount
from finance.services.accounts import locked, reference_to
from finance.services.publishing import settle
from kernel.days import local_day, long_date
from kernel.errors import DomainError
from kernel.money import yuan
from supervision.models import Obligation
from supervision.rules import Duty


@transaction.atomic
def close_account(account: LedgerAccount, *, closed_on: date, by: User, at: datetime) -> LedgerAccount:
    """Close an account whose money has been moved and booked; `closed_on` is its last day.

    Raises DomainError while there is a balance, a bank line not booked, or an entry after that day.
    """
    account = locked(account)
    if account.closed_on is not None:
        raise DomainError(f"该账户已于 {long_date(account.closed_on)} 销户。")
    if not account.opened_on <= closed_on <= local_day(at):
        raise DomainError("销户日期应在建账日期与今天之间。", field="closed_on")
    if waiting := account.lines.not_booked().count():
        raise DomainError(f"还有 {waiting} 笔银行明细没有入账，请先归类入账。")
    if balance := account.opening_balance + account.entries.net():
        raise DomainError(f"账上还有结余 {yuan(balance)} 元，请先转出并入账。")
    if last := account.entries.filter(on__gt=closed_on).order_by("-on").first():
        raise DomainError(f"{long_date(last.on)} 还有流水，销户日期不能早于该日。", field="closed_on")
    account.closed_on = closed_on
    account.save(update_fields=["closed_on"])
    record_action("销户", by=by, subject=reference_to(account), detail=f"最后一日 {closed_on}")
    _settle_what_it_kept_open(account, by=by)
    return account


def _settle_what_it_kept_open(account: LedgerAccount, *, by: User) -> None:
    """Quarters after the last day do not take the account: where all others are posted, they are done by now."""
    owed = Obligation.objects.open().filter(
        duty=Duty.DISCLOSURE,
        compound=account.compound_id,
        bearer_body=account.holder_body_id,
        bearer_firm=account.holder_firm_id,
    )
    for obligation in owed.select_for_update(of=("self",)).order_by("pk"):
        latest = obligation.disclosures.order_by("-published_at").first()
        if latest is not None:
            settle(latest, by=by)
