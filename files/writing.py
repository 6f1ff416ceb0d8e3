"""The one writer of exports: typed cells, no live formula anywhere, blanks stay blank (EXP-01)."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Literal

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from files.naming import safe_name
from files.rules import Kind
from kernel.days import SHANGHAI
from kernel.text import tidy

Value = str | int | float | Decimal | bool | date | datetime | None
Format = Literal["xlsx", "csv"]

# What a spreadsheet program takes for the beginning of a formula, in both widths (reliability D5).
_FORMULA_START: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠", "−")
_SHEET_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_LONGEST_SHEET_NAME: Final = 31
_LONGEST_CELL: Final = 32_767
_DECIMAL_FORMAT: Final = "#,##0.00"
_DATE_FORMAT: Final = "yyyy-mm-dd"
_MOMENT_FORMAT: Final = "yyyy-mm-dd hh:mm"
_HEADER_FONT: Final = Font(bold=True)
_HEADER_FILL: Final = PatternFill("solid", start_color="FFE9EEF4")
_IN_MEMORY: Final = 5 * 2**20


@dataclass(frozen=True)
class Sheet:
    """One sheet: its title, a header, rows of typed values (an iterable is consumed once), notes above the header.

    `widths` are column widths in characters; a column without one is 16 wide.
    """

    title: str
    header: Sequence[str]
    rows: Iterable[Sequence[Value]]
    widths: Sequence[int] = ()
    notes: Sequence[str] = field(default=())


def is_formula_like(text: str) -> bool:
    """Whether a spreadsheet program could take the text for a formula."""
    return text.lstrip(" \u3000\u00a0").startswith(_FORMULA_START)


def write_xlsx(target: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """Write a workbook row by row. Text is always typed as text, numbers and dates as such, None stays empty."""
    workbook = Workbook(write_only=True)
    used: set[str] = set()
    for sheet in sheets:
        page = workbook.create_sheet(_sheet_name(sheet.title, used))
        for column in range(1, len(sheet.header) + 1):
            width = sheet.widths[column - 1] if column <= len(sheet.widths) else 16
            page.column_dimensions[get_column_letter(column)].width = width
        page.freeze_panes = f"A{len(sheet.notes) + 2}"
        for note in sheet.notes:
            page.append([_cell(page, note)])
        page.append([_header_cell(page, label) for label in sheet.header])
        for row in sheet.rows:
            page.append([_cell(page, value) for value in row])
    workbook.save(target)


def _cell(page: WriteOnlyWorksheet, value: Value) -> Cell | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        value = "是" if value else "否"
    if isinstance(value, str):
        text = _printable(value)[:_LONGEST_CELL]
        cell = WriteOnlyCell(page, text)
        # The library makes "=…" a formula and "#N/A" an error; here text is text, also when a person edits it.
        cell.data_type = "s"
        cell.quotePrefix = is_formula_like(text)
        return cell
    if isinstance(value, datetime):
        cell = WriteOnlyCell(page, value.astimezone(SHANGHAI).replace(tzinfo=None))
        cell.number_format = _MOMENT_FORMAT
        return cell
    cell = WriteOnlyCell(page, value)
    if isinstance(value, date):
        cell.number_format = _DATE_FORMAT
    elif isinstance(value, Decimal):
        cell.number_format = _DECIMAL_FORMAT
    return cell


def _header_cell(page: WriteOnlyWorksheet, label: str) -> Cell | None:
    cell = _cell(page, label)
    if cell is not None:
        cell.font, cell.fill, cell.alignment = _HEADER_FONT, _HEADER_FILL, Alignment(wrap_text=True, vertical="center")
    return cell


def _printable(text: str) -> str:
    """Without the control characters that no cell can hold; line breaks stay."""
    return "\n".join(tidy(line) if not line.isprintable() else line for line in text.splitlines()) if text else ""


def _sheet_name(title: str, used: set[str]) -> str:
    """Allowed in a tab, not formula-like, unique within the workbook."""
    name = _SHEET_FORBIDDEN.sub("_", tidy(title)).strip("'") or "表"
    if is_formula_like(name):
        name = f"_{name}"
    unique, number = name[:_LONGEST_SHEET_NAME], 1
    while unique.lower() in used:
        number += 1
        unique = f"{name[: _LONGEST_SHEET_NAME - 4]}_{number}"
    used.add(unique.lower())
    return unique


def csv_lines(sheet: Sheet) -> Iterator[str]:
    """The sheet as CSV lines, the first with a byte order mark so that Excel reads UTF-8.

    Text a program could take for a formula begins with an apostrophe; numbers are written plainly and never guarded.
    """
    writer = csv.writer(_Line())
    yield "\ufeff"
    for note in sheet.notes:
        yield writer.writerow([_csv_text(note)])
    yield writer.writerow([_csv_text(label) for label in sheet.header])
    for row in sheet.rows:
        yield writer.writerow([_csv_value(value) for value in row])


class _Line:
    """Lets csv.writer hand each line back instead of collecting them."""

    def write(self, line: str) -> str:
        return line


def _csv_text(text: str) -> str:
    shown = _printable(text)
    return f"'{shown}" if is_formula_like(text) or is_formula_like(shown) else shown


def _csv_value(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        return _csv_text(value)
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    return str(value)


def download(name: str, sheets: Sequence[Sheet], *, file_type: Format = "xlsx") -> HttpResponse | StreamingHttpResponse:
    """An export as an attachment called `name` (without extension). CSV holds the first sheet only and streams."""
    if file_type == "csv":
        response = StreamingHttpResponse(csv_lines(sheets[0]), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = content_disposition_header(True, safe_name(f"{name}.csv"))
    else:
        body = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the response closes it
        write_xlsx(body, sheets)
        body.seek(0)
        response = FileResponse(
            body, as_attachment=True, filename=safe_name(f"{name}.xlsx"), content_type=Kind.XLSX.content_type
        )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
