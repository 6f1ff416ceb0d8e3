"""From the bank's lines into the books: what is proposed for each, and taking many in by one act."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from accounts.services import record_action
from finance.models import CategoryRule, Entry, LedgerAccount, StatementLine
from finance.rules import OTHER_CATEGORIES, Category, Direction, category_by_words, direction_of
from finance.services.accounts import locked, reference_to
from finance.services.entries import Posting
from finance.services.vouchers import Proof, attach_voucher, keep
from kernel.days import long_date
from kernel.errors import ConflictError, DomainError
from kernel.money import yuan
from kernel.text import tidy

#: A hand-made entry of the same amount this near a bank line is probably the same payment.
_NEAR = timedelta(days=7)


@dataclass(frozen=True)
class Choice:
    """What a person decided for a bank line. `is_person` None leaves it to the name; `text` replaces the bank's."""

    category: str
    is_person: bool | None = None
    text: str = ""


@dataclass(frozen=True)
class Part:
    """One entry of a bank line that holds several things; `amount` is positive, in yuan."""

    category: str
    amount: Decimal
    counterparty: str = ""
    text: str = ""
    is_person: bool | None = None

    def posting(self, on: date) -> Posting:
        return Posting(
            on=on,
            category=self.category,
            amount=self.amount,
            counterparty=self.counterparty,
            text=self.text,
            is_person=self.is_person,
        )


@dataclass(frozen=True)
class Booked:
    """What came of a batch: the entries made, and the lines somebody else had taken in meanwhile."""

    entries: list[Entry]
    already: list[StatementLine]


def lines_to_book(account: LedgerAccount) -> list[StatementLine]:
    """Bank lines not wholly in the books now, each with `left_amount`, oldest first."""
    return list(account.lines.not_booked().with_left().order_by("on", "statement", "order"))


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
    made = account.entries.standing_entries().filter(line__isnull=True, amount__in={_left(line) for line in lines})
    by_amount: dict[tuple[str, Decimal], list[Entry]] = {}
    for entry in made:
        by_amount.setdefault((entry.direction, entry.amount), []).append(entry)
    found = {}
    for line in lines:
        candidates = by_amount.get((line.direction, _left(line)), [])
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
    lines = _with_turns(account, choices)
    if len(lines) != len(choices):
        raise DomainError("所选明细中有的不属于本账户，或所在的对账单已撤回，请刷新页面后重选。")
    for line in lines:
        _check(line, choices[line.public_id])
    fresh = [line for line in lines if _left(line) > 0]
    entries = Entry.objects.bulk_create(_entry(line, choices[line.public_id], by=by, at=at) for line in fresh)
    remember(account, ((line, choices[line.public_id].category) for line in fresh))
    if entries:
        days = f"{long_date(min(e.on for e in entries))}至{long_date(max(e.on for e in entries))}"
        record_action("对账单入账", by=by, subject=reference_to(account), detail=f"{len(entries)} 笔，{days}")
    return Booked(entries, [line for line in lines if _left(line) <= 0])


@transaction.atomic
def book_line(line: StatementLine, choice: Choice, *, vouchers: Sequence[Proof] = (), by: User, at: datetime) -> Entry:
    """Take one bank line in, with its vouchers. Raises ConflictError where somebody else just did."""
    booked = book_lines(line.account, {line.public_id: choice}, by=by, at=at)
    if booked.already:
        raise _just_booked(line)
    for proof in vouchers:
        attach_voucher(booked.entries[0], proof, by=by, at=at)
    return booked.entries[0]


