"""Taking back a bank statement that should not have been taken in: it stays in the record and counts no more."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from finance.models import BankStatement, Disclosure, Entry, ReconcilingItem, StatementWithdrawal
from finance.services.accounts import locked, reference_to
from kernel.days import long_date
from kernel.errors import ConflictError, DomainError
from kernel.periods import Period
from kernel.text import tidy


@transaction.atomic
def withdraw_statement(statement: BankStatement, *, reason: str, by: User, at: datetime) -> StatementWithdrawal:
    """Withdraw a statement taken in by mistake (another account's file, wrong days). Its lines may come in again.

    Raises DomainError without a reason, while one of its lines stands in the books or in a draft, while a later
    statement overlaps it (which has left out the lines they share), or once a disclosure has built on it;
    ConflictError where it was withdrawn already.
    """
    account = locked(statement.account)
    reason = tidy(reason)[:200]
    if not reason:
        raise DomainError("请写明撤回原因。", field="reason")
    if StatementWithdrawal.objects.filter(statement=statement).exists():
        raise ConflictError("这份对账单已经撤回。")
    if booked := Entry.objects.standing_entries().filter(line__statement=statement).count():
        raise DomainError(f"其中 {booked} 笔明细已入账，请先逐笔冲正再撤回。")
    later = account.statements.filter(
        pk__gt=statement.pk, from_on__lte=statement.until_on, until_on__gte=statement.from_on
    ).first()
    if later is not None:
        days = f"{long_date(later.from_on)}至{long_date(later.until_on)}"
        raise DomainError(f"后来导入的对账单（{days}）与它有重叠，请先撤回那一份。")
    if ReconcilingItem.objects.filter(line__statement=statement).exists():
        raise DomainError("公示底稿已把其中的明细列为未达账项，请先从底稿里移除。")
    _refuse_if_disclosed(statement)
    withdrawal = StatementWithdrawal.objects.create(
        statement=statement, reason=reason, withdrawn_by=by, withdrawn_at=at
    )
    detail = f"{statement.from_on} 至 {statement.until_on}：{reason}"
    record_action("撤回对账单", by=by, subject=reference_to(account), detail=detail)
    return withdrawal


def _refuse_if_disclosed(statement: BankStatement) -> None:
    published = Disclosure.objects.filter(account=statement.account_id, published_at__gt=statement.imported_at)
    for period in {Period.parse(code) for code in published.values_list("period", flat=True)}:
        if period.first <= statement.until_on and statement.from_on <= period.last:
            raise DomainError(f"{period.label}的公示已以这份对账单为据，不能撤回；如有差错，请更正公示。")
