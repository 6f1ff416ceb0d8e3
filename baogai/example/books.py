"""The example's accounts: opened with a proof, filled quarter by quarter from bank statements, as a treasurer does."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from baogai.example.clock import the_clock_at
from baogai.example.days import Days, at
from baogai.example.money import (
    Fen,
    Kind,
    Movement,
    draw_movements,
    first_balance,
    lowest,
    movements_wanted,
    statement_of,
    whole_fen,
)
from baogai.example.names import lots
from baogai.example.offices import Offices, left_on
from baogai.example.people import People
from baogai.example.pictures import receipt
from baogai.example.plan import Account, Place, Quarters
from baogai.example.town import GARDEN, GARDEN_BALANCE, PLACES
from communities.models import Body, Compound, PropertyFirm
from finance.models import Entry, LedgerAccount
from finance.rules import Category, Direction
from finance.services.accounts import open_account
from finance.services.booking import Choice, book_lines, lines_to_book
from finance.services.closing import close_account
from finance.services.statement_preview import upload_statement
from finance.services.statements import import_statement, record_nil_statement
from finance.services.vouchers import Proof, attach_voucher
from kernel.days import long_date
from kernel.money import from_fen, to_fen, yuan
from kernel.periods import Period

Holder = Body | PropertyFirm

_HANDED_ON = "公共收益结余移交"
_VOUCHERS = 2


@dataclass
class Ledger:
    """An account with what the bank will say about it; `movements` are of each quarter not yet taken in."""

    account: LedgerAccount
    planned: Account
    keeper: User
    balance: Fen
    movements: dict[Period, list[Movement]] = field(default_factory=dict)
    last_on: date | None = None

    def take_in(self, until: Period, *, moment: datetime) -> None:
        """Import and book every quarter's statement up to this one that is not in the books yet."""
        for quarter in sorted(self.movements):
            if quarter <= until:
                self._take_in(quarter, self.movements.pop(quarter), moment)

    def _take_in(self, quarter: Period, movements: list[Movement], moment: datetime) -> None:
        first = max(quarter.first, self.account.opened_on)
        last = min(quarter.last, self.last_on or quarter.last)
        if not movements:
            proof = receipt("银行证明", [f"{long_date(first)}至{long_date(last)}无收支"], name="无收支证明.jpg")
            record_nil_statement(
                self.account,
                proof,
                from_on=first,
                until_on=last,
                balance=from_fen(self.balance),
                by=self.keeper,
                at=moment,
            )
            return
        file = statement_of(
            self.planned, str(self.account.holder), movements, opening=self.balance, first=first, last=last
        )
        upload = upload_statement(self.account, file, by=self.keeper, at=moment)
        import_statement(upload, acknowledged=True, by=self.keeper, at=moment)
        self.balance += sum(movement.signed for movement in movements)
        categories = {(movement.kind.payer, movement.kind.text): movement.kind.category for movement in movements}
        booked = book_lines(
            self.account,
            {line.public_id: Choice(categories[line.counterparty, line.text]) for line in lines_to_book(self.account)},
            by=self.keeper,
            at=moment + timedelta(minutes=20),
        )
        self._attach_vouchers(booked.entries, moment + timedelta(minutes=40))

    def _attach_vouchers(self, entries: list[Entry], moment: datetime) -> None:
        """Receipts for the largest expenses; the first of them residents may open."""
        spent = sorted((e for e in entries if e.direction == Direction.OUT and e.counterparty), key=lambda e: -e.amount)
        for number, entry in enumerate(spent[:_VOUCHERS]):
            lines = [entry.counterparty, entry.text, f"{yuan(entry.amount)} 元", long_date(entry.on)]
            picture = receipt("发票（示例）", lines, name=f"发票-{entry.on:%Y%m%d}-{number + 1}.jpg")
            attach_voucher(entry, Proof(picture, f"发票：{entry.text}", number == 0), by=self.keeper, at=moment)

    def close(self, *, moment: datetime) -> None:
        """Take in what is left and close the account; its money has been handed on."""
        self.take_in(max(self.movements), moment=moment)
        close_account(self.account, closed_on=self.last_on or self.account.opened_on, by=self.keeper, at=moment)


@dataclass(frozen=True)
class Books:
    """Every account by the compound's key and its holder; a firm's successor has its own."""

    ledgers: dict[tuple[str, int], Ledger]

    def of(self, place: Place, holder: Holder) -> Ledger | None:
        return self.ledgers.get((place.key, holder.pk if isinstance(holder, Body) else -holder.pk))


def open_books(compounds: dict[str, Compound], offices: Offices, people: People, days: Days) -> Books:
    """Open every account of the plan as the oldest quarter begins."""
    ledgers = {}
    for place in PLACES:
        for planned in place.accounts:
            for ledger in _open(place, planned, compounds[place.key], offices, people, days):
                holder = ledger.account.holder
                ledgers[place.key, holder.pk if isinstance(holder, Body) else -holder.pk] = ledger
    return Books(ledgers)


