"""The books add up: worked examples an accountant can follow, and the rule that must always hold (LED-06)."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finance.models import Entry, LedgerAccount
from finance.rules import Category, Direction, direction_of
from finance.services import ledger
from finance.services.corrections import correct_entry, reverse_entry
from finance.services.entries import Posting
from kernel.errors import ConflictError, DomainError
from kernel.fields import new_public_id
from kernel.periods import Period
from tests.books import account_of, enter
from tests.cast import NOON, TODAY, World

pytestmark = pytest.mark.django_db
Q3, Q4 = Period.parse("2026Q3"), Period.parse("2026Q4")
LAST_DAY = date(2026, 9, 30)


@pytest.fixture
def account(world: World) -> LedgerAccount:
    return account_of(world, opening="10000.00")


def sums(account: LedgerAccount, period: Period) -> dict[str, Decimal]:
    return ledger.entries_in(account, period).by_category()


def test_a_quarter_is_opening_plus_income_minus_expense(account: LedgerAccount) -> None:
    """建账余额 10,000.00；停车费 3,000.00 + 1,500.00，电梯广告 2,400.50，路灯维修 880.30，手续费 5.00。"""
    enter(account, "I03", "3000.00", date(2026, 7, 5))
    enter(account, "I03", "1500.00", date(2026, 8, 5))
    enter(account, "I01", "2400.50", date(2026, 8, 20))
    enter(account, "E03", "880.30", date(2026, 9, 1))
    enter(account, "E12", "5.00", LAST_DAY)
    enter(account, "I03", "700.00", date(2026, 10, 1))

    assert sums(account, Q3) == {
        "E03": Decimal("880.30"), "E12": Decimal("5.00"), "I01": Decimal("2400.50"), "I03": Decimal("4500.00"),
    }  # fmt: skip
    assert ledger.balance_on(account, date(2026, 6, 30)) == Decimal("10000.00")
    assert ledger.balance_on(account, LAST_DAY) == Decimal("16015.20")  # 10,000.00 + 6,900.50 − 885.30
    assert ledger.balance_on(account, TODAY) == Decimal("16715.20")


def test_a_reversal_on_the_original_day_leaves_the_quarter_as_if_nothing_had_been_entered(
    account: LedgerAccount,
) -> None:
    """停车费 3,000.00 重复入账，按原日期冲正：第三季度停车费只剩一笔。"""
    enter(account, "I03", "3000.00", date(2026, 7, 5))
    twice = enter(account, "I03", "3000.00", date(2026, 7, 5))
    reverse_entry(twice, reason="重复入账", on=twice.on, by=account.opened_by, at=NOON)

    assert sums(account, Q3) == {"I03": Decimal("3000.00")}
    assert ledger.entries_in(account, Q3).count() == 3
    assert ledger.balance_on(account, LAST_DAY) == Decimal("13000.00")


def test_a_reversal_today_leaves_the_old_quarter_and_corrects_the_current_one(account: LedgerAccount) -> None:
    """第三季度已公示，第四季度冲正：第三季度的数不动，第四季度停车费为 −3,000.00。"""
    entry = enter(account, "I03", "3000.00", date(2026, 7, 5))
    reverse_entry(entry, reason="记错账户", on=TODAY, by=account.opened_by, at=NOON)

    assert sums(account, Q3) == {"I03": Decimal("3000.00")}
    assert sums(account, Q4) == {"I03": Decimal("-3000.00")}
    assert ledger.balance_on(account, LAST_DAY) == Decimal("13000.00")
    assert ledger.balance_on(account, TODAY) == Decimal("10000.00")


def test_the_reversal_of_an_expense_stands_negative_on_the_expense_side(account: LedgerAccount) -> None:
    entry = enter(account, "E05", "260.00", date(2026, 8, 3))
    reversal = reverse_entry(entry, reason="发票退回", on=entry.on, by=account.opened_by, at=NOON)
    assert (reversal.direction, reversal.signed) == (Direction.IN, Decimal("260.00"))
    assert account.entries.on_side(Direction.IN).net() == 0
    assert account.entries.on_side(Direction.OUT).net() == 0


def test_a_correction_moves_an_amount_to_its_right_category(account: LedgerAccount) -> None:
    """路灯维修 880.30 误记办公经费，更正后办公经费为零、维修为 880.30，结余不变。"""
    wrong = enter(account, "E05", "880.30", date(2026, 8, 3), counterparty="宏光电器", text="路灯维修")
    posting = Posting(on=wrong.on, category="E03", amount=wrong.amount, counterparty="宏光电器", text="路灯维修")
    right = correct_entry(wrong, posting, reason="科目记错", by=account.opened_by, at=NOON)

    assert sums(account, Q3) == {"E03": Decimal("880.30"), "E05": Decimal("0.00")}
    assert ledger.balance_on(account, LAST_DAY) == Decimal("9119.70")
    assert (right.text, wrong.reversed_by.reason) == ("路灯维修", "科目记错")


def test_running_balances_are_the_same_whatever_is_shown(account: LedgerAccount) -> None:
    first = enter(account, "I03", "100.00", date(2026, 7, 5))
    second = enter(account, "E05", "30.00", date(2026, 7, 5))
    third = enter(account, "I03", "5.00", date(2026, 7, 6))
    every = {first.pk: Decimal(10100), second.pk: Decimal(10070), third.pk: Decimal(10075)}
    assert ledger.running_balances(account, [third, first, second]) == every
    assert ledger.running_balances(account, [third, first]) == {pk: every[pk] for pk in (first.pk, third.pk)}


AMOUNTS = st.decimals("0.01", "9999999.99", places=2)
DAYS = st.dates(date(2026, 7, 1), TODAY)
STEPS = st.lists(
    st.tuples(st.sampled_from(Category.values), AMOUNTS, DAYS, st.sampled_from(["keep", "original", "today"])),
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS, opening=AMOUNTS)
def test_whatever_is_entered_and_reversed_each_quarter_joins_the_next(
    world: World, steps: list[tuple[str, Decimal, date, str]], opening: Decimal
) -> None:
    """Opening + income − expense = closing, and the next opening is the last closing; stored equals recomputed."""
    account = account_of(world, opening=str(opening), number=f"{LedgerAccount.objects.count():04}")
    expected: list[tuple[date, Decimal]] = []
    for category, amount, on, fate in steps:
        entry = enter(account, category, str(amount), on)
        expected.append((on, entry.signed))
        if fate != "keep":
            day = on if fate == "original" else TODAY
            reverse_entry(entry, reason="试", on=day, by=account.opened_by, at=NOON)
            expected.append((day, -entry.signed))

    before = ledger.balance_on(account, Q3.previous().last)
    assert before == opening
    for period in (Q3, Q4):
        by_category = ledger.entries_in(account, period).by_category()
        income = sum((v for k, v in by_category.items() if k.startswith("I")), Decimal(0))
        expense = sum((v for k, v in by_category.items() if k.startswith("E")), Decimal(0))
        after = ledger.balance_on(account, period.last)
        assert before + income - expense == after
        assert after == opening + sum((s for day, s in expected if day <= period.last), Decimal(0))
        before = after
    listed = list(account.entries.order_by("on", "id"))
    if listed:
        assert ledger.running_balances(account, listed)[listed[-1].pk] == before


def test_a_thousand_random_books_join_quarter_to_quarter(world: World, account: LedgerAccount) -> None:
    """LED-06 at full size: written in bulk past the services, read back by them."""
    chance = Random(20261029)  # noqa: S311 - a repeatable sequence, no secret
    made: list[LedgerAccount] = []
    for number in range(1000):
        copy = LedgerAccount.objects.get(pk=account.pk)
        copy.pk, copy.public_id, copy.number_tail, copy.bank = None, new_public_id(), f"{number:04}", "随机"
        copy.opening_balance = Decimal(chance.randrange(10**8)) / 100
        made.append(copy)
    LedgerAccount.objects.bulk_create(made)
    days = [Q3.first + timedelta(days=n) for n in range(Q4.last.toordinal() - Q3.first.toordinal() + 1)]

    def random_entry(owner: LedgerAccount) -> Entry:
        category = chance.choice(Category.values)
        return Entry(
            account=owner, on=chance.choice(days), category=category, direction=direction_of(category),
            amount=Decimal(chance.randrange(1, 10**7)) / 100, entered_by=world.treasurer, entered_at=NOON,
        )  # fmt: skip

    entries = Entry.objects.bulk_create(random_entry(owner) for owner in made for _ in range(chance.randrange(7)))
    Entry.objects.bulk_create(
        Entry(
            account=e.account, on=chance.choice([e.on, Q4.last]), category=e.category, amount=e.amount, reason="试",
            direction=Direction.OUT if e.direction == Direction.IN else Direction.IN, reverses=e,
            entered_by=world.treasurer, entered_at=NOON,
        )
        for e in chance.sample(entries, len(entries) // 5)
    )  # fmt: skip

    for one in made:
        before = one.opening_balance
        for period in (Q3, Q4):
            found = ledger.figures(one, Q(on__range=(period.first, period.last)), period=period)
            assert found.opening == before
            assert found.opening + found.income - found.expense == found.closing
            before = found.closing
    assert ledger.balances(made) == {one.pk: ledger.balance_on(one, Q4.last) for one in made}


def test_a_reversal_needs_a_reason_and_one_of_two_days_and_happens_once(account: LedgerAccount) -> None:
    entry = enter(account, "I03", "100.00", date(2026, 8, 3))
    by = account.opened_by
    for told, refusal, field in (
        ({"reason": " ", "on": TODAY}, "请写明冲正原因", "reason"),
        ({"reason": "错", "on": date(2026, 9, 9)}, "冲正日期只能是原日期或今天", "on"),
    ):
        with pytest.raises(DomainError, match=refusal) as refused:
            reverse_entry(entry, by=by, at=NOON, **told)
        assert refused.value.field == field
    reversal = reverse_entry(entry, reason="重复", on=TODAY, by=by, at=NOON)
    with pytest.raises(ConflictError, match="已由郑秀英冲正，原因：重复"):
        reverse_entry(Entry.objects.get(pk=entry.pk), reason="重复", on=TODAY, by=by, at=NOON)
    with pytest.raises(DomainError, match="本身就是冲正，不能再冲正"):
        reverse_entry(reversal, reason="冲错了", on=TODAY, by=by, at=NOON)
    assert account.entries.count() == 2
