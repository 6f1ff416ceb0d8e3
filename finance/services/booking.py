"""From the bank's lines into the books: what is proposed for each, and taking many in by one act."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Max

from accounts.models import User
from accounts.services import record_action
from finance.models import CategoryRule, Entry, LedgerAccount, StatementLine
from finance.rules import OTHER_CATEGORIES, Category, Direction, category_by_words, direction_of
from finance.services.accounts import locked, reference_to
from finance.services.entries import Posting
from finance.services.vouchers import Proof, attach_voucher
from kernel.days import long_date
from kernel.errors import ConflictError, DomainError
from kernel.money import yuan

#: A hand-made entry of the same amount this near a bank line is probably the same payment.
_NEAR = timedelta(days=7)


@dataclass(frozen=True)
class Choice:
    """What a person decided for a bank line. `is_person` None leaves it to the name; `text` replaces the bank's."""

    category: str
    is_person: bool | None = None
    text: str = ""


@dataclass(frozen=True)
class Booked:
    """What came of a batch: the entries made, and the lines somebody else had taken in meanwhile."""

    entries: list[Entry]
    already: list[StatementLine]


def lines_to_book(account: LedgerAccount) -> list[StatementLine]:
    """Bank lines that are not in the books now, oldest first."""
    return list(account.lines.not_booked().order_by("on", "statement", "order"))


def suggest(account: LedgerAccount, lines: Iterable[StatementLine]) -> dict[int, str]:
    """Line id → category proposed: as last time for payer and text, then for the payer, then by the words."""
    remembered = {
        (rule.direction, rule.counterparty, rule.text): rule.category for rule in account.category_rules.all()
    }
    found = {}
    for line in lines:
        exact = remembered.get((line.direction, line.counterparty, line.text))
        payer = remembered.get((line.direction, line.counterparty, "")) if line.counterparty else None
        category = (
            exact
            or payer
            or category_by_words(Direction(line.direction), text=line.text, counterparty=line.counterparty)
        )
        if category:
            found[line.pk] = category
    return found


def probably_booked_by_hand(account: LedgerAccount, lines: Sequence[StatementLine]) -> dict[int, Entry]:
    """Line id → a hand-made entry of the same side and amount within a week, so that nothing is booked twice."""
    made = account.entries.standing_entries().filter(line__isnull=True, amount__in={line.amount for line in lines})
    by_amount: dict[tuple[str, Decimal], list[Entry]] = {}
    for entry in made:
        by_amount.setdefault((entry.direction, entry.amount), []).append(entry)
    found = {}
    for line in lines:
        candidates = by_amount.get((line.direction, line.amount), [])
        near = next((entry for entry in candidates if abs(entry.on - line.on) <= _NEAR), None)
        if near is not None:
            candidates.remove(near)
            found[line.pk] = near
    return found


@transaction.atomic
def book_lines(account: LedgerAccount, choices: Mapping[str, Choice], *, by: User, at: datetime) -> Booked:
    """Take bank lines (by public id) into the books, all in one act, and remember the choices for next time.

    A line whose entry was reversed comes back on the day of that reversal, so that the balance of no day between
    changes. Lines somebody took in meanwhile are left and reported. Raises DomainError, and books nothing, for a
    line of another account or of a withdrawn statement, and for a category that does not fit. The number of SQL
    statements does not grow with the lines.
    """
    account = locked(account)
    lines = list(
        account.lines.filter(public_id__in=choices).annotate(
            turns=Count("entries"), back_on=Max("entries__reversed_by__on")
        )
    )
    if len(lines) != len(choices):
        raise DomainError("所选明细中有的不属于本账户，或所在的对账单已撤回，请刷新页面后重选。")
    for line in lines:
        _check(line, choices[line.public_id])
    waiting = set(account.lines.not_booked().filter(pk__in=[line.pk for line in lines]).values_list("pk", flat=True))
    fresh = [line for line in lines if line.pk in waiting]
    entries = Entry.objects.bulk_create(_entry(line, choices[line.public_id], by=by, at=at) for line in fresh)
    remember(account, ((line, choices[line.public_id].category) for line in fresh))
    if entries:
        days = f"{long_date(min(e.on for e in entries))}至{long_date(max(e.on for e in entries))}"
        record_action("对账单入账", by=by, subject=reference_to(account), detail=f"{len(entries)} 笔，{days}")
    return Booked(entries, [line for line in lines if line.pk not in waiting])


@transaction.atomic
def book_line(line: StatementLine, choice: Choice, *, vouchers: Sequence[Proof] = (), by: User, at: datetime) -> Entry:
    """Take one bank line in, with its vouchers. Raises ConflictError where somebody else just did."""
    booked = book_lines(line.account, {line.public_id: choice}, by=by, at=at)
    if booked.already:
        entry = line.entries.standing_entries().select_related("entered_by").first()
        raise ConflictError(f"这一笔刚刚已由{entry.entered_by.name if entry else '他人'}入账，不会重复记账。")
    for proof in vouchers:
        attach_voucher(booked.entries[0], proof, by=by, at=at)
    return booked.entries[0]


def _check(line: StatementLine, choice: Choice) -> None:
    place = f"{long_date(line.on)} {line.get_direction_display()} {yuan(line.amount)}"
    if choice.category not in Category.values:
        raise DomainError(f"{place}：请选择科目。", field="category")
    if direction_of(choice.category) != line.direction:
        raise DomainError(f"{place}：银行记的是{line.get_direction_display()}，请选同一边的科目。", field="category")
    if choice.category in OTHER_CATEGORIES and not (line.text or choice.text):
        raise DomainError(f"{place}：银行没有写摘要，归入“其他”须说明，请单笔入账并填写摘要。", field="text")


def _entry(line: StatementLine, choice: Choice, *, by: User, at: datetime) -> Entry:
    back_on: date | None = getattr(line, "back_on", None)
    posting = Posting(
        on=back_on or line.on,
        category=choice.category,
        amount=line.amount,
        counterparty=line.counterparty,
        text=choice.text or line.text,
        is_person=choice.is_person,
    )
    return Entry(
        account_id=line.account_id,
        line=line,
        line_turn=getattr(line, "turns", 0) + 1,
        entered_by=by,
        entered_at=at,
        **posting.fields(),
    )


def remember(account: LedgerAccount, booked: Iterable[tuple[StatementLine, str]]) -> None:
    """Keep the last choice for payer and text, and for the payer alone."""
    last: dict[tuple[str, str, str], str] = {}
    for line, category in booked:
        last[line.direction, line.counterparty, line.text] = category
        if line.counterparty:
            last[line.direction, line.counterparty, ""] = category
    CategoryRule.objects.bulk_create(
        [
            CategoryRule(account=account, direction=direction, counterparty=payer, text=text, category=category)
            for (direction, payer, text), category in last.items()
        ],
        update_conflicts=True,
        unique_fields=["account", "direction", "counterparty", "text"],
        update_fields=["category"],
    )