def _open(
    place: Place, planned: Account, compound: Compound, offices: Offices, people: People, days: Days
) -> list[Ledger]:
    """The account, and where the firm left, its successor's."""
    is_firm = planned.holder == "firm"
    holder: Holder = offices.firms[place.firm] if is_firm else offices.committees[place.key]
    keeper = keeper_of(place, people, firm=place.firm if is_firm else "")
    told = place.firm_told if is_firm else place.committee_told
    drawn = _draw(place, planned, told, days)
    if place.contract == "left":
        return _handed_on(place, planned, compound, holder, keeper, drawn, offices, people, days)
    whole = [movement for quarter in drawn.values() for movement in quarter]
    random = lots(f"{place.key}{planned.tail}opening")
    if place.key == GARDEN:
        opening = from_fen(whole_fen(GARDEN_BALANCE) - sum(movement.signed for movement in whole))
    else:
        opening = first_balance(random, at_least=-lowest(whole))
    ledger = _ledger(compound, planned, holder, keeper, opening_fen=to_fen(opening), opened_on=days.quarters[0].first)
    ledger.movements = drawn
    return [ledger]


def keeper_of(place: Place, people: People, *, firm: str) -> User:
    """Who keeps the books: the firm's clerk or the committee's treasurer."""
    if firm:
        manager, clerk = ("manager", "clerk") if firm == "anju" else (f"manager:{firm}", f"clerk:{firm}")
        return people.called(clerk, manager)
    return people[f"treasurer:{place.key}"]


def _draw(place: Place, planned: Account, told: Quarters, days: Days) -> dict[Period, list[Movement]]:
    """The movements of each quarter. The garden's add up to the sample's opening balance; its last quarter is the
    sample itself.
    """
    quarters = days.quarters[:-1] if place.key == GARDEN else days.quarters
    for attempt in range(100):
        random = lots(f"{place.key}{planned.tail}{attempt}")
        drawn = {
            quarter: []
            if telling.is_nil
            else draw_movements(
                place,
                quarter.first,
                quarter.last,
                count=movements_wanted(quarter, days.quarters[0], random),
                random=random,
            )
            for quarter, telling in zip(quarters, told, strict=False)
        }
        whole = [movement for movements in drawn.values() for movement in movements]
        spare = whole_fen(GARDEN_BALANCE) - sum(movement.signed for movement in whole) + lowest(whole)
        if place.key != GARDEN or spare > 0:
            return drawn
    raise ValueError(f"no lot fits {place.key}")


def _handed_on(
    place: Place,
    planned: Account,
    compound: Compound,
    holder: Holder,
    keeper: User,
    drawn: dict[Period, list[Movement]],
    offices: Offices,
    people: People,
    days: Days,
) -> list[Ledger]:
    """The leaving firm's account, emptied on its last day, and its successor's, begun with that money."""
    last_on, turn = left_on(days), days.quarters[2]
    successor = offices.firms[place.next_firm]
    before = {quarter: drawn[quarter] for quarter in days.quarters[:2]}
    before[turn] = [movement for movement in drawn[turn] if movement.on <= last_on]
    whole = [movement for movements in before.values() for movement in movements]
    opening = to_fen(first_balance(lots(f"{place.key}opening"), at_least=-lowest(whole)))
    left = opening + sum(movement.signed for movement in whole)
    before[turn].append(Movement(last_on, left, Kind(successor.name, _HANDED_ON, Category.E99, 0, 0)))
    old = _ledger(compound, planned, holder, keeper, opening_fen=opening, opened_on=days.quarters[0].first)
    old.movements, old.last_on = before, last_on

    begun = Movement(last_on + timedelta(days=1), left, Kind(str(holder), _HANDED_ON, Category.I99, 0, 0))
    bank = Account(planned.holder, planned.bank, f"{(int(planned.tail) + 1) % 10_000:04}")
    new = _ledger(
        compound,
        bank,
        successor,
        keeper_of(place, people, firm=place.next_firm),
        opening_fen=0,
        opened_on=last_on + timedelta(days=1),
    )
    new.movements = {
        turn: [begun, *(movement for movement in drawn[turn] if movement.on > last_on)],
        days.quarters[3]: drawn[days.quarters[3]],
    }
    return [old, new]


def _ledger(
    compound: Compound, planned: Account, holder: Holder, keeper: User, *, opening_fen: Fen, opened_on: date
) -> Ledger:
    moment = at(opened_on, 9)
    # The sample statement of the garden names its holder in short.
    name = "示例小区业主委员会" if planned.tail == "0421" else f"{holder}（{compound}公共收益）"[:80]
    with the_clock_at(moment):
        account = open_account(
            compound,
            holder=holder,
            name=name,
            bank=planned.bank,
            number=planned.tail,
            is_dedicated=planned.is_dedicated,
            opened_on=opened_on,
            opening_balance=from_fen(opening_fen),
            proof=receipt(
                "银行余额证明（示例）",
                [f"尾号 {planned.tail}", f"{yuan(from_fen(opening_fen))} 元"],
                name="余额证明.jpg",
            ),
            by=keeper,
            at=moment,
        )
    return Ledger(account, planned, keeper, opening_fen)


def _proof_of_balance(planned: Account, balance: Fen) -> SimpleUploadedFile:
    lines = [planned.bank, f"尾号 {planned.tail}", f"余额 {yuan(from_fen(balance))} 元"]
    return receipt("银行余额证明（示例）", lines, name="余额证明.jpg")
