"""归类入账: the bank's lines come into the books by one act, with proposals that learn, and never twice."""

import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import ActionRecord, User
from finance.models import Entry, LedgerAccount, StatementLine
from finance.rules import Category, Direction, category_by_words
from finance.services import ledger, statements
from finance.services.booking import Choice, book_lines, lines_to_book, suggest
from finance.services.corrections import reverse_entry
from kernel.errors import DomainError
from kernel.periods import Period
from tests.books import account_of, csv_file, enter, picture, sample, take_in
from tests.cast import NOON, World, build_world

pytestmark = pytest.mark.django_db
LAST_DAY = date(2026, 9, 30)
ROWS = [
    ("2026-07-02", "+100.00", "600.00", "财付通支付科技有限公司", "停车费"),
    ("2026-07-03", "-30.00", "570.00", "晨光文具宝盖店", "业委会办公用品"),
    ("2026-07-04", "+8.00", "578.00", "林小明", "场地"),
    ("2026-07-05", "+2000.00", "2578.00", "某某公司", "物业费"),
]


@pytest.fixture
def account(world: World) -> LedgerAccount:
    return account_of(world, opening="500.00")


@pytest.fixture
def lines(account: LedgerAccount) -> list[StatementLine]:
    take_in(account, csv_file(ROWS), until_on=LAST_DAY)
    return lines_to_book(account)


def page_of(person: User, account: LedgerAccount) -> str:
    client = Client()
    client.force_login(person)
    return client.get(reverse("finance:lines", args=[account.public_id])).content.decode()


def fields_of(page: str) -> dict[str, Any]:
    """What the page would send as it stands: ticks, groups' categories, persons."""
    told: dict[str, Any] = {"line": []}
    for tag in page.split("<input ")[1:]:
        tag = tag.split(">", 1)[0]
        if 'type="checkbox"' not in tag or "checked" not in tag:
            continue
        name, value = tag.split('name="')[1].split('"')[0], tag.split('value="')[1].split('"')[0]
        if name == "line":
            told["line"].append(value)
        else:
            told[name] = value
    for part in page.split("<select ")[1:]:
        name, options = part.split('name="')[1].split('"')[0], part.split("</select>")[0]
        chosen = [option for option in options.split("<option ")[1:] if "selected" in option]
        told[name] = chosen[0].split('value="')[1].split('"')[0] if chosen else ""
    return told


def send(person: User, account: LedgerAccount, told: dict[str, Any]) -> str:
    client = Client()
    client.force_login(person)
    return client.post(reverse("finance:lines", args=[account.public_id]), told, follow=True).content.decode()


@pytest.mark.parametrize(
    ("text", "counterparty", "category"),
    [
        ("停车费", "财付通支付科技有限公司", Category.I03),
        ("电梯广告费", "石狮市新视界传媒有限公司", Category.I01),
        ("基站占地费", "中国铁塔股份有限公司泉州分公司", Category.I07),
        ("场地租赁", "蜂巢快递柜运营公司", Category.I05),
        ("场地租赁", "某公司", Category.I04),
        ("充电桩分成", "闽充新能源有限公司", Category.I06),
        ("利息", "", Category.I14),
        ("物业费", "某某公司", None),
        ("代收水电", "某某公司", None),
    ],
)
def test_words_propose_an_income_category(text: str, counterparty: str, category: Category | None) -> None:
    assert category_by_words(Direction.IN, text=text, counterparty=counterparty) == category


@pytest.mark.parametrize(
    ("text", "counterparty", "category"),
    [
        ("手续费", "", Category.E12),
        ("路灯维修", "石狮市宏光电器商行", Category.E03),
        ("绿化补种", "石狮市绿源园艺场", Category.E03),
        ("消防器材更换", "泉州安消设备有限公司", Category.E11),
        ("业委会办公用品", "晨光文具宝盖店", Category.E05),
        ("货款", "陌生公司", None),
    ],
)
def test_words_propose_an_expense_category(text: str, counterparty: str, category: Category | None) -> None:
    assert category_by_words(Direction.OUT, text=text, counterparty=counterparty) == category


