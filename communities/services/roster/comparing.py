"""What would become of each household: new, changed (old → new), or the same. No database, no writing.

Who an owner is: within one home a name is a person, so another phone beside it is a correction; across homes only
the same name *and* phone are one person. A blank cell never erases what the register knows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from communities.rules import OwnerKind
from communities.services.roster.columns import LABELS
from communities.services.roster.parsing import ParsedRow
from kernel.masking import looks_like_person, mask_phone
from kernel.rooms import Address


class Holding(NamedTuple):
    """A current ownership: its key, and its owner."""

    ownership: int
    owner: str
    name: str
    phone: str


@dataclass(slots=True)
class Household:
    """A home as the register has it."""

    public_id: str
    area: Decimal
    certificate: str
    remark: str
    holdings: list[Holding] = field(default_factory=list)


@dataclass
class Register:
    """A compound's present homes, and its owners by name and phone, as far as the rows at hand ask for them."""

    households: dict[Address, Household] = field(default_factory=dict)
    identities: dict[tuple[str, str], str] = field(default_factory=dict)


class Act(StrEnum):
    """What an import does about one owner of one home."""

    KEEP = "keep"
    REPHONE = "rephone"  # stays, with another phone
    JOIN = "join"  # an owner already known takes the home
    FOUND = "found"  # a new owner is entered and takes the home


class Holder(NamedTuple):
    """One owner of a home after the import; `owner` is the public id."""

    name: str
    phone: str
    kind: str
    owner: str
    act: Act


@dataclass(slots=True)
class Outcome:
    """A good row and what would become of it. `unit` is the home's public id, `leaving` the ownerships that end."""

    row: ParsedRow
    unit: str
    is_new: bool
    holders: list[Holder]
    leaving: list[int]
    changes: list[tuple[str, str, str]]


class Comparison:
    """Compares good rows one by one with the register; rows with a changed phone wait for all the others.

    A phone changes for the person, so every home of theirs must say the same: where two rows give one owner
    different numbers, or the number is another namesake's, they are different people.
    """

    def __init__(self, register: Register, public_ids: Iterator[str]) -> None:
        self._register = register
        # Grows by the new owners, so that the next row that names one joins them.
        self._identities = register.identities
        self._public_ids = public_ids
        self._waiting: list[tuple[ParsedRow, Household]] = []
        self._phones_given: dict[str, set[str]] = {}
        self.matched = 0

    def place(self, row: ParsedRow) -> Outcome | None:
        """The outcome of a row, or None where it must wait for `rest`."""
        household = self._register.households.get(row.address)
        if household is None:
            holders = [self._newcomer(name, phone) for name, phone in row.owners]
            return Outcome(row, next(self._public_ids), True, holders, [], [])
        self.matched += 1
        known = {holding.name: holding for holding in household.holdings}
        for name, phone in row.owners:
            holding = known.get(name)
            if holding is not None and phone:
                self._phones_given.setdefault(holding.owner, set()).add(phone)
        if any(phone and name in known and phone != known[name].phone for name, phone in row.owners):
            self._waiting.append((row, household))
            return None
        return self._compare(row, household)

    def rest(self) -> Iterator[Outcome]:
        """The rows that waited, now that every row was seen."""
        for row, household in self._waiting:
            yield self._compare(row, household)

    def _newcomer(self, name: str, phone: str) -> Holder:
        """An owner known by name and phone, else a new one. Without a phone nobody is taken for somebody else."""
        kind = OwnerKind.NATURAL if looks_like_person(name) else OwnerKind.LEGAL
        known = self._identities.get((name, phone)) if phone else None
        if known is not None:
            return Holder(name, phone, kind, known, Act.JOIN)
        owner = next(self._public_ids)
        if phone:
            self._identities[name, phone] = owner
        return Holder(name, phone, kind, owner, Act.FOUND)

    def _compare(self, row: ParsedRow, household: Household) -> Outcome:
        staying = {holding.name: holding for holding in household.holdings}
        holders: list[Holder] = []
        changes = _facts_changed(row, household)
        for name, phone in row.owners:
            holding = staying.get(name)
            if holding is None:
                holders.append(self._newcomer(name, phone))
            elif not phone or phone == holding.phone:
                holders.append(Holder(name, holding.phone, "", holding.owner, Act.KEEP))
                del staying[name]
            elif self._may_rephone(holding, phone):
                holders.append(Holder(name, phone, "", holding.owner, Act.REPHONE))
                changes.append((f"{name}的电话", mask_phone(holding.phone) or "（空）", mask_phone(phone)))
                del staying[name]
            else:
                holders.append(self._newcomer(name, phone))
        leaving = list(staying.values())
        if leaving or any(holder.act in (Act.JOIN, Act.FOUND) for holder in holders):
            changes.append((LABELS["owner"], *_owners_changed(household.holdings, holders)))
        return Outcome(row, household.public_id, False, holders, [holding.ownership for holding in leaving], changes)

    def _may_rephone(self, holding: Holding, phone: str) -> bool:
        namesake = self._identities.get((holding.name, phone), holding.owner)
        if self._phones_given[holding.owner] != {phone} or namesake != holding.owner:
            return False
        self._identities.pop((holding.name, holding.phone), None)
        self._identities[holding.name, phone] = holding.owner
        return True


def _facts_changed(row: ParsedRow, household: Household) -> list[tuple[str, str, str]]:
    changes = []
    if row.area is not None and row.area != household.area:
        changes.append((LABELS["area"], str(household.area), str(row.area)))
    if row.certificate and row.certificate != household.certificate:
        changes.append((LABELS["certificate"], household.certificate or "（空）", row.certificate))
    if row.remark and row.remark != household.remark:
        changes.append((LABELS["remark"], household.remark or "（空）", row.remark))
    return changes


def _owners_changed(before: Sequence[Holding], after: Sequence[Holder]) -> tuple[str, str]:
    """The owners before and after; with their phones where only these tell them apart."""
    namesakes = {holding.name for holding in before} == {holder.name for holder in after}

    def listed(people: Sequence[Holding] | Sequence[Holder]) -> str:
        shown = (f"{one.name}（{mask_phone(one.phone) or '无电话'}）" if namesakes else one.name for one in people)
        return "、".join(shown) or "（空）"

    return listed(before), listed(after)
