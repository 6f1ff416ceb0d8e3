"""One bank line as several entries: a deposit with parking fees and an advertising fee in it (decision 0012)."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from finance.models import Entry, LedgerAccount, StatementLine
from finance.services import statements
from finance.services.booking import Choice, Part, book_line, book_lines, book_parts, lines_to_book, suggest
from finance.services.checks import problems_of
from finance.services.corrections import correct_entry, reverse_entry
from finance.services.drafts import list_reconciling, start_draft
from finance.services.entries import Posting
from finance.services.figures import draw_figures
from finance.services.quarter import read_quarter
from kernel.errors import ConflictError, DomainError
from tests.books import account_of, csv_file, picture, take_in
from tests.cast import NOON, World
from tests.disclosing import owe

pytestmark = pytest.mark.django_db
FIRST, LAST_DAY = date(2026, 7, 1), date(2026, 9, 30)
PARKING = Part("I03", Decimal("700.00"), "财付通支付科技有限公司", "七月停车费")
ADVERT = Part("I01", Decimal("300.00"), "石狮广告公司", "电梯广告")


@pytest.fixture
def account(world: World) -> LedgerAccount:
    return account_of(world, opening="500.00")


@pytest.fixture
def line(account: LedgerAccount) -> StatementLine:
    rows = [("2026-07-02", "+1000.00", "1500.00", "财付通支付科技有限公司", "结算款")]
    take_in(account, csv_file(rows), from_on=FIRST, until_on=LAST_DAY)
    return account.lines.get()


def split(line: StatementLine, world: World, *parts: Part) -> list[Entry]:
    return book_parts(line, parts or (PARKING, ADVERT), by=world.treasurer, at=NOON)


def net_on(account: LedgerAccount) -> Decimal:
    return account.opening_balance + account.entries.net()


def test_a_line_becomes_its_parts_and_is_done(world, account, line):
    made = split(line, world)
    assert [(e.category, e.amount, e.counterparty, e.text, e.on, e.line) for e in made] == [
        ("I03", Decimal("700.00"), "财付通支付科技有限公司", "七月停车费", date(2026, 7, 2), line),
        ("I01", Decimal("300.00"), "石狮广告公司", "电梯广告", date(2026, 7, 2), line),
    ]
    assert net_on(account) == Decimal("1500.00")
    assert lines_to_book(account) == []
    assert not statements.lines_not_booked(account, LAST_DAY).exists()


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("299.99", r"各部分合计 999\.99 元，应为 1,000\.00 元，少了 0\.01 元"),
        ("300.01", r"各部分合计 1,000\.01 元，应为 1,000\.00 元，多了 0\.01 元"),
    ],
)
def test_parts_that_do_not_sum_to_the_line_are_refused_naming_the_difference(world, line, amount, words):
    with pytest.raises(DomainError, match=words):
        split(line, world, PARKING, Part("I01", Decimal(amount), "石狮广告公司", "电梯广告"))
    assert not Entry.objects.exists()


def test_a_part_of_the_other_side_or_without_a_word_is_refused(world, line):
    for wrong, words in (
        (Part("E01", Decimal("300.00")), "请选同一边的科目"),
        (Part("I99", Decimal("300.00")), "归入“其他”须在摘要里说明"),
    ):
        with pytest.raises(DomainError, match=words) as refused:
            split(line, world, PARKING, wrong)
        assert refused.value.field == "part-1"
    with pytest.raises(DomainError, match="大于零"):
        split(line, world, Part("I03", Decimal("1100.00")), Part("I01", Decimal("-100.00")))
    assert not Entry.objects.exists()


def test_a_line_is_booked_once_whole_or_in_parts(world, account, line):
    split(line, world)
    with pytest.raises(ConflictError, match="不会重复记账"):
        split(line, world)
    with pytest.raises(ConflictError, match="不会重复记账"):
        book_line(line, Choice("I03"), by=world.chair, at=NOON)
    assert book_lines(account, {line.public_id: Choice("I03")}, by=world.chair, at=NOON).already == [line]
    assert account.entries.count() == 2


def test_the_whole_is_remembered_and_its_parts_are_not(world, account, line):
    split(line, world)
    assert not account.category_rules.exists()
    take_in(account, csv_file([("2026-10-02", "+9.00", "1509.00", "财付通支付科技有限公司", "结算款")]))
    (later,) = lines_to_book(account)
    book_line(later, Choice("I03"), by=world.treasurer, at=NOON)
    assert suggest(account, [line]) == {line.pk: "I03"}


def test_the_same_statement_again_brings_nothing_back(world, account, line):
    split(line, world)
    rows = [("2026-07-02", "+1000.00", "1500.00", "财付通支付科技有限公司", "结算款")]
    with pytest.raises(ConflictError, match="已经导入过"):
        take_in(account, csv_file(rows), from_on=FIRST, until_on=LAST_DAY)
    assert account.lines.get() == line


# -- One part taken back -----------------------------------------------------------------------------------------------


def test_of_a_part_taken_back_the_rest_waits_and_is_booked_again(world, account, line):
    _, advert = split(line, world)
    reverse_entry(advert, reason="记错对方", on=advert.on, by=world.treasurer, at=NOON)
    (waiting,) = lines_to_book(account)
    assert waiting.left_amount == Decimal("300.00")
    assert net_on(account) == Decimal("1200.00")
    with pytest.raises(DomainError, match=r"应为 300\.00 元"):
        split(line, world)
    again = book_line(waiting, Choice("I02"), by=world.chair, at=NOON)
    assert (again.amount, again.line_turn, again.line_part) == (Decimal("300.00"), 2, 1)
    assert lines_to_book(account) == []
    assert net_on(account) == Decimal("1500.00")


def test_a_part_taken_back_later_counts_as_booked_until_that_day(world, account, line):
    _, advert = split(line, world)
    reverse_entry(advert, reason="记错对方", on=NOON.date(), by=world.treasurer, at=NOON)
    assert not statements.lines_not_booked(account, LAST_DAY).exists()
    (waiting,) = lines_to_book(account)
    parts = Part("I01", Decimal("100.00")), Part("I02", Decimal("200.00"))
    assert {entry.on for entry in book_parts(waiting, parts, by=world.chair, at=NOON)} == {NOON.date()}


def test_a_part_is_corrected_with_its_amount(world, account, line):
    parking, advert = split(line, world)
    rightly = Posting(advert.on, "I02", advert.amount, "另一家", "大堂广告")
    corrected = correct_entry(advert, rightly, reason="科目记错", by=world.treasurer, at=NOON)
    assert (corrected.line, corrected.amount, corrected.line_turn) == (line, Decimal("300.00"), 2)
    assert lines_to_book(account) == []
    assert not account.category_rules.exists()
    reverse_entry(corrected, reason="再改", on=corrected.on, by=world.treasurer, at=NOON)
    with pytest.raises(DomainError, match=r"还有 300\.00 元没有入账"):
        correct_entry(
            parking, Posting(parking.on, "I04", parking.amount), reason="科目记错", by=world.treasurer, at=NOON
        )


def test_a_disclosure_sees_the_line_as_taken_only_when_all_of_it_is(world, account, line):
    parking, advert = split(line, world)
    reverse_entry(advert, reason="记错对方", on=advert.on, by=world.treasurer, at=NOON)
    draft = start_draft(owe(world, "2026Q3"), by=world.treasurer, at=NOON)
    assert [problem.code for problem in problems_of(read_quarter(draft), draw_figures(draft))] == ["lines"]
    item = list_reconciling(draft, line=line, reason="待查对方", by=world.treasurer, at=NOON)
    assert item.amount == Decimal("-300.00")
    assert problems_of(read_quarter(draft), draw_figures(draft)) == []
    reverse_entry(parking, reason="也记错", on=parking.on, by=world.treasurer, at=NOON)
    figures = draw_figures(draft)
    assert [each["amount"] for each in figures["reconciliation"]["items"]] == [-1000_00]  # the rest as it is now
    assert problems_of(read_quarter(draft), figures) == []


# -- The database ------------------------------------------------------------------------------------------------------


def _raw(line: StatementLine, world: World, amount: str, **told: object) -> Entry:
    return Entry(
        account=line.account,
        line=line,
        on=line.on,
        direction=line.direction,
        amount=Decimal(amount),
        category="I03",
        entered_by=world.treasurer,
        entered_at=NOON,
        **({"line_turn": 1, "line_part": 1} | told),
    )


def test_the_database_takes_no_parts_that_differ_from_the_line(world, line):
    with pytest.raises(IntegrityError, match="parts of a bank line equal"), transaction.atomic():
        _raw(line, world, "1000.01").save()
    with pytest.raises(IntegrityError, match="booked_once_per_turn"), transaction.atomic():
        Entry.objects.bulk_create([_raw(line, world, "1.00"), _raw(line, world, "999.00")])
    _raw(line, world, "999.99").save()
    with (
        pytest.raises(IntegrityError, match="parts of a bank line equal"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _raw(line, world, "0.01", line_part=2).save()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="stands in the books once"), transaction.atomic():
        _raw(line, world, "1.00", line_turn=2).save()


# -- The page ----------------------------------------------------------------------------------------------------------


class TestThePage:
    @pytest.fixture
    def url(self, line: StatementLine) -> str:
        return reverse("finance:split_line", args=[line.public_id])

    @pytest.fixture
    def treasurer(self, world: World) -> Client:
        client = Client()
        client.force_login(world.treasurer)
        return client

    def rows(self, *rows: tuple[str, str, str], **told: object) -> dict[str, object]:
        sent: dict[str, object] = {"rows": str(max(2, len(rows))), "act": "book"}
        for number, (category, amount, text) in enumerate(rows):
            sent |= {
                f"part-{number}-category": category,
                f"part-{number}-amount": amount,
                f"part-{number}-text": text,
                f"part-{number}-counterparty": "财付通",
            }
        return sent | told

    def test_books_what_was_typed_with_a_voucher_on_each(self, treasurer, account, url):
        sent = self.rows(
            ("I03", "７００", "停车费"), ("I01", "300.00", "广告"), vouchers=[picture("red", "结算单.png")]
        )
        assert "已拆成 2 笔入账" in treasurer.post(url, sent, follow=True).content.decode()
        assert [(e.amount, e.vouchers.get().title) for e in account.entries.all()] == [
            (Decimal("700.00"), "结算单.png"),
            (Decimal("300.00"), "结算单.png"),
        ]

    def test_adds_a_row_by_a_button_with_what_is_missing(self, treasurer, account, url):
        page = treasurer.post(url, self.rows(("I03", "700", "停车费"), ("I01", "100", "广告"), act="add"))
        words = page.content.decode()
        assert 'name="part-2-amount" value="200.00"' in words
        assert 'value="停车费"' in words
        assert "少 200.00 元" in words
        assert not account.entries.exists()

    def test_leaves_an_empty_row_out(self, treasurer, account, url):
        treasurer.post(url, self.rows(("I03", "700", ""), ("", "", ""), ("I01", "300", "")))
        assert account.entries.count() == 2

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ([("I03", "700", ""), ("I01", "299", "")], "少了 1.00 元"),
            ([("I03", "0.001", ""), ("I01", "NaN", "")], "没有入账，请改正"),
            ([("I03", "1000", "")], "请至少填写两部分"),
            ([("E01", "700", "停车费"), ("I01", "300", "")], "没有这个科目"),
            ([("I99", "700", ""), ("I01", "300", "")], "归入“其他”须在摘要里说明"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_what_was_typed(self, treasurer, account, url, rows, words):
        page = treasurer.post(url, self.rows(*rows)).content.decode()
        assert words in page
        assert f'value="{rows[0][1]}"' in page
        assert not account.entries.exists()

    def test_bears_nonsense(self, treasurer, account, url):
        for rows in ("-1", "9" * 50, "x", "²"):
            assert treasurer.post(url, {"rows": rows, "act": "book"}).status_code == 200
        assert treasurer.post(url, {"rows": "999", "act": "add"}).content.decode().count("<fieldset") <= 20
        assert not account.entries.exists()

    def test_the_bulk_page_shows_and_books_the_rest(self, world, treasurer, account, line):
        _, advert = split(line, world)
        reverse_entry(advert, reason="记错对方", on=advert.on, by=world.treasurer, at=NOON)
        page = treasurer.get(reverse("finance:lines", args=[account.public_id])).content.decode()
        assert "300.00 元" in page
        assert "1,000.00 元中未入账的部分" in page