def test_a_whole_quarter_is_booked_as_proposed_by_one_press(world: World, account: LedgerAccount) -> None:
    """The sample of 64 lines: the page proposes every category, one press books all, and the books equal the bank."""
    account = account_of(world, number="0421421", opening="48210.35")
    take_in(account, sample("建行对公明细-2026Q3.xlsx"))
    page = page_of(world.treasurer, account)
    assert "64 笔银行明细未入账，64 笔已有建议科目" in page
    assert "已入账 64 笔" in send(world.treasurer, account, fields_of(page))
    assert account.entries.count() == 64
    sums = ledger.entries_in(account, Period.parse("2026Q3")).by_category()
    assert sum(v for k, v in sums.items() if k.startswith("I")) == Decimal("174970.89")
    assert sum(v for k, v in sums.items() if k.startswith("E")) == Decimal("52879.07")
    assert ledger.balance_on(account, LAST_DAY) == statements.bank_balance_on(account, LAST_DAY) == Decimal("170302.17")
    assert not statements.lines_not_booked(account, LAST_DAY).exists()
    assert ActionRecord.objects.filter(act="对账单入账", by=world.treasurer).count() == 1


def test_lines_without_a_category_wait(world: World, account: LedgerAccount, lines: list[StatementLine]) -> None:
    page = send(world.treasurer, account, fields_of(page_of(world.treasurer, account)))
    assert "已入账 3 笔" in page
    (left,) = lines_to_book(account)
    assert left.text == "物业费"


def test_ticks_and_single_categories_count(world: World, account: LedgerAccount, lines: list[StatementLine]) -> None:
    told = fields_of(page_of(world.treasurer, account))
    told["line"] = [lines[0].public_id, lines[3].public_id]
    told[f"category_{lines[0].public_id}"] = "I02"
    told[f"category_{lines[3].public_id}"] = "I11"
    send(world.treasurer, account, told)
    assert dict(account.entries.values_list("line", "category")) == {lines[0].pk: "I02", lines[3].pk: "I11"}


def test_the_name_of_a_person_is_marked_unless_corrected(
    world: World, account: LedgerAccount, lines: list[StatementLine]
) -> None:
    told = fields_of(page_of(world.treasurer, account))
    send(world.treasurer, account, told)
    marked = dict(account.entries.values_list("counterparty", "counterparty_is_person"))
    assert marked == {"财付通支付科技有限公司": False, "晨光文具宝盖店": False, "林小明": True}


def test_what_was_chosen_is_proposed_next_time(account: LedgerAccount, lines: list[StatementLine]) -> None:
    by = account.opened_by
    book_lines(account, {lines[3].public_id: Choice("I11"), lines[0].public_id: Choice("I02")}, by=by, at=NOON)
    more = [
        ("2026-10-01", "+1.00", "2579.00", "某某公司", "物业费"),
        ("2026-10-02", "+1.00", "2580.00", "某某公司", "别的"),
        ("2026-10-03", "+1.00", "2581.00", "财付通支付科技有限公司", "停车费"),
        ("2026-10-04", "+1.00", "2582.00", "另一公司", "停车费"),
    ]
    take_in(account, csv_file(more), until_on=date(2026, 10, 28))
    proposed = suggest(account, lines_to_book(account))
    after = {line.on.day: proposed.get(line.pk) for line in lines_to_book(account) if line.on.month == 10}
    assert after == {1: "I11", 2: "I11", 3: "I02", 4: "I03"}


def test_a_line_is_booked_once_and_the_second_clerk_is_told(
    world: World, account: LedgerAccount, lines: list[StatementLine]
) -> None:
    told = fields_of(page_of(world.chair, account))
    send(world.treasurer, account, told)
    page = send(world.chair, account, told)
    assert "其中 3 笔刚刚已由他人入账，没有重复记账" in page
    assert account.entries.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_clerks_at_once_book_each_line_once() -> None:
    world = build_world()
    account = account_of(world, opening="500.00")
    take_in(account, csv_file(ROWS))
    choices = {line.public_id: Choice("I03" if line.direction == "in" else "E05") for line in lines_to_book(account)}
    made: list[int] = []

    def book(by: User) -> None:
        made.append(len(book_lines(account, choices, by=by, at=NOON).entries))
        connection.close()

    threads = [threading.Thread(target=book, args=[by]) for by in [world.treasurer, world.chair] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0] * 7 + [4]
    assert Entry.objects.count() == 4


