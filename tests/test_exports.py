"""Exports hold no live formula, whatever people wrote (EXP-01)."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from files.reading import read_table
from files.writing import Sheet, csv_lines, download, write_xlsx

FORMULAS = [
    "=1+1",
    "==1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\0=1+1",
    " =1+1",
    "＝1+1",
    "＋1",
    "－2",
    "＠SUM(A1)",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x","y")',
    "\n=1+1",
]


def sheet_of(values: list[object], header: str = "姓名", title: str = "名册") -> Sheet:
    return Sheet(title, [header, "金额"], ([value, None] for value in values))


def xlsx(sheet: Sheet) -> bytes:
    body = io.BytesIO()
    write_xlsx(body, [sheet])
    return body.getvalue()


@pytest.mark.parametrize("text", FORMULAS, ids=repr)
def test_no_cell_header_or_sheet_name_becomes_a_formula(text):
    content = xlsx(Sheet(text, [text, text], [[text, text]], notes=[text]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        page = archive.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in page
    book = load_workbook(io.BytesIO(content))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.value.strip() for cell in cells} == {text.replace("\0", "").strip()}
    assert not book.active.title.startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize("text", FORMULAS, ids=repr)
def test_a_csv_guards_cells_header_and_notes(text):
    lines = "".join(csv_lines(Sheet("名册", [text], [[text]], notes=[text])))
    assert lines[0] == "\ufeff"
    for (cell,) in csv.reader(io.StringIO(lines[1:], newline="")):
        assert cell.startswith("'")
        assert cell[1:].strip() == text.replace("\0", "").strip()


def test_numbers_stay_numbers_dates_dates_and_blanks_blank():
    moment = datetime(2026, 10, 28, 16, 0, tzinfo=UTC)
    values = [Decimal("-1802.11"), 7, date(2026, 9, 30), moment, True, None, "", "0101", "#N/A"]
    book = load_workbook(io.BytesIO(xlsx(Sheet("表", ["值"], [[value] for value in values]))))
    cells = [row[0] for row in book.active.iter_rows(min_row=2)]
    assert [cell.value for cell in cells[:2]] == [-1802.11, 7]
    assert cells[0].number_format == "#,##0.00"
    assert cells[2].value.date() == date(2026, 9, 30)
    assert str(cells[3].value) == "2026-10-29 00:00:00"
    assert [cell.value for cell in cells[4:7]] == ["是", None, None]
    assert [(cell.value, cell.data_type) for cell in cells[7:]] == [("0101", "s"), ("#N/A", "s")]

    lines = "".join(csv_lines(Sheet("表", ["值"], [values]))).splitlines()
    assert lines[1] == "-1802.11,7,2026-09-30,2026-10-29 00:00,是,,,0101,#N/A"


def test_rare_characters_and_line_breaks_survive():
    book = load_workbook(io.BytesIO(xlsx(sheet_of(["蔡𠮷明", "第一行\n第二行", "控制\x07符"]))))
    assert [row[0].value for row in book.active.iter_rows(min_row=2)] == ["蔡𠮷明", "第一行\n第二行", "控制符"]


@pytest.mark.parametrize(
    ("title", "name"), [("a/b:c", "a_b_c"), ("长" * 40, "长" * 31), ("'x'", "x"), ("", "表"), ("[名册]", "_名册_")]
)
def test_a_sheet_gets_a_name_the_program_accepts(title, name):
    assert load_workbook(io.BytesIO(xlsx(sheet_of([], title=title)))).sheetnames == [name]


def test_sheets_of_one_name_are_numbered():
    body = io.BytesIO()
    write_xlsx(body, [sheet_of([]), sheet_of([]), sheet_of([])])
    assert load_workbook(body).sheetnames == ["名册", "名册_2", "名册_3"]


@pytest.mark.parametrize("file_type", ["xlsx", "csv"])
def test_an_export_can_be_read_back_by_our_own_reader(file_type):
    sheet = Sheet("名册", ["楼栋", "面积"], [["3#", Decimal("89.50")]], notes=["示例花园"])
    answer = download("业主名册／示例", [sheet], file_type=file_type)
    content = b"".join(answer)
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert answer["Cache-Control"] == "private, no-store"
    rows = read_table(content, name=f"a.{file_type}").rows
    assert [rows[0][0], rows[1][:2], str(rows[2][1]).rstrip("0")] == ["示例花园", ["楼栋", "面积"], "89.5"]


def test_a_long_export_streams():
    seen = []

    def rows():
        for number in range(1000):
            seen.append(number)
            yield [number]

    lines = csv_lines(Sheet("表", ["序号"], rows()))
    for _ in range(10):
        next(lines)
    assert len(seen) < 10
