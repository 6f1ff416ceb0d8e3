"""The figures of a quarter drawn from the books: everything a disclosure shows, in strings and whole fen.

What is drawn here is what the reviewer signs, what publishing freezes and hashes, and what every later reader
gets; the page, the poster and the spreadsheet are made from it alone. It holds no natural person's full name.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from communities.models import Compound, Owner
from communities.rules import OwnerKind
from finance.models import Disclosure, DisclosureDraft, Entry, LedgerAccount, ReconcilingItem
from finance.rules import Category, Direction, direction_of
from finance.services.ledger import balance_on, entries_in
from finance.services.statements import bank_balance_on, lines_not_booked
from kernel.chain import body_sha, canonical
from kernel.days import long_date
from kernel.masking import looks_like_person, mask_name, mask_numbers
from kernel.money import to_fen
from kernel.periods import Period
from kernel.surnames import surname_length
from supervision.models import Obligation
from supervision.rules import Duty

#: The layout of the frozen copy; a new one gets a new number and a reader beside the old.
SCHEMA = 1
# Shorter names are ordinary words too often (文明, 安全) to be struck out of a free text.
_SHORTEST_NAME_IN_TEXT = 3

Figures = dict[str, Any]


@dataclass(frozen=True)
class Opening:
    """Where the quarter begins: on what basis, with how much, and the proof in words."""

    basis: Disclosure.Opening
    amount: Decimal
    proof: str
    published: Disclosure | None = None


class Masker:
    """Strikes out natural persons: a counterparty wherever it stands, and owners of the compound in free texts.

    And whatever numbers are a person's: mobiles, identity numbers, bank cards.
    """

    def __init__(self, compound: Compound) -> None:
        names = Owner.objects.filter(compound=compound, kind=OwnerKind.NATURAL).values_list("name", flat=True)
        self._owners = frozenset(name for name in names if len(name) >= _SHORTEST_NAME_IN_TEXT)

    def name(self, name: str, *, is_person: bool) -> str:
        if not (is_person or looks_like_person(name)):
            return mask_numbers(name)
        masked = mask_name(name)
        # The preparer knows a person where the name does not show it.
        return masked if masked != name else name[: surname_length(name)] + "**" * bool(name)

    def text(self, text: str, *, person: str = "", keeps_mobiles: bool = False) -> str:
        """A free text without the person's name it belongs to, the names of the compound's owners, and numbers."""
        text = mask_numbers(text, keeps_mobiles=keeps_mobiles)
        known = self._owners | ({person} if person else frozenset())
        present = sorted((name for name in known if name in text), key=len, reverse=True)
        if not present:
            return text
        pattern = re.compile("|".join(map(re.escape, present)))
        return pattern.sub(lambda match: self.name(match.group(), is_person=True), text)


def account_for(obligation: Obligation) -> LedgerAccount | None:
    """The bearer's own account in the compound during the quarter; None where it shares the other bearer's.

    Of several, the dedicated one that was open on the quarter's last day.
    """
    return main_of(own_accounts(obligation))


def main_of(accounts: Iterable[LedgerAccount]) -> LedgerAccount | None:
    """The dedicated one of several, then the one open longest into the quarter, then the newest."""
    return max(
        accounts,
        key=lambda account: (account.is_dedicated, account.closed_on or date.max, account.opened_on),
        default=None,
    )


def own_accounts(obligation: Obligation) -> list[LedgerAccount]:
    """Every account of the bearer in the compound that was open on some day of the quarter."""
    period = obligation.period_value
    own = LedgerAccount.objects.filter(
        compound=obligation.compound_id,
        holder_body=obligation.bearer_body_id,
        holder_firm=obligation.bearer_firm_id,
        opened_on__lte=period.last,
    ).order_by("pk")
    return [account for account in own if account.closed_on is None or account.closed_on >= period.first]


def last_day_of(account: LedgerAccount, period: Period) -> date:
    """The quarter's last day, or the account's own where it was closed within the quarter."""
    return min(period.last, account.closed_on or period.last)


def opening_of(account: LedgerAccount, period: Period) -> Opening:
    """Chained to the last published closing; the first quarter by its proof; else by the bank (上季未公示)."""
    before = period.first - timedelta(days=1)
    amount = balance_on(account, before)
    previous = Disclosure.objects.of_quarter(account.pk, period.previous().code).first()
    if previous is not None:
        proof = (
            f"{period.previous().label}公示第 {previous.version} 版本期结余，编号 {previous.public_id}，"
            f"校验码 {previous.hash[:16]}"
        )
        return Opening(Disclosure.Opening.CHAINED, amount, proof, previous)
    if _is_first(account, period):
        proof = f"{long_date(account.opened_on)}建账余额凭据，校验码 {account.opening_proof.sha256[:16]}"
        return Opening(Disclosure.Opening.FIRST, amount, proof)
    return Opening(Disclosure.Opening.STATEMENT, amount, f"{long_date(before)}银行对账单余额")


def _is_first(account: LedgerAccount, period: Period) -> bool:
    """Nothing of the account lies before the quarter: no posting, no publication, no duty to publish."""
    owed = Obligation.objects.filter(
        duty=Duty.DISCLOSURE,
        compound=account.compound_id,
        bearer_body=account.holder_body_id,
        bearer_firm=account.holder_firm_id,
        period_last_on__gte=account.opened_on,
        period_last_on__lt=period.first,
    )
    return not (
        account.entries.filter(on__lt=period.first).exists()
        or Disclosure.objects.filter(account=account, period__lt=period.code).exists()
        or owed.exists()
    )


def bank_before(account: LedgerAccount, first: date) -> Decimal | None:
    """The bank's balance as the quarter begins, from a statement that covers the day before or starts on the day."""
    balance = bank_balance_on(account, first - timedelta(days=1))
    if balance is not None:
        return balance
    statement = account.statements.filter(from_on=first).order_by("id").first()
    return statement.opening_balance if statement else None