def test_a_category_of_the_other_side_books_nothing_and_names_the_line(
    world: World, account: LedgerAccount, lines: list[StatementLine]
) -> None:
    told = fields_of(page_of(world.treasurer, account))
    told[f"category_{lines[1].public_id}"] = "I03"
    page = send(world.treasurer, account, told)
    assert "2026年7月3日 支出 30.00：银行记的是支出，请选同一边的科目" in page
    assert not account.entries.exists()
    assert fields_of(page)["line"] == told["line"]


def test_a_line_of_another_account_is_never_booked(
    world: World, account: LedgerAccount, lines: list[StatementLine]
) -> None:
    other = account_of(world, holder=world.other_committee, by=world.other_treasurer, opening="500.00")
    take_in(other, csv_file(ROWS))
    foreign = lines_to_book(other)[0]
    told = {"line": [foreign.public_id, "\x00", "x" * 999], f"category_{foreign.public_id}": "I03"}
    assert "没有可入账的明细" in send(world.treasurer, account, told)
    with pytest.raises(DomainError, match="不属于本账户"):
        book_lines(account, {foreign.public_id: Choice("I03")}, by=world.treasurer, at=NOON)
    assert not Entry.objects.exists()


def test_what_was_entered_by_hand_before_is_not_ticked(
    world: World, account: LedgerAccount, lines: list[StatementLine]
) -> None:
    by_hand = enter(account, "I03", "100.00", date(2026, 7, 1))
    page = page_of(world.treasurer, account)
    assert "可能已手工入账" in page
    assert lines[0].public_id not in fields_of(page)["line"]
    reverse_entry(by_hand, reason="改按对账单入账", on=by_hand.on, by=world.treasurer, at=NOON)
    assert lines[0].public_id in fields_of(page_of(world.treasurer, account))["line"]


def test_one_line_is_booked_with_its_voucher(world: World, account: LedgerAccount, lines: list[StatementLine]) -> None:
    client = Client()
    client.force_login(world.treasurer)
    url = reverse("finance:line", args=[lines[1].public_id])
    told = {"category": "E05", "text": "复印纸", "vouchers": [picture("red", "发票.png")], "amount": "1"}
    assert "已入账" in client.post(url, told, follow=True).content.decode()
    entry = account.entries.get()
    assert (entry.amount, entry.text, entry.line) == (Decimal("30.00"), "复印纸", lines[1])
    assert [v.title for v in entry.vouchers.all()] == ["发票.png"]
    again = client.post(url, told | {"vouchers": []}, follow=True).content.decode()
    assert "刚刚已由郑秀英入账，不会重复记账" in again
    assert account.entries.count() == 1


def test_other_income_needs_words(account: LedgerAccount) -> None:
    take_in(account, csv_file([("2026-07-02", "+100.00", "600.00", "某公司", "")]))
    (line,) = lines_to_book(account)
    with pytest.raises(DomainError, match="归入“其他”须说明"):
        book_lines(account, {line.public_id: Choice("I99")}, by=account.opened_by, at=NOON)
    book_lines(account, {line.public_id: Choice("I99", text="押金没收")}, by=account.opened_by, at=NOON)
    assert account.entries.get().text == "押金没收"


def test_the_number_of_statements_does_not_grow_with_the_lines(
    account: LedgerAccount, lines: list[StatementLine], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    by = account.opened_by
    with CaptureQueriesContext(connection) as one:
        book_lines(account, {lines[0].public_id: Choice("I03")}, by=by, at=NOON)
    with django_assert_max_num_queries(len(one)):
        book_lines(
            account,
            {lines[1].public_id: Choice("E05"), lines[2].public_id: Choice("I04"), lines[3].public_id: Choice("I11")},
            by=by,
            at=NOON,
        )
