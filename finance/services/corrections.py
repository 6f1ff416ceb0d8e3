"""Correcting the books: nothing is changed, a mistake is taken back by its mirror image and entered rightly."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from accounts.services import record_action
from finance.models import Entry
from finance.rules import Direction, direction_of
from finance.services.accounts import locked
from finance.services.booking import remember
from finance.services.entries import Posting, check_posting, reference_to
from finance.services.vouchers import Proof, attach_voucher
from kernel.days import local_day, long_date
from kernel.errors import ConflictError, DomainError
from kernel.money import yuan
from kernel.text import tidy


@transaction.atomic
def reverse_entry(entry: Entry, *, reason: str, on: date, by: User, at: datetime) -> Entry:
    """Take an entry back by its mirror image, dated on the original's day or on the day of the act.

    The original's day changes the figures of that quarter (a published one must then be corrected); the day of the
    act leaves them and corrects in the current quarter. Raises DomainError without a reason, for another day, or for
    a reversal; ConflictError where somebody reversed it first: exactly one reversal is ever made.
    """
    account = locked(entry.account)
    reason = tidy(reason)[:200]
    if not reason:
        raise DomainError("请写明冲正原因，公示时会一并列出。", field="reason")
    if entry.reverses_id is not None:
        raise DomainError("这一笔本身就是冲正，不能再冲正。如果冲错了，请按原来的内容重新记一笔。")
    if done := Entry.objects.filter(reverses=entry).select_related("entered_by").first():
        raise ConflictError(f"这一笔已由{done.entered_by.name}冲正，原因：{done.reason}。")
    today = local_day(at)
    if on not in (entry.on, today):
        raise DomainError("冲正日期只能是原日期或今天。", field="on")
    if account.closed_on is not None and on > account.closed_on:
        raise DomainError(f"该账户已于 {long_date(account.closed_on)} 销户，只能按原日期冲正。", field="on")
    reversal = Entry.objects.create(
        account=account,
        on=on,
        category=entry.category,
        direction=Direction.OUT if entry.direction == Direction.IN else Direction.IN,
        amount=entry.amount,
        counterparty=entry.counterparty,
        counterparty_is_person=entry.counterparty_is_person,
        text=entry.text,
        reverses=entry,
        reason=reason,
        entered_by=by,
        entered_at=at,
    )
    record_action("冲正", by=by, subject=reference_to(reversal), detail=reason)
    return reversal


@transaction.atomic
def correct_entry(entry: Entry, posting: Posting, *, reason: str, by: User, at: datetime) -> Entry:
    """Reverse an entry and enter it rightly in one act, both on `posting.on`; its vouchers follow.

    An entry from the bank keeps its amount and side: only category, name and text may change.
    Raises what `reverse_entry` and `record_entry` raise.
    """
    account = locked(entry.account)
    if entry.line_id is not None and posting.amount != entry.amount:
        raise DomainError(
            f"这一笔来自银行对账单，金额只能是 {yuan(entry.amount)}。要改拆分，请逐部分冲正后重新入账。", field="amount"
        )
    if entry.line_id is not None and direction_of(posting.category) != entry.direction:
        raise DomainError(f"这一笔在银行是{entry.get_direction_display()}，请选同一边的科目。", field="category")
    if waiting := account.lines.not_booked().with_left().filter(pk=entry.line_id).first():
        raise DomainError(f"同一笔银行明细还有 {yuan(waiting.left_amount)} 元没有入账，请先把它入账，再更正这一部分。")
    check_posting(account, posting, today=local_day(at))
    reverse_entry(entry, reason=reason, on=posting.on, by=by, at=at)
    corrected = Entry.objects.create(
        account=account,
        line=entry.line,
        line_turn=_next_turn(entry),
        entered_by=by,
        entered_at=at,
        **posting.fields(),
    )
    record_action("更正流水", by=by, subject=reference_to(corrected), detail=tidy(reason))
    if entry.line is not None and entry.amount == entry.line.amount:
        remember(account, [(entry.line, corrected.category)])
    for voucher in entry.vouchers.select_related("file"):
        attach_voucher(corrected, Proof(voucher.file, voucher.title, voucher.is_public), by=by, at=at)
    return corrected


def _next_turn(entry: Entry) -> int | None:
    """The turn after the last in which the entry's bank line was booked; None for an entry made by hand."""
    if entry.line_id is None:
        return None
    last: int = Entry.objects.filter(line=entry.line_id).aggregate(last=Max("line_turn"))["last"]
    return last + 1
