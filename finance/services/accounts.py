"""Opening the account of a compound's public revenue (clause 4.3.1)."""

import re
from datetime import date, datetime
from decimal import Decimal

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Body, Compound, PropertyFirm
from files.models import StoredFile
from finance.models import LedgerAccount
from finance.services.vouchers import keep
from kernel.days import local_day
from kernel.errors import DomainError
from kernel.fields import Reference
from kernel.money import yuan
from kernel.text import clean, tidy

_NUMBER_MARKS = re.compile(r"[\s*xX-]")


def reference_to(account: LedgerAccount) -> Reference:
    """A frozen pointer for the action trail."""
    return Reference(account._meta.label_lower, account.public_id, f"{account.compound} {account}")


def locked(account: LedgerAccount) -> LedgerAccount:
    """The account as it stands now, held until the end of the transaction: its books change one act at a time."""
    rows = LedgerAccount.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("compound").get(pk=account.pk)


def number_tail(number: str, *, field: str = "number") -> str:
    """The last four digits of an account number as typed; the rest is never stored. Raises DomainError."""
    digits = _NUMBER_MARKS.sub("", clean(number))
    if not digits.isdigit():
        raise DomainError("账号只能是数字，可以只填末四位。", field=field)
    if len(digits) < 4:
        raise DomainError("请至少填写账号的末四位数字。", field=field)
    return digits[-4:]


@transaction.atomic
def open_account(
    compound: Compound,
    *,
    holder: Body | PropertyFirm,
    name: str,
    bank: str,
    number: str,
    is_dedicated: bool = True,
    opened_on: date,
    opening_balance: Decimal,
    proof: UploadedFile | StoredFile,
    by: User,
    at: datetime,
) -> LedgerAccount:
    """Enter a compound's public-revenue account with its balance at the start of `opened_on`, in yuan, and the proof.

    Raises DomainError for a day to come, a negative balance, a number without four digits, an account entered twice,
    or a proof that the voucher door refuses.
    """
    Compound.objects.select_for_update(no_key=True).get(pk=compound.pk)
    tail = number_tail(number)
    if opened_on > local_day(at):
        raise DomainError("建账日期不能在今天之后。", field="opened_on")
    if opening_balance < 0:
        raise DomainError("建账余额不能为负数。", field="opening_balance")
    if compound.accounts.filter(bank=tidy(bank), number_tail=tail, closed_on__isnull=True).exists():
        raise DomainError(f"{tidy(bank)}尾号 {tail} 的账户已经建账，不必重复。", field="number")
    account = LedgerAccount.objects.create(
        compound=compound,
        holder_body=holder if isinstance(holder, Body) else None,
        holder_firm=holder if isinstance(holder, PropertyFirm) else None,
        name=tidy(name),
        bank=tidy(bank),
        number_tail=tail,
        is_dedicated=is_dedicated,
        opened_on=opened_on,
        opening_balance=opening_balance,
        opening_proof=keep(proof, by=by, field="proof"),
        opened_by=by,
    )
    record_action("建账", by=by, subject=reference_to(account), detail=f"建账余额 {yuan(opening_balance)} 元")
    return account
