"""导入对账单: look first, then confirm; the bank's lines come in once, join the ones before, and say what is wrong."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from finance.models import BankStatement, LedgerAccount, StatementLine, StatementUpload, StatementWithdrawal
from finance.services import statements
from finance.services.booking import Choice, book_line
from finance.services.corrections import reverse_entry
from kernel.errors import DomainError
from kernel.fields import new_public_id
from tests.books import account_of, csv_file, picture, sample, take_in, xlsx_file
from tests.cast import NOON, TODAY, World

pytestmark = pytest.mark.django_db
CCB, ABC = "建行对公明细-2026Q3.xlsx", "农行明细-2026Q3.csv"
LAST_DAY = date(2026, 9, 30)
JULY = [("2026-07-02", "+100.00", "600.00", "财付通", "停车费"), ("2026-07-03", "-30.00", "570.00", "晨光", "办公")]
AUGUST = [("2026-08-05", "+50.00", "620.00", "财付通", "停车费")]


@pytest.fixture
def account(world: World) -> LedgerAccount:
    return account_of(world)


@pytest.fixture
def small(world: World) -> LedgerAccount:
    """An account that opened with 500.00 yuan."""
    return account_of(world, opening="500.00", number="1111")


class Walk:
    """The treasurer's browser on the way through an import."""

    def __init__(self, world: World, account: LedgerAccount) -> None:
        self.account = account
        self.client = Client()
        self.client.force_login(world.treasurer)

    def upload(self, file: SimpleUploadedFile) -> str:
        url = reverse("finance:upload_statement", args=[self.account.public_id])
        return self.client.post(url, {"file": file}, follow=True).content.decode()

    @property
    def latest(self) -> StatementUpload:
        return StatementUpload.objects.latest("pk")

    def look(self) -> str:
        return self.client.get(reverse("finance:statement_upload", args=[self.latest.public_id])).content.decode()

    def correct(self, **told: Any) -> str:
        url = reverse("finance:statement_upload", args=[self.latest.public_id])
        return self.client.post(url, told, follow=True).content.decode()

    def confirm(self, **told: Any) -> str:
        url = reverse("finance:confirm_statement", args=[self.latest.public_id])
        return self.client.post(url, told, follow=True).content.decode()


@pytest.fixture
def walk(world: World) -> Callable[[LedgerAccount], Walk]:
    return lambda account: Walk(world, account)


def gaps_of(account: LedgerAccount) -> list[str]:
    return statements.gaps(account, account.statements.order_by("from_on", "until_on", "id"))


def expected(name: str) -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "samples" / f"{name}.expected.json").read_text())


def test_the_workbook_of_one_bank_comes_in_with_the_expected_totals(
    account: LedgerAccount, walk: Callable[[LedgerAccount], Walk]
) -> None:
    steps, told = walk(account), expected(CCB)
    page = steps.upload(sample(CCB))
    assert not BankStatement.objects.exists()
    assert not StatementLine.objects.exists()
    for figure in ("48,210.35", "170,302.17", "174,970.89", "52,879.07", "2026年7月1日至2026年9月30日"):
        assert figure in page
    assert "请逐条核对" not in page

    assert "新明细 64 笔" in steps.confirm()
    statement = BankStatement.objects.get()
    assert (statement.opening_balance, statement.closing_balance) == tuple(
        Decimal(told[k]) for k in ("opening", "closing")
    )
    assert (statement.from_on, statement.until_on) == (date(2026, 7, 1), LAST_DAY)
    assert statement.rows == statement.lines.count() == told["rows"]
    assert statements.bank_balance_on(account, LAST_DAY) == Decimal(told["closing"])
    assert account.opening_balance + account.lines.net() == statement.closing_balance


def test_the_text_file_of_another_bank_comes_in_newest_first(
    account: LedgerAccount, walk: Callable[[LedgerAccount], Walk]
) -> None:
    steps, told = walk(account), expected(ABC)
    page = steps.upload(sample(ABC))
    assert "文件由新到旧，已按时间顺序排好" in page
    assert "截止日期暂按最后一笔填为2026年9月29日" in page
    steps.confirm(from_on="2026-07-01", until_on="2026-09-30")
    statement = BankStatement.objects.get()
    assert statement.closing_balance == Decimal(told["closing"])
    assert statement.lines.count() == told["rows"]
    assert [line.balance for line in statement.lines.order_by("order")][-1] == Decimal(told["closing"])
    assert statements.statement_reaching(account, LAST_DAY) == statement


