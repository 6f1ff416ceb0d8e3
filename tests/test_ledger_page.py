"""The ledger page: what stands in the books, with running balance; filters in the address, sorting, export."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from finance.models import Entry, LedgerAccount
from finance.services.corrections import reverse_entry
from tests.books import account_of, enter
from tests.cast import NOON, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(world: World) -> LedgerAccount:
    account = account_of(world, opening="1000.00")
    enter(account, "I03", "300.00", date(2026, 7, 5), counterparty="财付通", text="停车费")
    enter(account, "E05", "20.00", date(2026, 8, 6), counterparty="晨光文具", text="复印纸")
    enter(account, "I01", "50.00", date(2026, 9, 7), counterparty="新视界传媒", text="电梯广告费")
    wrong = enter(account, "E03", "7.00", date(2026, 9, 8), counterparty="宏光电器", text="路灯维修")
    reverse_entry(wrong, reason="重复入账", on=wrong.on, by=world.treasurer, at=NOON)
    enter(account, "I03", "5.00", date(2026, 10, 2), counterparty="=cmd|calc", text="+停车费")
    return account


Ask = Callable[..., str]


@pytest.fixture
def ask(world: World, account: LedgerAccount) -> Ask:
    client = Client()
    client.force_login(world.auditor)

    def get(**query: str) -> str:
        return client.get(reverse("finance:account", args=[account.public_id]), query).content.decode()

    return get


def rows_of(page: str) -> list[str]:
    """The text of each line of the ledger, tags dropped."""
    body = page.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0] if "<tbody>" in page else ""
    found = []
    for row in body.split("<tr")[1:]:
        pieces = row.split(">", 1)[1].replace("\n", " ").split("<")
        found.append(" ".join(piece.split(">", 1)[-1].strip() for piece in pieces))
    return found


def test_every_entry_shows_with_the_balance_after_it(ask: Ask) -> None:
    rows = rows_of(ask(sort="on"))
    balances = [row.split()[-1] for row in rows]
    assert balances == ["1,300.00", "1,280.00", "1,330.00", "1,323.00", "1,330.00", "1,335.00"]
    assert "−20.00" in rows[1]
    assert "重复入账" in rows[3]
    assert "重复入账" in rows[4]


def test_a_quarter_shows_its_opening_and_closing(ask: Ask) -> None:
    page = ask(quarter="2026Q4")
    assert len(rows_of(page)) == 1
    for words in ("期初结余", "1,330.00", "期末结余", "1,335.00"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "balances"),
    [
        ({"side": "in", "sort": "on"}, ["1,300.00", "1,330.00", "1,335.00"]),
        ({"side": "out", "sort": "on"}, ["1,280.00", "1,323.00", "1,330.00"]),
        ({"category": "I03", "sort": "-amount"}, ["1,300.00", "1,335.00"]),
        ({"text": "广告", "quarter": "2026Q3"}, ["1,330.00"]),
        ({"text": "没有的"}, []),
        ({"quarter": "1999Q9", "category": "nope", "sort": "id; DROP TABLE", "page": "999", "text": "\x00"}, None),
    ],
)
def test_filters_and_order_keep_the_true_balances(ask: Ask, query: dict[str, str], balances: list[str] | None) -> None:
    rows = rows_of(ask(**query))
    if balances is None:
        assert len(rows) == 6
    else:
        assert [row.split()[-1] for row in rows] == balances


def test_an_empty_result_says_what_to_do(ask: Ask) -> None:
    assert "没有符合条件的流水" in ask(text="没有的")


def test_the_export_holds_the_same_figures_and_no_formula(world: World, account: LedgerAccount) -> None:
    client = Client()
    client.force_login(world.auditor)
    url = reverse("finance:account_export", args=[account.public_id])
    answer = client.get(url, {"quarter": "2026Q4"})
    assert "attachment" in answer["Content-Disposition"]
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    *_, last = sheet.iter_rows()
    assert [cell.data_type == "f" for row in sheet.iter_rows() for cell in row].count(True) == 0
    values = [cell.value for cell in last]
    assert values[1:8] == ["I03", "地面公共车位停车费", 5, None, 1335, "=cmd|calc", "+停车费"]
    everything = client.get(url)
    sheet = load_workbook(BytesIO(b"".join(everything.streaming_content))).active
    assert sum(1 for row in sheet.iter_rows(values_only=True) if row[1] and row[1] != "科目代码") == 6


def test_foreign_text_is_escaped(world: World, account: LedgerAccount, ask: Ask) -> None:
    enter(account, "I03", "1.00", counterparty="<script>alert(1)</script>", text='"><img src=x onerror=alert(1)>')
    page = ask()
    assert "<script>alert" not in page
    assert "<img" not in page


def test_statements_per_page_do_not_grow_with_the_entries(world: World, account: LedgerAccount) -> None:
    client = Client()
    client.force_login(world.treasurer)
    url = reverse("finance:account", args=[account.public_id])
    client.get(url)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        return len(queries)

    few = count()
    told: dict[str, Any] = {
        "account": account, "on": date(2026, 8, 1), "category": "I03", "direction": "in",
        "entered_by": world.treasurer, "entered_at": NOON,
    }  # fmt: skip
    Entry.objects.bulk_create(Entry(**told, amount=Decimal(n)) for n in range(1, 200))
    assert count() <= few
    assert few <= 12
