"""冲正与更正: a mistake is taken back beside the original, once, with its reason; a published quarter is told."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from finance.models import Entry, LedgerAccount
from finance.services import ledger, statements
from finance.services.booking import Choice, book_lines, lines_to_book, suggest
from kernel.periods import Period
from tests.books import account_of, csv_file, enter, picture, take_in
from tests.cast import NOON, TODAY, World, build_world

pytestmark = pytest.mark.django_db
LAST_DAY = date(2026, 9, 30)


@pytest.fixture
def account(world: World) -> LedgerAccount:
    return account_of(world, opening="500.00")


def send(person: User, name: str, entry: Entry, **told: object) -> str:
    client = Client()
    client.force_login(person)
    return client.post(reverse(f"finance:{name}", args=[entry.public_id]), told, follow=True).content.decode()


def test_a_reversal_stands_beside_its_original_with_the_reason(world: World, account: LedgerAccount) -> None:
    entry = enter(account, "I03", "100.00")
    page = send(world.treasurer, "reverse", entry, when="original", reason="重复入账")
    reversal = Entry.objects.get(reverses=entry)
    assert "已冲正" in page
    assert (reversal.on, reversal.reason, reversal.signed) == (entry.on, "重复入账", Decimal("-100.00"))
    client = Client()
    client.force_login(world.auditor)
    ledger_page = client.get(reverse("finance:account", args=[account.public_id])).content.decode()
    assert ledger_page.count("重复入账") == 2
    for one in (entry, reversal):
        shown = client.get(reverse("finance:entry", args=[one.public_id])).content.decode()
        assert "重复入账" in shown


def test_without_a_reason_or_a_day_nothing_is_reversed(world: World, account: LedgerAccount) -> None:
    entry = enter(account, "I03", "100.00")
    assert "请写明原因" in send(world.treasurer, "reverse", entry, when="original", reason="")
    assert "请选择冲正日期" in send(world.treasurer, "reverse", entry, reason="重复")
    assert "1999" not in send(world.treasurer, "reverse", entry, when="1999-01-01", reason="重复")
    assert Entry.objects.count() == 1


def test_a_reversal_is_not_reversed_but_entered_anew(world: World, account: LedgerAccount) -> None:
    entry = enter(account, "I03", "100.00")
    send(world.treasurer, "reverse", entry, when="today", reason="重复入账")
    again = send(world.treasurer, "reverse", entry, when="today", reason="重复入账")
    assert "已由郑秀英冲正" in again
    told = send(world.treasurer, "reverse", Entry.objects.get(reverses=entry), when="today", reason="冲错了")
    assert "本身就是冲正，不能再冲正" in told
    assert Entry.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_reversals_at_once_make_exactly_one() -> None:
    world = build_world()
    entry = enter(account_of(world), "I03", "100.00")
    pages: list[str] = []

    def reverse_once(person: User) -> None:
        pages.append(send(person, "reverse", entry, when="today", reason="重复入账"))
        connection.close()

    threads = [threading.Thread(target=reverse_once, args=[p]) for p in [world.treasurer, world.chair] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Entry.objects.filter(reverses=entry).count() == 1
    assert sum("已冲正，原流水和冲正会并列显示" in page for page in pages) == 1
    assert sum("冲正，原因：重复入账" in page for page in pages) == 7


def test_a_correction_reverses_and_enters_rightly_with_the_same_vouchers(world: World, account: LedgerAccount) -> None:
    entry = enter(account, "E05", "88.00", counterparty="宏光电器")
    send(world.treasurer, "add_vouchers", entry, vouchers=[picture("red", "发票.png")], is_public="on")
    page = send(
        world.treasurer, "correct", entry, category="E03", amount="80.88", counterparty="宏光电器", is_person="no",
        text="路灯维修", when="original", reason="金额和科目记错",
    )  # fmt: skip
    assert "已更正" in page
    corrected = Entry.objects.latest("pk")
    assert (corrected.category, corrected.amount, corrected.text) == ("E03", Decimal("80.88"), "路灯维修")
    assert [(v.title, v.is_public) for v in corrected.vouchers.all()] == [("发票.png", True)]
    assert account.entries.net() == Decimal("-80.88")
    assert Entry.objects.count() == 3


@pytest.fixture
def booked(account: LedgerAccount) -> Entry:
    """A bank line of 10 August, taken in as advertising."""
    take_in(account, csv_file([("2026-08-10", "+100.00", "600.00", "新视界传媒", "服务费")]), until_on=LAST_DAY)
    (line,) = lines_to_book(account)
    return book_lines(account, {line.public_id: Choice("I01")}, by=account.opened_by, at=NOON).entries[0]


def test_an_entry_from_the_bank_keeps_amount_and_side_when_corrected(
    world: World, account: LedgerAccount, booked: Entry
) -> None:
    told = {"counterparty": "新视界传媒", "is_person": "no", "text": "服务费", "when": "original", "reason": "科目"}
    assert "金额只能是 100.00" in send(world.treasurer, "correct", booked, category="I02", amount="99", **told)
    assert "没有这个科目" in send(world.treasurer, "correct", booked, category="E03", amount="100", **told)
    send(world.treasurer, "correct", booked, category="I02", amount="100", **told)
    corrected = Entry.objects.latest("pk")
    assert (corrected.category, corrected.line, corrected.line_turn) == ("I02", booked.line, 2)
    assert not lines_to_book(account)
    assert suggest(account, account.lines.all()) == {booked.line_id: "I02"}


@pytest.mark.parametrize(("when", "day"), [("original", date(2026, 8, 10)), ("today", TODAY)])
def test_a_line_reversed_and_booked_again_never_counts_twice_or_not_at_all(
    world: World, account: LedgerAccount, booked: Entry, when: str, day: date
) -> None:
    send(world.treasurer, "reverse", booked, when=when, reason="科目记错")
    (line,) = lines_to_book(account)
    waiting = statements.lines_not_booked(account, LAST_DAY).count()
    assert waiting == (1 if when == "original" else 0)
    again = book_lines(account, {line.public_id: Choice("I02")}, by=world.chair, at=NOON).entries[0]
    assert again.on == day
    assert ledger.balance_on(account, LAST_DAY) == statements.bank_balance_on(account, LAST_DAY) == Decimal("600.00")
    assert ledger.balance_on(account, TODAY) == Decimal("600.00")
    assert not statements.lines_not_booked(account, TODAY).exists()


def test_a_change_in_a_published_quarter_is_told_where_it_is_made(
    world: World, account: LedgerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = enter(account, "I03", "100.00")
    monkeypatch.setattr("finance.views.entries.published_quarters", lambda _: frozenset({"2026Q3"}))
    client = Client()
    client.force_login(world.treasurer)
    form = client.get(reverse("finance:reverse", args=[entry.public_id])).content.decode()
    assert "2026年第三季度已公示，选此项须更正公示" in form
    page = send(world.treasurer, "reverse", entry, when="original", reason="重复入账")
    assert "已公示季度有变动，请更正公示" in page
    other = enter(account, "I03", "100.00")
    assert "已公示季度有变动" not in send(world.treasurer, "reverse", other, when="today", reason="重复入账")
    assert Period.parse("2026Q3") not in ledger.changed_quarters(account)
