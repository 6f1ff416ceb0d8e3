"""Reading spreadsheets that offices, firms and banks hand in: any of three formats, header wherever it stands."""

import csv
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from files.models import StoredFile
from files.naming import check_name
from files.rules import DOORS, TABLE_COLUMNS, TABLE_ROWS
from files.services import open_stored
from files.sniffing import check_content
from files.texts import decode, separator_of
from kernel.errors import DomainError
from kernel.text import cell_text, clean

Cell = str | int | float | bool | date | datetime | time | timedelta
Row = Sequence[Cell]

# Titles, addresses and dates stand above the header, never more than this.
_HEADER_WITHIN = 40
_BRACKETED = re.compile(r"\(.*?\)|\[.*?\]|【.*?】")
_DECORATION = re.compile(r"[\s*:：_\-/、.]+")


@dataclass(frozen=True)
class Table:
    """One sheet as rows of typed cells, blanks as "". `rows[0]` is row 1 of the sheet, whatever stands in it."""

    rows: list[list[Cell]]
    sheet: str
    sheets: tuple[str, ...]
    encoding: str = ""


@dataclass(frozen=True)
class TableStream:
    """The same as `Table`, row by row for files too large to hold twice; `rows` can be walked once."""

    rows: Iterator[list[Cell]]
    height: int
    sheet: str
    sheets: tuple[str, ...]
    encoding: str = ""


@dataclass(frozen=True)
class Header:
    """Where the header stands (`row`, from 0) and which column (from 0) holds which field."""

    row: int
    labels: tuple[str, ...]
    columns: dict[str, int]


def read_table(source: StoredFile | bytes, *, name: str = "", sheet: str = "", field: str = "file") -> Table:
    """The named sheet, else the first that has content.

    A StoredFile has passed the table door; bytes pass its checks here, by the extension of `name`. Raises DomainError
    naming `field` for what cannot be read, for more than 100,000 rows or 60 columns, and for an empty table.
    """
    stream = open_table(source, name=name, sheet=sheet, field=field)
    return Table(list(stream.rows), stream.sheet, stream.sheets, stream.encoding)


def open_table(source: StoredFile | bytes, *, name: str = "", sheet: str = "", field: str = "file") -> TableStream:
    """As `read_table`, but the rows come one by one; every refusal comes before the first of them."""
    if isinstance(source, StoredFile):
        with open_stored(source) as stored:
            data, name = stored.read(), source.name
    else:
        data = source
        suffix = check_name(name, DOORS["table"], field=field)
        check_content(BytesIO(data), suffix=suffix, rule=DOORS["table"], field=field)
    if name.lower().endswith(".csv"):
        return _open_csv(data, field=field)
    return _open_workbook(data, sheet, field=field)


def _open_workbook(data: bytes, wanted: str, *, field: str) -> TableStream:
    try:
        workbook = CalamineWorkbook.from_filelike(BytesIO(data))
        names = tuple(workbook.sheet_names)
        for name in [wanted] if wanted in names else names:
            sheet = workbook.get_sheet_by_name(name)
            if sheet.end is not None:
                height, width = sheet.end[0] + 1, sheet.end[1] + 1
                _check_extent(height, width, field=field)
                return TableStream(_filled_rows(sheet), height, name, names)
    except (CalamineError, ValueError, OSError) as damage:
        raise DomainError("表格文件已损坏或被加密，请另存为 xlsx 后再传。", field=field) from damage
    raise DomainError("表格里没有内容，请检查后重新选择。", field=field)


def _check_extent(rows: int, columns: int, *, field: str) -> None:
    if rows > TABLE_ROWS:
        raise DomainError(f"表格超过 {TABLE_ROWS:,} 行，请拆分后再传。", field=field)
    if columns > TABLE_COLUMNS:
        raise DomainError(f"表格有 {columns} 列，最多 {TABLE_COLUMNS} 列，请删去无关的列。", field=field)


def _filled_rows(sheet: CalamineSheet) -> Iterator[list[Cell]]:
    """Every row from the sheet's first on; a value merged over several rows (a building beside all its rooms)
    belongs to each of them."""
    indent: list[Cell] = [""] * (sheet.start[1] if sheet.start else 0)
    below = sorted((top, bottom, left, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ())
    below = [merged for merged in reversed(below) if merged[1] > merged[0]]
    standing: list[tuple[int, int, list[Cell]]] = []
    for index, cells in enumerate(sheet.iter_rows()):
        row = indent + cells if indent else cells
        for _, left, values in standing:
            row[left : left + len(values)] = values
        while below and below[-1][0] == index:
            _, bottom, left, right = below.pop()
            standing.append((bottom, left, row[left : right + 1]))
        if standing:
            standing = [merged for merged in standing if merged[0] > index]
        yield row


def _open_csv(data: bytes, *, field: str) -> TableStream:
    text, encoding = decode(data, field=field)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator_of(text))
    rows: list[list[Cell]] = []
    try:
        for record in reader:
            rows.append([cell.strip() for cell in record])
            if len(rows) > TABLE_ROWS:
                break
    except csv.Error as damage:
        raise DomainError(f"第 {len(rows) + 1} 行无法读取，请检查引号是否成对。", field=field) from damage
    width = max(map(len, rows), default=0)
    if not width:
        raise DomainError("表格里没有内容，请检查后重新选择。", field=field)
    _check_extent(len(rows), width, field=field)
    padded = (row + [""] * (width - len(row)) for row in rows)
    return TableStream(padded, len(rows), "", (), encoding)


def label_key(label: Cell) -> str:
    """A header's text for comparison: width folded, brackets, blanks and marks dropped, lower case.

    `建筑面积（㎡）` and `*建筑面积:` are both 建筑面积.
    """
    text = clean(cell_text(label)).lower()
    return _DECORATION.sub("", _BRACKETED.sub("", text)) or _DECORATION.sub("", text)


def find_header(rows: Sequence[Row], synonyms: Mapping[str, Sequence[str]]) -> Header | None:
    """The row below the titles in which most fields are recognised, at least two; None where there is none.

    `synonyms` gives for each field the labels people use, the best first. What was recognised is a proposal: the
    person can correct it by hand.
    """
    best: Header | None = None
    for index in range(min(len(rows), _HEADER_WITHIN)):
        header = header_at(rows, index, synonyms)
        if len(header.columns) > (len(best.columns) if best else 1):
            best = header
    return best


def header_at(rows: Sequence[Row], index: int, synonyms: Mapping[str, Sequence[str]]) -> Header:
    """The header read from a given row, with whatever fields are recognised there."""
    labels = tuple(cell_text(cell) if isinstance(cell, str) else "" for cell in rows[index])
    keys = [label_key(label) for label in labels]
    wanted = {field: [label_key(name) for name in names] for field, names in synonyms.items()}
    columns: dict[str, int] = {}
    for matches in (str.__eq__, str.__contains__):
        for field, names in wanted.items():
            if field not in columns and (column := _match(keys, names, matches, columns.values())) is not None:
                columns[field] = column
    return Header(index, labels, columns)


def _match(
    keys: Sequence[str], names: Sequence[str], matches: Callable[[str, str], bool], taken: Collection[int]
) -> int | None:
    """The first free column whose label matches the best name."""
    for name in names:
        for column, key in enumerate(keys):
            if key and column not in taken and matches(key, name):
                return column
    return None