def test_the_same_statement_twice_brings_nothing_new(
    account: LedgerAccount, walk: Callable[[LedgerAccount], Walk]
) -> None:
    steps = walk(account)
    steps.upload(sample(CCB))
    steps.confirm()
    assert "确认导入" in steps.upload(sample(CCB))
    assert "其中以前已导入</dt><dd><strong>64" in steps.look()
    assert "已经导入过，没有新的明细" in steps.confirm()
    assert (BankStatement.objects.count(), StatementLine.objects.count()) == (1, 64)


def test_one_upload_is_confirmed_once(small: LedgerAccount, walk: Callable[[LedgerAccount], Walk]) -> None:
    steps = walk(small)
    steps.upload(csv_file(JULY))
    steps.confirm()
    assert "已经确认导入" in steps.confirm()
    assert BankStatement.objects.count() == 1
    assert (
        "本次导入的明细"
        in steps.client.get(
            reverse("finance:statement_upload", args=[steps.latest.public_id]), follow=True
        ).content.decode()
    )


def test_an_overlapping_statement_brings_only_its_new_lines(
    small: LedgerAccount, walk: Callable[[LedgerAccount], Walk]
) -> None:
    take_in(small, csv_file(JULY), from_on=date(2026, 7, 1), until_on=date(2026, 7, 31))
    steps = walk(small)
    page = steps.upload(csv_file([*JULY, *AUGUST]))
    assert "其中以前已导入</dt><dd><strong>2" in page
    assert "新明细 1 笔" in steps.confirm()
    assert small.lines.count() == 3
    assert statements.bank_balance_on(small, date(2026, 8, 5)) == Decimal("620.00")
    assert gaps_of(small) == []


def test_twin_lines_of_one_day_both_come_in(small: LedgerAccount) -> None:
    twins = [
        ("2026-07-02", "+5.00", "505.00", "微信", "停车费"),
        ("2026-07-02", "+5.00", "510.00", "微信", "停车费"),
        ("2026-07-02", "-5.00", "505.00", "微信", "退款"),
        ("2026-07-02", "+5.00", "510.00", "微信", "停车费"),
    ]
    take_in(small, csv_file(twins))
    assert small.lines.count() == 4
    take_in(small, csv_file(twins), until_on=date(2026, 7, 31))
    assert small.lines.count() == 4


def test_a_later_day_may_be_told_afterwards(small: LedgerAccount) -> None:
    """The file ends on the last movement; that nothing moved until the quarter's end is known by the query alone."""
    take_in(small, csv_file(JULY))
    assert statements.statement_reaching(small, LAST_DAY) is None
    assert statements.bank_balance_on(small, LAST_DAY) is None
    take_in(small, csv_file(JULY), from_on=date(2026, 7, 1), until_on=LAST_DAY)
    assert statements.bank_balance_on(small, LAST_DAY) == Decimal("570.00")
    assert statements.bank_balance_on(small, date(2026, 7, 2)) == Decimal("600.00")
    assert small.lines.count() == 2


def test_a_gap_between_statements_is_named_with_its_amount(
    small: LedgerAccount, walk: Callable[[LedgerAccount], Walk]
) -> None:
    take_in(small, csv_file(JULY), from_on=date(2026, 7, 1), until_on=date(2026, 7, 31))
    steps = walk(small)
    page = steps.upload(csv_file([("2026-08-01", "+50.00", "640.00", "财付通", "停车费")]))
    words = "上一份对账单期末 570.00，本份期初 590.00，相差 20.00"
    assert words in page
    refused = steps.confirm()
    assert "请先逐条核对提醒" in refused
    assert BankStatement.objects.count() == 1
    steps.confirm(acknowledged="on")
    assert BankStatement.objects.count() == 2
    (gap,) = gaps_of(small)
    assert words in gap


def test_days_without_a_statement_are_named(small: LedgerAccount, walk: Callable[[LedgerAccount], Walk]) -> None:
    steps = walk(small)
    page = steps.upload(csv_file([("2026-08-05", "+50.00", "620.00", "财付通", "停车费")]))
    assert "2026年7月1日至2026年8月4日还没有对账单，其间余额由 500.00 变为 570.00" in page
    steps.confirm(acknowledged="on")
    assert gaps_of(small) == ["2026年7月1日至2026年8月4日没有对账单。"]


def test_a_statement_that_does_not_begin_with_the_opening_balance_is_told(
    small: LedgerAccount, walk: Callable[[LedgerAccount], Walk]
) -> None:
    page = walk(small).upload(csv_file([("2026-07-01", "+50.00", "640.00", "财付通", "停车费")]))
    assert "建账余额 500.00，本份期初 590.00，相差 90.00" in page


