"""A bank's file becomes lines, whatever it calls its columns, however it writes days and signs, in whatever order."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from files.reading import Row, read_table
from finance.bank_columns import read_day, read_title, recognise, remember
from finance.bank_statement import BankLine, Reading, fingerprints, read_statement
from finance.rules import Direction
from tests.books import csv_file, sample

SAMPLES = ["建行对公明细-2026Q3.xlsx", "农行明细-2026Q3.csv"]
HEADER = ["交易日期", "收入", "支出", "余额", "对方户名", "摘要"]


def read(rows: list[list[Any]], **more: Any) -> Reading:
    table: list[Row] = [[("" if cell is None else cell) for cell in row] for row in rows]
    header = recognise(table, {})
    assert header is not None
    return read_statement(table, header, **more)


def problems(rows: list[list[Any]], **more: Any) -> list[str]:
    return [str(problem) for problem in read(rows, **more).problems]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_two_sample_files_give_the_expected_totals(name: str) -> None:
    table = read_table(sample(name).read(), name=name)
    header = recognise(table.rows, {})
    assert header is not None
    reading = read_statement(table.rows, header)
    expected = json.loads((Path(__file__).parent / "samples" / f"{name}.expected.json").read_text())

    assert reading.problems == []
    assert reading.remarks == []
    assert reading.opening == Decimal(expected["opening"])
    assert reading.closing == Decimal(expected["closing"])
    assert reading.income == Decimal(expected["income"])
    assert reading.expense == Decimal(expected["expense"])
    assert len(reading.lines) == expected["rows"]
    assert reading.newest_first == name.startswith("农行")


def test_what_was_remembered_of_one_format_does_not_spoil_another() -> None:
    tables = [read_table(sample(name).read(), name=name).rows for name in SAMPLES]
    for one, two in (tables, tables[::-1]):
        header = recognise(one, {})
        assert header is not None
        assert recognise(one, remember(header)) == header
        assert recognise(two, remember(header)) == recognise(two, {})


def test_title_rows_tell_the_days_covered_and_the_account() -> None:
    name = SAMPLES[0]
    table = read_table(sample(name).read(), name=name)
    title = read_title(table.rows[:3])
    assert (title.from_on, title.until_on, title.tail) == (date(2026, 7, 1), date(2026, 9, 30), "0421")
    apart = read_title([["开始日期：2026年7月1日", "", "截止日期：2026年9月30日"], ["卡号 6228****1234"]])
    assert (apart.from_on, apart.until_on, apart.tail) == (date(2026, 7, 1), date(2026, 9, 30), "1234")
    assert read_title([["账户明细"]]).from_on is None


@pytest.mark.parametrize(
    "cell",
    [
        "2026-07-01", "2026/7/1", "2026.07.01", "2026年7月1日", "20260701", "20260701 10:38:00", "20260701103800",
        "2026-07-01 10:38:00", "２０２６－０７－０１", 20260701, 20260701.0, 46204, 46204.44, date(2026, 7, 1),
        datetime(2026, 7, 1, 10, 38),  # noqa: DTZ001 - a spreadsheet's moment has no zone
        " 2026-07-01\t",
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(cell: Any) -> None:
    assert read_day(cell) == date(2026, 7, 1)


@pytest.mark.parametrize("cell", ["", "合计", "2026-13-01", "20260230", "26-07-01", "7月1日", 12, "1926-07-01", True])
def test_what_is_no_day_is_not_taken_for_one(cell: Any) -> None:
    assert read_day(cell) is None


def test_amount_and_flag_in_two_columns_are_understood() -> None:
    reading = read(
        [
            ["记账日期", "借贷标志", "发生额", "账户余额", "对方单位名称", "用途"],
            ["2026-07-02", "贷", "1,000.00", "1,500.00", "某公司", "停车费"],
            ["2026-07-03", "借", "300.00", "1,200.00", "某商行", "维修"],
        ]
    )
    assert reading.problems == []
    assert [line.signed for line in reading.lines] == [Decimal(1000), Decimal(-300)]
    assert reading.opening == Decimal(500)


def test_columns_meant_the_other_way_round_are_recognised_by_the_balance() -> None:
    reading = read(
        [
            ["日期", "借方", "贷方", "余额"],
            ["2026-07-02", 1000, "", 1500],
            ["2026-07-03", "", 300, 1200],
            ["2026-07-04", 50, "", 1250],
        ]
    )
    assert [line.signed for line in reading.lines] == [Decimal(1000), Decimal(-300), Decimal(50)]
    assert "借方是收入" in reading.remarks[0]


def test_a_negative_amount_in_the_income_column_is_a_payment_back() -> None:
    reading = read([HEADER, ["2026-07-02", 100, "", 600, "", ""], ["2026-07-03", -40, "", 560, "", "冲账"]])
    assert [(line.direction, line.amount) for line in reading.lines] == [
        (Direction.IN, Decimal(100)),
        (Direction.OUT, Decimal(40)),
    ]


def test_footers_blank_rows_and_repeated_headers_are_passed_over() -> None:
    reading = read(
        [
            HEADER,
            ["2026-07-02", 100, "", 600, "甲公司", "停车费"],
            ["", "", "", "", "", ""],
            HEADER,
            ["2026-07-03", "", 50, 550, "乙商行", "办公"],
            ["", 100, 50, "", "本页合计", ""],
            ["合计", 100, 50, "", "", ""],
            ["打印日期：2026年10月8日", "", "", "", "", ""],
            ["", "", "", "", "", "本明细仅供核对"],
        ]
    )
    assert reading.problems == []
    assert reading.remarks == []
    assert len(reading.lines) == 2


def test_a_total_row_that_differs_from_the_lines_is_told() -> None:
    reading = read([HEADER, ["2026-07-02", 100, "", 600, "", ""], ["合计", 120, "0.00", "", "", ""]])
    assert reading.remarks == ["第 3 行合计的收入 120.00 与明细之和 100.00 不符，相差 20.00。"]


def test_a_gap_in_the_running_balance_is_named_by_its_row() -> None:
    rows = [
        HEADER,
        ["2026-07-02", 100, "", 600, "", ""],
        ["2026-07-03", "", 50, 550, "", ""],
        ["2026-07-05", 20, "", 580, "", ""],
        ["2026-07-06", 20, "", 600, "", ""],
    ]
    (problem,) = problems(rows)
    assert problem.startswith("第 4 行：余额对不上。上一笔（第 3 行）余额 550.00，本笔收入 20.00，余额应为 570.00")
    assert "表中是 580.00，相差 10.00" in problem
    assert problems([rows[0], *reversed(rows[1:])])[0].startswith("第 3 行：余额对不上。上一笔（第 4 行）")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (["2026-07-03", "abc", "", 1, "", ""], "第 2 行“收入”：金额“abc”无法识别"),
        (["2026-07-03", "0.001", "", 1, "", ""], "第 2 行“收入”：金额“0.001”超过两位小数"),
        (["2026-07-03", "1e309", "", 1, "", ""], "第 2 行“收入”：金额“1e309”无法识别"),
        (["2026-07-03", 5, 5, 1, "", ""], "第 2 行“收入”：收入和支出不能同时有金额"),
        (["2026-07-03", "", "", 1, "", ""], "第 2 行“收入”：收入和支出都没有金额"),
        (["2026-07-03", 5, "", "x", "", ""], "第 2 行“余额”：金额“x”无法识别"),
        (["2026-07-03", 5, "", "", "", ""], "第 2 行“余额”：请填写金额"),
        (["七月三日", 5, "", 5, "", ""], "第 2 行“交易日期”：日期“七月三日”无法识别"),
        (["", 5, "", 5, "某公司", "停车费"], "第 2 行“交易日期”：有金额，却没有交易日期"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column(row: list[Any], told: str) -> None:
    (problem,) = problems([HEADER, row])
    assert problem.startswith(told)


def test_without_a_balance_column_the_opening_balance_is_asked_for() -> None:
    rows = [["交易日期", "收入", "支出", "摘要"], ["2026-07-02", 100, "", "停车费"], ["2026-07-03", "", 30, "办公"]]
    assert problems(rows) == ["此表没有余额列，请填写期初余额。"]
    reading = read(rows, opening=Decimal(500))
    assert [line.balance for line in reading.lines] == [Decimal(600), Decimal(570)]


def test_without_amounts_the_missing_column_is_named() -> None:
    (told,) = problems([["交易日期", "余额", "摘要"], ["2026-07-02", 100, "停车费"]])
    assert told.startswith("没有找到金额")


def test_zero_amounts_are_left_out_and_told() -> None:
    reading = read([HEADER, ["2026-07-02", 0, 0, 600, "", "查询"], ["2026-07-03", 5, "", 605, "", ""]])
    assert len(reading.lines) == 1
    assert reading.remarks == ["第 2 行金额为零，未计入。"]


def test_twin_lines_of_one_day_are_two_lines() -> None:
    def line(amount: str, balance: str, text: str = "停车费") -> BankLine:
        direction = Direction.IN if not amount.startswith("-") else Direction.OUT
        return BankLine(2, date(2026, 7, 2), direction, Decimal(amount.strip("-")), Decimal(balance), "甲", text)

    twins = [line("100", "600"), line("-100", "500"), line("100", "600")]
    marks = fingerprints(twins)
    assert len(set(marks)) == 3
    assert fingerprints(twins[:2]) == marks[:2]
    assert fingerprints([line("100", "600", text="别的列")]) == marks[:1]


def test_utf8_and_gbk_give_the_same_lines() -> None:
    rows = [
        ("2026-07-03", "-30.00", "570.00", "晨光文具𠮷店", "办公"),
        ("2026-07-02", "+100.00", "600.00", "", "停车费"),
    ]
    found = []
    for encoding in ("utf-8", "utf-8-sig", "gb18030"):
        table = read_table(csv_file(rows, encoding=encoding).read(), name="a.csv")
        header = recognise(table.rows, {})
        assert header is not None
        found.append(read_statement(table.rows, header).lines)
    assert found[0] == found[1] == found[2]
    assert found[0][1].counterparty == "晨光文具𠮷店"