def reconciling_items(draft: DisclosureDraft) -> list[ReconcilingItem]:
    """The draft's items that still explain something: a line booked meanwhile needs no explanation any more.

    Of a line booked in part the rest is explained.
    """
    last = draft.obligation.period_value.last
    lines = lines_not_booked(draft.account, last).with_left(until=last)
    left = {line.pk: -line.left_amount if line.direction == Direction.IN else line.left_amount for line in lines}
    items = list(draft.reconciling.select_related("line").order_by("id"))
    for item in items:
        item.amount = left.get(item.line_id, item.amount)
    return [item for item in items if item.line_id is None or item.line_id in left]


def draw_figures(draft: DisclosureDraft) -> Figures:
    """The quarter as the books have it now. Amounts in fen; an item's amount is its effect on the balance."""
    obligation, account, period = draft.obligation, draft.account, draft.obligation.period_value
    compound = account.compound
    masker, opening = Masker(compound), opening_of(account, period)
    items = [_item(entry, masker) for entry in _entries(account, period)]
    income = sum(item["amount"] for item in items if item["category"].startswith("I"))
    expense = -sum(item["amount"] for item in items if item["category"].startswith("E"))
    cost = -sum(item["amount"] for item in items if item["category"] == Category.E01)
    start = to_fen(opening.amount)
    return {
        "schema": SCHEMA,
        "compound": {
            "id": compound.public_id,
            "name": compound.name,
            "village": compound.village.name,
            "town": compound.village.town.name,
        },
        "period": {
            "code": period.code,
            "label": period.label,
            "first_on": period.first.isoformat(),
            "last_on": period.last.isoformat(),
        },
        "bearer": {"kind": "committee" if obligation.bearer_body_id else "firm", "name": str(obligation.bearer)},
        "account": {
            "id": account.public_id,
            "name": account.name,
            "bank": account.bank,
            "tail": account.number_tail,
            "dedicated": int(account.is_dedicated),
        },
        "others": [_other(other, period) for other in own_accounts(obligation) if other != account],
        "opening_basis": opening.basis.value,
        "opening_proof": opening.proof,
        "opening": start,
        "income": income,
        "expense": expense,
        "closing": start + income - expense,
        "cost": cost,
        "benefit": income - cost,
        "nil": int(draft.is_nil),
        "categories": _categories(items),
        "items": items,
        "reconciliation": _reconciliation(draft, masker),
        "note": masker.text(draft.note),
        # The number to ask is published on purpose.
        "contact": masker.text(draft.contact, keeps_mobiles=True),
    }


def _other(account: LedgerAccount, period: Period) -> Figures:
    """A further account of the same bearer: named with its sums; it has a disclosure of its own (decision 0011)."""
    entries = entries_in(account, period)
    return {
        "name": account.name,
        "bank": account.bank,
        "tail": account.number_tail,
        "income": to_fen(entries.on_side(Direction.IN).net()),
        "expense": -to_fen(entries.on_side(Direction.OUT).net()),
        "closing": to_fen(balance_on(account, period.last)),
    }


def figures_sha(figures: Figures) -> str:
    """The fingerprint of the canonical figures: what a reviewer signs."""
    return body_sha(canonical(figures))


def _entries(account: LedgerAccount, period: Period) -> Iterable[Entry]:
    return (
        entries_in(account, period).select_related("reverses", "reversed_by").prefetch_related("vouchers__file").all()
    )


def _item(entry: Entry, masker: Masker) -> Figures:
    is_person = bool(entry.counterparty) and (entry.counterparty_is_person or looks_like_person(entry.counterparty))
    person = entry.counterparty if is_person else ""
    reversed_by = getattr(entry, "reversed_by", None)
    return {
        "id": entry.public_id,
        "on": entry.on.isoformat(),
        "category": entry.category,
        "amount": to_fen(entry.signed),
        "counterparty": masker.name(entry.counterparty, is_person=is_person),
        "text": masker.text(entry.text, person=person),
        "vouchers": [voucher.file.sha256[:16] for voucher in entry.vouchers.all()],
        "reverses": entry.reverses.public_id if entry.reverses else "",
        "reversed_by": reversed_by.public_id if reversed_by else "",
        "reason": masker.text(entry.reason, person=person),
    }


def _categories(items: list[Figures]) -> list[Figures]:
    """Each category with entries in the quarter, in the order of the codes; amounts positive on their own side."""
    rows = []
    for category in Category:
        own = [item["amount"] for item in items if item["category"] == category]
        if own:
            sign = 1 if direction_of(category) == Direction.IN else -1
            rows.append({"code": category.value, "name": category.label, "amount": sign * sum(own), "count": len(own)})
    return rows


def _reconciliation(draft: DisclosureDraft, masker: Masker) -> Figures:
    last = last_day_of(draft.account, draft.obligation.period_value)
    bank = bank_balance_on(draft.account, last)
    return {
        "until": last.isoformat() if bank is not None else "",
        "bank": to_fen(bank) if bank is not None else 0,
        "items": [_reconciled(item, masker) for item in reconciling_items(draft)],
    }


def _reconciled(item: ReconcilingItem, masker: Masker) -> Figures:
    line = item.line
    counterparty = line.counterparty if line else ""
    person = counterparty if looks_like_person(counterparty) else ""
    return {
        "on": line.on.isoformat() if line else "",
        "text": masker.text(line.text, person=person) if line else "",
        "counterparty": masker.name(counterparty, is_person=bool(person)),
        "amount": to_fen(item.amount),
        "reason": masker.text(item.reason, person=person),
    }