@transaction.atomic
def book_parts(
    line: StatementLine, parts: Sequence[Part], *, vouchers: Sequence[Proof] = (), by: User, at: datetime
) -> list[Entry]:
    """Take one bank line in as several entries that sum exactly to what of it is not booked; vouchers prove each.

    Nothing is remembered for next time: the payer stands for no single category. Raises DomainError naming the
    difference, or `part-N` for a part that does not fit; ConflictError where somebody else just took the line in.
    """
    account = locked(line.account)
    found = _with_turns(account, [line.public_id])
    if not found:
        raise DomainError("这一笔所在的对账单已撤回，不能入账。")
    line, left = found[0], _left(found[0])
    if left <= 0:
        raise _just_booked(line)
    total = sum((part.amount for part in parts), Decimal(0))
    if total != left:
        words = f"{'多' if total > left else '少'}了 {yuan(abs(total - left))} 元"
        raise DomainError(f"各部分合计 {yuan(total)} 元，应为 {yuan(left)} 元，{words}。")
    for number, part in enumerate(parts):
        _check_part(line, part, number)
    on, turn = _day_of(line), _next_turn(line)
    entries = Entry.objects.bulk_create(
        Entry(
            account_id=line.account_id,
            line=line,
            line_turn=turn,
            line_part=number,
            entered_by=by,
            entered_at=at,
            **part.posting(on).fields(),
        )
        for number, part in enumerate(parts, 1)
    )
    detail = f"{long_date(line.on)} {yuan(left)} 元拆成 {len(entries)} 笔"
    record_action("对账单拆分入账", by=by, subject=reference_to(account), detail=detail)
    for proof in vouchers:
        kept = replace(proof, source=keep(proof.source, by=by))
        for entry in entries:
            attach_voucher(entry, kept, by=by, at=at)
    return entries


def _with_turns(account: LedgerAccount, public_ids: Iterable[str]) -> list[StatementLine]:
    """Lines with what is left of them, the last turn they were booked in and the last day one was reversed."""
    return list(
        account.lines.filter(public_id__in=list(public_ids))
        .with_left()
        .annotate(last_turn=Max("entries__line_turn"), back_on=Max("entries__reversed_by__on"))
    )


def _left(line: StatementLine) -> Decimal:
    """What of the line is to be booked: all of it, where nobody asked how much the books hold."""
    left: Decimal = getattr(line, "left_amount", line.amount)
    return left


def _day_of(line: StatementLine) -> date:
    back_on: date | None = getattr(line, "back_on", None)
    return back_on or line.on


def _next_turn(line: StatementLine) -> int:
    return (getattr(line, "last_turn", None) or 0) + 1


def _just_booked(line: StatementLine) -> ConflictError:
    entry = line.entries.standing_entries().select_related("entered_by").first()
    return ConflictError(f"这一笔刚刚已由{entry.entered_by.name if entry else '他人'}入账，不会重复记账。")


def _check_part(line: StatementLine, part: Part, number: int) -> None:
    field = f"part-{number}"
    if part.amount <= 0:
        raise DomainError("每一部分的金额都要大于零。", field=field)
    if part.category not in Category.values or direction_of(part.category) != line.direction:
        raise DomainError(f"银行记的是{line.get_direction_display()}，请选同一边的科目。", field=field)
    if part.category in OTHER_CATEGORIES and not tidy(part.text):
        raise DomainError("归入“其他”须在摘要里说明是什么收支。", field=field)


def _check(line: StatementLine, choice: Choice) -> None:
    place = f"{long_date(line.on)} {line.get_direction_display()} {yuan(line.amount)}"
    if choice.category not in Category.values:
        raise DomainError(f"{place}：请选择科目。", field="category")
    if direction_of(choice.category) != line.direction:
        raise DomainError(f"{place}：银行记的是{line.get_direction_display()}，请选同一边的科目。", field="category")
    if choice.category in OTHER_CATEGORIES and not (line.text or choice.text):
        raise DomainError(f"{place}：银行没有写摘要，归入“其他”须说明，请单笔入账并填写摘要。", field="text")


def _entry(line: StatementLine, choice: Choice, *, by: User, at: datetime) -> Entry:
    posting = Posting(
        on=_day_of(line),
        category=choice.category,
        amount=_left(line),
        counterparty=line.counterparty,
        text=choice.text or line.text,
        is_person=choice.is_person,
    )
    return Entry(
        account_id=line.account_id,
        line=line,
        line_turn=_next_turn(line),
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
