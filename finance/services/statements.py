"""Bank statements: taking one in, with or without lines; the reads about the bank stand here for other rooms."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from files.models import StoredFile
from finance.bank_columns import remember
from finance.bank_statement import BankLine
from finance.models import BankStatement, LedgerAccount, StatementLine, StatementMapping, StatementUpload
from finance.services.accounts import locked, reference_to
from finance.services.bank import (
    balance_before,
    bank_balance_on,
    difference_words,
    gaps,
    lines_not_booked,
    statement_reaching,
)
from finance.services.statement_preview import preview
from finance.services.vouchers import keep
from kernel.days import local_day, long_date
from kernel.errors import ConflictError, DomainError

__all__ = [
    "bank_balance_on",
    "gaps",
    "import_statement",
    "lines_not_booked",
    "record_nil_statement",
    "statement_reaching",
]


@transaction.atomic
def import_statement(upload: StatementUpload, *, acknowledged: bool, by: User, at: datetime) -> BankStatement:
    """Take the previewed statement in: its new lines, its days, its balances; the columns are kept for next time.

    Lines already known are not taken in again. Raises DomainError for any problem of the preview, for warnings not
    acknowledged, and for a statement that adds nothing; ConflictError where it was confirmed already.
    """
    account = locked(upload.account)
    upload = StatementUpload.objects.select_related("account__compound", "file").get(pk=upload.pk)
    if upload.statement_id is not None:
        raise ConflictError("这份对账单已经确认导入，不必重复。")
    shown = preview(upload, on=local_day(at))
    if shown.problems:
        raise DomainError(shown.problems[0])
    if shown.warnings and not acknowledged:
        raise DomainError("请先逐条核对提醒，再勾选“以上提醒已核对”。", field="acknowledged")
    from_on, until_on, opening, closing = shown.bounds()
    same = account.statements.filter(from_on=from_on, until_on=until_on)
    if not shown.new and same.filter(closing_balance=closing).exists():
        raise ConflictError("这份对账单已经导入过，没有新的明细。")
    statement = BankStatement.objects.create(
        account=account,
        file=upload.file,
        from_on=from_on,
        until_on=until_on,
        opening_balance=opening,
        closing_balance=closing,
        rows=len(shown.reading.lines),
        imported_by=by,
        imported_at=at,
    )
    takes = _takes(account, [mark for _, mark in shown.new])
    StatementLine.objects.bulk_create(
        [
            _stored(line, mark, takes[mark] + 1, order, statement)
            for order, (line, mark) in enumerate(shown.new, start=1)
        ],
        batch_size=2000,
    )
    StatementMapping.objects.update_or_create(account=account, defaults={"columns": remember(shown.header)})
    upload.statement = statement
    upload.save(update_fields=["statement"])
    detail = f"{statement.from_on} 至 {statement.until_on}，新明细 {len(shown.new)} 笔，已有 {shown.known} 笔"
    record_action("导入对账单", by=by, subject=reference_to(account), detail=detail)
    return statement


def _takes(account: LedgerAccount, marks: Sequence[str]) -> Counter[str]:
    """How often each line was taken in before, by statements since withdrawn."""
    return Counter(
        StatementLine.recorded.filter(account=account, fingerprint__in=marks).values_list("fingerprint", flat=True)
    )


def _stored(line: BankLine, mark: str, take: int, order: int, statement: BankStatement) -> StatementLine:
    return StatementLine(
        statement=statement,
        account_id=statement.account_id,
        order=order,
        row=line.row,
        on=line.on,
        direction=line.direction,
        amount=line.amount,
        balance=line.balance,
        counterparty=line.counterparty,
        text=line.text,
        fingerprint=mark,
        take=take,
    )


@transaction.atomic
def record_nil_statement(
    account: LedgerAccount,
    proof: UploadedFile | StoredFile,
    *,
    from_on: date,
    until_on: date,
    balance: Decimal,
    by: User,
    at: datetime,
) -> BankStatement:
    """Enter that the bank moved nothing from a day to a day, with the bank's paper as proof; `balance` in yuan.

    Raises DomainError for days in the wrong order or to come, where lines are known for these days, or where the
    balance does not join the one before.
    """
    account = locked(account)
    if until_on < from_on:
        raise DomainError("截止日期不能早于起始日期。", field="until_on")
    if until_on > local_day(at):
        raise DomainError("截止日期不能在今天之后。", field="until_on")
    if from_on < account.opened_on:
        raise DomainError(f"起始日期不能早于建账日期 {long_date(account.opened_on)}。", field="from_on")
    if known := account.lines.filter(on__range=(from_on, until_on)).count():
        raise DomainError(f"这几天已导入 {known} 笔银行明细，不是“无收支”。", field="from_on")
    before = balance_before(account, from_on)
    if before is not None and before != balance:
        raise DomainError(difference_words(from_on, before, balance, account), field="balance")
    statement = BankStatement.objects.create(
        account=account,
        file=keep(proof, by=by, field="proof"),
        from_on=from_on,
        until_on=until_on,
        opening_balance=balance,
        closing_balance=balance,
        imported_by=by,
        imported_at=at,
    )
    record_action("登记无收支对账单", by=by, subject=reference_to(account), detail=f"{from_on} 至 {until_on}")
    return statement
