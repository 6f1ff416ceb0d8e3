"""The figures of a quarter drawn from the books: everything a disclosure shows, in strings and whole fen.

What is drawn here is what the reviewer signs, what publishing freezes and hashes, and what every later reader
gets; the page, the poster and the spreadsheet are made from it alone. It holds no natural person's full name.
"""

import re
from collections.abc import Iterable
from typing import Any

from communities.models import Compound, Owner
from communities.rules import OwnerKind
from finance.models import DisclosureDraft, ReconcilingItem
from finance.rules import Category, Direction, direction_of
from finance.services.quarter import AccountQuarter, Quarter, last_day_of, read_quarter
from kernel.chain import body_sha, canonical
from kernel.masking import looks_like_person, mask_name, mask_numbers
from kernel.money import to_fen
from kernel.surnames import surname_length

#: The layout of the frozen copy; a new one gets a new number and a reader beside the old.
SCHEMA = 1
# Shorter names are ordinary words too often (文明, 安全) to be struck out of a free text.
_SHORTEST_NAME_IN_TEXT = 3

Figures = dict[str, Any]


class Masker:
    """Strikes out natural persons: a counterparty wherever it stands, and owners of the compound in free texts.

    And whatever numbers are a person's: mobiles, identity numbers, bank cards.
    """

    def __init__(self, owner_names: Iterable[str]) -> None:
        self._owners = frozenset(name for name in owner_names if len(name) >= _SHORTEST_NAME_IN_TEXT)

    @classmethod
    def of(cls, compound: Compound) -> "Masker":
        """Where no quarter was read, which knows the names already."""
        people = Owner.objects.filter(compound=compound, kind=OwnerKind.NATURAL)
        return cls(people.values_list("name", flat=True))

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


def draw_figures(draft: DisclosureDraft) -> Figures:
    """The quarter as the books have it now. Amounts in fen; an item's amount is its effect on the balance."""
    return figures_of(read_quarter(draft))


def figures_of(quarter: Quarter) -> Figures:
    """What was read, as the page, the poster and the spreadsheet show it."""
    draft, account, period = quarter.draft, quarter.drawn.account, quarter.period
    obligation, compound, opening = draft.obligation, account.compound, quarter.opening
    masker = Masker(quarter.owner_names)
    items = [_item(entry, masker) for entry in quarter.entries]
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
        "others": [_other(other) for other in quarter.others],
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
        "reconciliation": _reconciliation(quarter, masker),
        "note": masker.text(draft.note),
        # The number to ask is published on purpose.
        "contact": masker.text(draft.contact, keeps_mobiles=True),
    }


def _other(other: AccountQuarter) -> Figures:
    """A further account of the same bearer: named with its sums; it has a disclosure of its own (decision 0011)."""
    return {
        "name": other.account.name,
        "bank": other.account.bank,
        "tail": other.account.number_tail,
        "income": to_fen(other.income),
        "expense": to_fen(other.expense),
        "closing": to_fen(other.until),
    }


def figures_sha(figures: Figures) -> str:
    """The fingerprint of the canonical figures: what a reviewer signs."""
    return body_sha(canonical(figures))


def _item(entry: Any, masker: Masker) -> Figures:
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
        "vouchers": [mark[:16] for mark in entry.voucher_marks],
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


def _reconciliation(quarter: Quarter, masker: Masker) -> Figures:
    bank = quarter.drawn.bank_until
    return {
        "until": last_day_of(quarter.drawn.account, quarter.period).isoformat() if bank is not None else "",
        "bank": to_fen(bank) if bank is not None else 0,
        "items": [_reconciled(item, masker) for item in quarter.listed],
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
