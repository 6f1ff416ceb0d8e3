"""Spreadsheets as offices, firms and banks hand them in, read alike whatever their format."""

import io
from datetime import date

import pytest
import xlwt
from openpyxl import Workbook

from files.reading import find_header, header_at, label_key, read_table
from kernel.errors import DomainError

ROWS = [
    ["示例花园小区业主信息登记表", "", ""],
    ["填报单位：示例物业", "", "2026年9月"],
    ["楼栋", "房 号", "建筑面积（㎡）"],
    ["3#", "0101", "89.5㎡"],
    ["", "", ""],
    ["４幢", "蔡𠮷", "１１２．８９"],
]
SYNONYMS = {
    "building": ["楼栋", "幢号"],
    "room": ["房号", "房间号"],
    "area": ["专有面积", "建筑面积", "面积"],
    "phone": ["联系电话", "电话"],
}


def as_xlsx(rows: list[list[object]] = ROWS, **sheets: list[list[object]]) -> bytes:
    book, body = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    for name, others in sheets.items():
        page = book.create_sheet(name)
        for row in others:
            page.append(row)
    book.save(body)
    return body.getvalue()


def as_xls(rows: list[list[object]] = ROWS) -> bytes:
    book, body = xlwt.Workbook(encoding="utf-8"), io.BytesIO()
    page = book.add_sheet("名册")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if value != "":
                page.write(number, column, value)
    book.save(body)
    return body.getvalue()


def as_csv(encoding: str, separator: str = ",") -> bytes:
    return "\r\n".join(separator.join(map(str, row)) for row in ROWS).encode(encoding)


FILES = {
    "xlsx": ("名册.xlsx", as_xlsx()),
    "xls": ("名册.xls", as_xls()),
    "utf-8": ("名册.csv", as_csv("utf-8")),
    "utf-8 with mark": ("名册.csv", as_csv("utf-8-sig")),
    "gb18030": ("名册.csv", as_csv("gb18030")),
    "utf-16 by tabs": ("名册.csv", as_csv("utf-16", "\t")),
    "semicolons": ("名册.csv", as_csv("utf-8", ";")),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_same_table_is_read_from_every_format(kind):
    name, content = FILES[kind]
    table = read_table(content, name=name)
    assert table.rows == ROWS
    header = find_header(table.rows, SYNONYMS)
    assert header.row == 2
    assert header.columns == {"building": 0, "room": 1, "area": 2}


def test_numbers_and_dates_keep_their_types():
    content = as_xlsx([[101, 91.95999999999999, date(2026, 9, 1), True]])
    assert read_table(content, name="a.xlsx").rows == [[101.0, 91.95999999999999, date(2026, 9, 1), True]]


def test_row_numbers_are_those_of_the_sheet_even_below_empty_rows():
    book, body = Workbook(), io.BytesIO()
    book.active["C7"] = "这里"
    book.save(body)
    assert read_table(body.getvalue(), name="a.xlsx").rows[6][2] == "这里"


def test_a_building_merged_over_its_rooms_belongs_to_each():
    book, body = Workbook(), io.BytesIO()
    for row in [["楼栋", "房号"], ["1栋", "101"], ["", "102"], ["2栋", "101"]]:
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(body)
    assert [row[0] for row in read_table(body.getvalue(), name="a.xlsx").rows] == ["楼栋", "1栋", "1栋", "2栋"]


def test_the_first_sheet_with_content_is_read_unless_another_is_named():
    content = as_xlsx([], 一栋=[["甲"]], 二栋=[["乙"]])
    table = read_table(content, name="a.xlsx")
    assert (table.sheet, table.rows) == ("一栋", [["甲"]])
    assert table.sheets[1:] == ("一栋", "二栋")
    assert read_table(content, name="a.xlsx", sheet="二栋").rows == [["乙"]]
    assert read_table(content, name="a.xlsx", sheet="没有").rows == [["甲"]]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.xlsx", as_xlsx([]), "没有内容"),
        ("a.csv", b"a,b\n" + b'"x', "没有内容|无法读取|"),
        ("a.csv", b"1\n" * 100_001, "超过 100,000 行"),
        ("a.csv", b",".join([b"1"] * 61), "最多 60 列"),
        ("a.csv", b'"' + b"x" * 200_000 + b'"', "第 1 行无法读取"),
        ("a.txt", b"1,2", "不能上传"),
        ("a.xlsx", b"PK\x03\x04", "已损坏"),
    ],
)
def test_what_cannot_be_read_is_refused_in_plain_words(name, content, reason):
    if name == "a.csv" and content.endswith(b'"x'):
        assert read_table(content, name=name).rows == [["a", "b"], ["x", ""]]
        return
    with pytest.raises(DomainError, match=reason) as refusal:
        read_table(content, name=name, field="roster")
    assert refusal.value.field == "roster"


LABELS = {"建筑面积（㎡）": "建筑面积", " *业主 姓名： ": "业主姓名", "ＱＱ": "qq", "（备注）": "(备注)", 3.0: "3"}


@pytest.mark.parametrize(("label", "key"), LABELS.items())
def test_labels_compare_without_decoration(label, key):
    assert label_key(label) == key


def test_the_best_name_wins_and_a_column_serves_one_field():
    rows = [["房屋面积", "建筑面积", "物业联系电话", "楼栋号"]]
    assert header_at(rows, 0, SYNONYMS).columns == {"building": 3, "area": 1, "phone": 2}


def test_a_table_without_a_header_proposes_none():
    assert find_header([["3", "101", "89.5"]] * 50, SYNONYMS) is None
    assert find_header([["楼栋"]], SYNONYMS) is None
