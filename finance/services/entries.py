"""Entries made by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from finance.models import Entry, LedgerAccount
from finance.rules import OTHER_CATEGORIES, Category, direction_of
from finance.services.accounts import locked
from finance.services.vouchers import Proof, attach_voucher
from kernel.chain import Body, canonical
from kernel.days import local_day, long_date
from kernel.errors import ConflictError, DomainError
from kernel.fields import Reference
from kernel.masking import looks_like_person
from kernel.money import to_fen
from kernel.text import tidy

_CHUNK = 2**20


@dataclass(frozen=True)
class Posting:
    """What an entry says. `amount` is positive, in yuan; the side follows from the category.

    `is_person` None leaves it to the name whether the counterparty is a natural person.
    """

    on: date
    category: str
    amount: Decimal
    counterparty: str = ""
    text: str = ""
    is_person: bool | None = None

    def fields(self) -> dict[str, object]:
        counterparty = tidy(self.counterparty)
        is_person = looks_like_person(counterparty) if self.is_person is None else self.is_person
        return {
            "on": self.on,
            "category": self.category,
            "direction": direction_of(self.category),
            "amount": self.amount,
            "counterparty": counterparty,
            "counterparty_is_person": is_person and bool(counterparty),
            "text": tidy(self.text),
        }


def reference_to(entry: Entry) -> Reference:
    """A frozen pointer for the action trail."""
    return Reference(entry._meta.label_lower, entry.public_id, str(entry))


def check_posting(account: LedgerAccount, posting: Posting, *, today: date) -> None:
    """Refuse, as DomainError naming the field, what cannot stand in the books."""
    if posting.category not in Category.values:
        raise DomainError("请选择科目。", field="category")
    if posting.amount <= 0:
        raise DomainError("金额须大于零；收支方向由科目决定。", field="amount")
    if posting.on < account.opened_on:
        raise DomainError(f"日期不能早于建账日期 {long_date(account.opened_on)}。", field="on")
    if posting.on > today:
        raise DomainError("日期不能在今天之后。", field="on")
    if account.closed_on is not None and posting.on > account.closed_on:
        raise DomainError(f"该账户已于 {long_date(account.closed_on)} 销户，不能再记之后的流水。", field="on")
    if posting.category in OTHER_CATEGORIES and not tidy(posting.text):
        raise DomainError("归入“其他”须在摘要里说明是什么收支。", field="text")


@transaction.atomic
def record_entry(
    account: LedgerAccount,
    posting: Posting,
    *,
    vouchers: Sequence[Proof] = (),
    form_key: str | None = None,
    by: User,
    at: datetime,
) -> Entry:
    """Enter one posting by hand, with its vouchers.

    With the `form_key` of a form already sent, the entry made then is returned and nothing is written; the same key
    with other content raises ConflictError. Raises DomainError naming the field for what cannot stand in the books
    and for vouchers the door refuses; then nothing is kept.
    """
    account = locked(account)
    form_sha = _form_sha(account, posting, vouchers) if form_key else ""
    if form_key and (made := Entry.objects.filter(form_key=form_key).first()):
        if made.form_sha != form_sha:
            raise ConflictError("这张表单已经提交过，内容却与上次不同。请重新打开“记一笔”再填写。")
        return made
    check_posting(account, posting, today=local_day(at))
    entry = Entry.objects.create(
        account=account,
        form_key=form_key or None,
        form_sha=form_sha,
        entered_by=by,
        entered_at=at,
        **posting.fields(),
    )
    record_action("记一笔", by=by, subject=reference_to(entry))
    for proof in vouchers:
        attach_voucher(entry, proof, by=by, at=at)
    return entry


def _form_sha(account: LedgerAccount, posting: Posting, vouchers: Sequence[Proof]) -> str:
    """What a form held, so that the same key with another body is noticed (LED-08)."""
    body: dict[str, Body] = {
        "account": account.public_id,
        "on": posting.on.isoformat(),
        "category": posting.category,
        "fen": to_fen(posting.amount),
        "counterparty": posting.counterparty,
        "text": posting.text,
        "person": str(posting.is_person),
        "vouchers": [[_sha_of(proof), proof.title, str(proof.is_public)] for proof in vouchers],
    }
    return sha256(canonical(body)).hexdigest()


def _sha_of(proof: Proof) -> str:
    if not isinstance(proof.source, UploadedFile):
        return proof.source.sha256
    proof.source.seek(0)
    digest = sha256()
    for chunk in proof.source.chunks(_CHUNK):
        digest.update(chunk)
    proof.source.seek(0)
    return digest.hexdigest()