def test_lines_before_the_opening_day_are_left_out(small: LedgerAccount) -> None:
    rows = [("2026-06-30", "+20.00", "500.00", "财付通", "停车费"), *JULY]
    statement = take_in(small, csv_file(rows))
    assert small.lines.count() == 2
    assert (statement.from_on, statement.opening_balance) == (date(2026, 7, 1), Decimal("500.00"))


def test_another_accounts_statement_is_noticed_by_its_number(
    world: World, walk: Callable[[LedgerAccount], Walk]
) -> None:
    wrong = account_of(world, number="9999")
    steps = walk(wrong)
    page = steps.upload(sample(CCB))
    assert "文件抬头的账号尾号是 0421，本账户尾号是 9999，可能选错了账户" in page
    steps.confirm()
    assert not BankStatement.objects.exists()


def test_a_broken_balance_forbids_the_import_and_names_the_row(
    small: LedgerAccount, walk: Callable[[LedgerAccount], Walk]
) -> None:
    steps = walk(small)
    page = steps.upload(csv_file([JULY[0], ("2026-07-03", "-30.00", "571.00", "晨光", "办公")]))
    assert "第 3 行：余额对不上" in page
    assert "确认导入" not in page
    assert "余额对不上" in steps.confirm(acknowledged="on")
    assert not BankStatement.objects.exists()


def test_columns_corrected_by_hand_are_remembered_for_the_account(
    small: LedgerAccount, walk: Callable[[LedgerAccount], Walk]
) -> None:
    def strange(*rows: list[object]) -> SimpleUploadedFile:
        return xlsx_file([["对账单"], ["D1", "A1", "B1", "C1", "T1"], *rows])

    steps = walk(small)
    page = steps.upload(strange(["20260702", 100, 600, "财付通", "停车费"]))
    assert "没有找到“交易日期”列" in page
    page = steps.correct(
        header_row=2, column_on=0, column_amount=1, column_balance=2, column_counterparty=3, column_text=4
    )
    assert "确认导入 1 笔" in page
    steps.confirm()
    assert small.lines.get().counterparty == "财付通"

    page = steps.upload(strange(["20260702", 100, 600, "财付通", "停车费"], ["20260703", -30, 570, "晨光", "办公"]))
    assert "确认导入 1 笔" in page


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"header_row": "99"}, "表格只有 3 行"),
        ({"header_row": "x"}, "整数"),
        ({"header_row": "1", "column_on": "77"}, "77"),
    ],
)
def test_bad_corrections_are_named_by_their_field(
    small: LedgerAccount, walk: Callable[[LedgerAccount], Walk], told: dict[str, str], words: str
) -> None:
    steps = walk(small)
    steps.upload(csv_file(JULY))
    assert words in steps.correct(**told)
    assert steps.latest.columns == {}


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ({"from_on": "2026-07-01", "until_on": "2026-10-30"}, "在今天之后"),
        ({"from_on": "2026-07-03", "until_on": "2026-07-31"}, "第 2 行日期 2026年7月2日 不在起止日期之内"),
        ({"from_on": "2026-08-03", "until_on": "2026-07-31"}, "早于起始日期"),
        ({"from_on": "2026-07-01", "until_on": "九月底"}, "日期无法识别"),
    ],
)
def test_days_that_cannot_be_are_refused(
    small: LedgerAccount, walk: Callable[[LedgerAccount], Walk], days: dict[str, str], words: str
) -> None:
    steps = walk(small)
    steps.upload(csv_file(JULY))
    assert words in steps.confirm(**days)
    assert not BankStatement.objects.exists()
    steps.confirm(from_on="2026-07-01", until_on="2026-07-31")
    assert BankStatement.objects.get().until_on == date(2026, 7, 31)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("明细.xlsx", b""), ("明细.xlsx", b"PK\x03\x04 broken"), ("明细.pdf", b"%PDF-1.4"),
        ("明细.csv", b"\xff\xd8\xff"),
        ("明细.exe", b"MZ"), ("明细.csv", b""),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_at_the_door(
    small: LedgerAccount, walk: Callable[[LedgerAccount], Walk], name: str, content: bytes
) -> None:
    page = walk(small).upload(SimpleUploadedFile(name, content))
    assert 'href="#id_file"' in page
    assert not StatementUpload.objects.exists()


def nil(world: World, account: LedgerAccount, **changed: object) -> str:
    told = {"from_on": "2026-07-01", "until_on": "2026-09-30", "balance": "500.00", "proof": picture()}
    client = Client()
    client.force_login(world.treasurer)
    url = reverse("finance:nil_statement", args=[account.public_id])
    return client.post(url, told | changed, follow=True).content.decode()


def test_a_quarter_without_movements_is_proved_by_the_banks_paper(world: World, small: LedgerAccount) -> None:
    assert "没有收支" in nil(world, small)
    assert statements.bank_balance_on(small, LAST_DAY) == Decimal("500.00")
    assert statements.statement_reaching(small, LAST_DAY) == BankStatement.objects.get()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"balance": "600.00"}, "建账余额 500.00，本份期初 600.00，相差 100.00"),
        ({"until_on": "2026-10-30"}, "不能在今天之后"),
        ({"until_on": "2026-06-01"}, "不能早于起始日期"),
        ({"from_on": "2026-06-01"}, "不能早于建账日期"),
        ({"balance": "NaN"}, "无法识别"),
        ({"proof": ""}, "请上传银行的对账单"),
    ],
)
def test_a_wrong_nil_statement_is_refused(
    world: World, small: LedgerAccount, changed: dict[str, object], words: str
) -> None:
    assert words in nil(world, small, **changed)
    assert not BankStatement.objects.exists()


def test_a_quarter_with_lines_is_not_nil(world: World, small: LedgerAccount) -> None:
    take_in(small, csv_file(JULY))
    assert "已导入 2 笔银行明细" in nil(world, small, balance="570.00")
    assert BankStatement.objects.count() == 1
    assert TODAY > LAST_DAY


# -- Withdrawal ------------------------------------------------------------------------------------------------


def withdraw(world: World, statement: BankStatement, reason: str = "选错了账户") -> str:
    client = Client()
    client.force_login(world.treasurer)
    url = reverse("finance:withdraw_statement", args=[statement.public_id])
    return client.post(url, {"reason": reason}, follow=True).content.decode()


def test_a_statement_taken_in_by_mistake_is_withdrawn_and_the_right_one_comes_in(
    world: World, small: LedgerAccount
) -> None:
    wrong = take_in(small, csv_file(JULY), from_on=date(2026, 7, 1), until_on=date(2026, 9, 30))
    assert "请写明撤回原因" in withdraw(world, wrong, reason=" ")
    assert "已撤回，可以重新导入" in withdraw(world, wrong, reason="截止日期填错")
    assert not small.lines.exists()
    assert not small.statements.exists()
    assert statements.bank_balance_on(small, LAST_DAY) is None

    right = take_in(small, csv_file(JULY), from_on=date(2026, 7, 1), until_on=date(2026, 7, 31))
    assert small.lines.count() == 2
    assert statements.bank_balance_on(small, date(2026, 7, 31)) == Decimal("570.00")
    take_in(small, csv_file([*JULY, *AUGUST]))
    assert small.lines.count() == 3
    assert (StatementLine.recorded.count(), BankStatement.recorded.count()) == (5, 3)
    assert "已经撤回" in withdraw(world, wrong)
    page = withdraw(world, right)
    assert "有重叠，请先撤回那一份" in page


def test_a_withdrawn_statement_stays_readable_with_its_reason(world: World, small: LedgerAccount) -> None:
    wrong = take_in(small, csv_file(JULY))
    listed = withdraw(world, wrong)
    assert "已撤回的对账单" in listed
    client = Client()
    client.force_login(world.auditor)
    page = client.get(reverse("finance:statement", args=[wrong.public_id])).content.decode()
    assert "这份对账单已撤回，不再计入" in page
    assert "选错了账户" in page
    assert "停车费" in page
    line = StatementLine.recorded.first()
    assert line is not None
    booking = Client()
    booking.force_login(world.treasurer)
    assert booking.get(reverse("finance:line", args=[line.public_id])).status_code == 404


def test_a_statement_whose_lines_stand_in_the_books_is_not_withdrawn(world: World, small: LedgerAccount) -> None:
    statement = take_in(small, csv_file(JULY))
    line = statement.lines.earliest("order")
    entry = book_line(line, Choice("I03"), by=world.treasurer, at=NOON)
    assert "其中 1 笔明细已入账，请先逐笔冲正" in withdraw(world, statement)
    with pytest.raises(IntegrityError, match="stand in the books"), transaction.atomic():
        StatementWithdrawal.objects.create(
            statement=statement, reason="x", withdrawn_by=world.treasurer, withdrawn_at=NOON
        )
    reverse_entry(entry, reason="撤回对账单", on=entry.on, by=world.treasurer, at=NOON)
    assert "已撤回，可以重新导入" in withdraw(world, statement)
    with pytest.raises(DomainError, match="对账单已撤回"):
        book_line(line, Choice("I03"), by=world.treasurer, at=NOON)
    entry.pk, entry.public_id, entry.line_turn = None, new_public_id(), 2
    with pytest.raises(IntegrityError, match="was withdrawn"), transaction.atomic():
        entry.save(force_insert=True)
