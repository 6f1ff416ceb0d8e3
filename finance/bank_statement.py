"""Reading a bank's statement: rows become lines in order of time, each checked against the running balance. Pure."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from files.reading import Cell, Header, Row, label_key
from finance.bank_columns import FIELDS, Title, missing_columns, read_direction, read_title
from finance.rules import Direction
from kernel.days import long_date
from kernel.errors import DomainError
from kernel.money import parse_amount, to_fen, yuan
from kernel.text import cell_text, tidy
from kernel.written_days import read_day

ZERO = Decimal("0.00")
# Rows without a day that carry sums or remarks of the bank.
_FOOTER = re.compile(
    r"合计|总计|小计|累计|本页|承前页|过次页|期初|期末|上期|打印|共\s*\d+\s*[笔条]|总笔数|制表|以下空白|温馨|说明|注[::]"
)
_GRAND_TOTAL = re.compile(r"^(?:合计|总计)")
_BLANK_AMOUNTS = frozenset({"", "-", "--", "—", "/"})
_COUNTERPARTY_LENGTH, _TEXT_LENGTH = 120, 200


@dataclass(frozen=True)
class BankLine:
    """One line: `row` as counted in the sheet from 1, a positive amount, the balance after it."""

    row: int
    on: date
    direction: Direction
    amount: Decimal
    balance: Decimal
    counterparty: str
    text: str

    @property
    def signed(self) -> Decimal:
        return self.amount if self.direction == Direction.IN else -self.amount


@dataclass(frozen=True)
class Problem:
    """What keeps the statement from being taken in; `row` counts from 1, None where it is about the whole sheet."""

    row: int | None
    column: str
    message: str

    def __str__(self) -> str:
        place = f"第 {self.row} 行" if self.row else ""
        place += f"“{self.column}”" if self.column else ""
        return f"{place}：{self.message}" if place else self.message


@dataclass
class Reading:
    """A statement as read: lines oldest first, balances at both ends, what is wrong, what is only worth knowing."""

    title: Title = field(default_factory=Title)
    lines: list[BankLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    opening: Decimal | None = None
    closing: Decimal | None = None
    newest_first: bool = False

    @property
    def income(self) -> Decimal:
        return sum((line.amount for line in self.lines if line.direction == Direction.IN), ZERO)

    @property
    def expense(self) -> Decimal:
        return sum((line.amount for line in self.lines if line.direction == Direction.OUT), ZERO)


def read_statement(rows: Sequence[Row], header: Header, *, opening: Decimal | None = None) -> Reading:
    """Read every row below the header.

    `opening` is the balance before the first line as a person typed it: needed where the bank gives no balance or no
    line, ignored otherwise. Nothing raises; what is wrong stands in `problems`, named by row and column.
    """
    reading = Reading(title=read_title(rows[: header.row]))
    if missing := missing_columns(header):
        reading.problems = [Problem(None, "", f"{words}，请在下面指定。") for words in missing]
        return reading
    reader = _RowReader(header)
    reader.read(rows)
    reading.problems, reading.remarks = reader.problems, reader.remarks
    if "balance" in header.columns:
        _put_in_order(reading, reader.lines)
    else:
        _compute_balances(reading, reader.lines, opening)
    if not reading.lines:
        reading.opening = reading.closing = opening
    reading.remarks += reader.total_remarks(reading)
    return reading


class _RowReader:
    """Turns rows into lines and collects what cannot be read."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.lines: list[BankLine] = []
        self.problems: list[Problem] = []
        self.remarks: list[str] = []
        self.totals: tuple[int, Decimal, Decimal] | None = None
        self._labels = [label_key(label) for label in header.labels if label]

    def read(self, rows: Sequence[Row]) -> None:
        for number, row in enumerate(rows[self.header.row + 1 :], start=self.header.row + 2):
            if any(cell != "" for cell in row) and not self._repeats_header(row):
                self._read_row(number, row)

    def _repeats_header(self, row: Row) -> bool:
        return [label_key(cell) for cell in row if cell != ""] == self._labels

    def _cell(self, row: Row, name: str) -> Cell:
        column = self.header.columns.get(name)
        return row[column] if column is not None and column < len(row) else ""

    def _words(self, row: Row, name: str, length: int) -> str:
        return tidy(cell_text(self._cell(row, name)))[:length]

    def _read_row(self, number: int, row: Row) -> None:
        day = read_day(self._cell(row, "on"))
        if day is None and self._is_footer(number, row):
            return
        if day is None:
            shown = cell_text(self._cell(row, "on"))[:20]
            self._problem(number, "on", f"日期“{shown}”无法识别。" if shown else "有金额，却没有交易日期。")
            return
        try:
            signed = self._signed(row)
            balance = (
                parse_amount(_amount_cell(self._cell(row, "balance")), signed=True) if self._has("balance") else ZERO
            )
        except _CellError as error:
            self._problem(number, error.field or "amount", error.message)
            return
        except DomainError as error:
            self._problem(number, "balance", error.message)
            return
        if signed == 0:
            self.remarks.append(f"第 {number} 行金额为零，未计入。")
            return
        text, note = self._words(row, "text", _TEXT_LENGTH), self._words(row, "note", _TEXT_LENGTH)
        self.lines.append(
            BankLine(
                row=number,
                on=day,
                direction=Direction.IN if signed > 0 else Direction.OUT,
                amount=abs(signed),
                balance=balance,
                counterparty=self._words(row, "counterparty", _COUNTERPARTY_LENGTH),
                text=(f"{text} {note}" if note and note not in text else text).strip()[:_TEXT_LENGTH],
            )
        )

    def _has(self, name: str) -> bool:
        return name in self.header.columns

    def _problem(self, row: int, name: str, message: str) -> None:
        column = self.header.columns.get(name)
        self.problems.append(Problem(row, self.header.labels[column] if column is not None else FIELDS[name], message))

    def _amount(self, row: Row, name: str) -> Decimal:
        try:
            return parse_amount(_amount_cell(self._cell(row, name)), signed=True) if self._filled(row, name) else ZERO
        except DomainError as error:
            raise _CellError(error.message, field=name) from error

    def _filled(self, row: Row, name: str) -> bool:
        return cell_text(self._cell(row, name)) not in _BLANK_AMOUNTS

    def _signed(self, row: Row) -> Decimal:
        """The effect of a row on the balance, whichever way the bank writes it."""
        if not self._has("amount"):
            income, expense = self._amount(row, "income"), self._amount(row, "expense")
            if income and expense:
                raise _CellError("收入和支出不能同时有金额。", field="income")
            if not income and not expense and not (self._filled(row, "income") or self._filled(row, "expense")):
                raise _CellError("收入和支出都没有金额。", field="income")
            return income - expense
        if not self._filled(row, "amount"):
            raise _CellError("没有金额。", field="amount")
        amount = self._amount(row, "amount")
        if not self._has("direction"):
            return amount
        direction = read_direction(self._cell(row, "direction"))
        if direction is None:
            shown = cell_text(self._cell(row, "direction"))[:10]
            raise _CellError(f"收支标志“{shown}”无法识别，应为借或贷、收或支。", field="direction")
        # A signed amount beside a flag repeats it: only its size counts.
        return abs(amount) if direction == Direction.IN else -abs(amount)

    def _is_footer(self, number: int, row: Row) -> bool:
        """Whether a row without a day is a sum or a remark of the bank; a grand total is kept for comparison."""
        words = [cell_text(cell) for cell in row if isinstance(cell, str) and cell]
        has_amount = any(self._filled(row, name) for name in ("income", "expense", "amount") if self._has(name))
        if not any(_FOOTER.search(word) for word in words):
            return not has_amount
        if any(_GRAND_TOTAL.search(word) for word in words) and self._has("income") and self._has("expense"):
            try:
                self.totals = number, self._amount(row, "income"), self._amount(row, "expense")
            except _CellError:
                self.remarks.append(f"第 {number} 行是合计行，但合计数无法识别。")
        return True

    def total_remarks(self, reading: Reading) -> list[str]:
        """Where the bank's own sums differ from the sum of the lines."""
        if self.totals is None or reading.problems:
            return []
        number, *sums = self.totals
        pairs = zip(("收入", "支出"), sums, (reading.income, reading.expense), strict=True)
        return [
            f"第 {number} 行合计的{side} {yuan(told)} 与明细之和 {yuan(found)} 不符，相差 {yuan(told - found)}。"
            for side, told, found in pairs
            if told != found
        ]


class _CellError(DomainError):
    """A cell that cannot be read; `field` is the statement's column."""


def _amount_cell(cell: Cell) -> str | int | float:
    return cell if isinstance(cell, str | int | float) and not isinstance(cell, bool) else cell_text(cell)


# -- Order and running balances --------------------------------------------------------------------------------


def _breaks(lines: Sequence[BankLine]) -> list[tuple[BankLine, BankLine]]:
    """Neighbours where the balance after does not follow from the balance before."""
    return [(one, two) for one, two in pairwise(lines) if one.balance + two.signed != two.balance]


def _count_breaks(way: tuple[list[BankLine], bool]) -> int:
    return len(_breaks(way[0]))


def _turned(lines: Iterable[BankLine]) -> list[BankLine]:
    other = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN}
    return [replace(line, direction=other[line.direction]) for line in lines]


def _put_in_order(reading: Reading, found: list[BankLine]) -> None:
    """Oldest first, by the running balance: the order, and the meaning of 借 and 贷, in which it holds best."""
    down = list(reversed(found))
    ways = (
        [(found, False), (down, True)] if not found or found[0].on <= found[-1].on else [(down, True), (found, False)]
    )
    # min keeps the first of equals: the order of the days, and the usual meaning of the signs.
    reading.lines, reading.newest_first = min(ways, key=_count_breaks)
    flipped = False
    if _breaks(reading.lines):
        turned = min(((_turned(lines), newest_first) for lines, newest_first in ways), key=_count_breaks)
        if flipped := _count_breaks(turned) < len(_breaks(reading.lines)):
            reading.lines, reading.newest_first = turned
    if flipped:
        reading.remarks.append("按余额推算，此表的借方是收入、贷方是支出（或正负号相反），已照此识别。")
    for before, after in _breaks(reading.lines):
        reading.problems.append(Problem(after.row, "", _gap_words(before, after)))
    _check_days(reading)
    if reading.lines:
        first = reading.lines[0]
        reading.opening, reading.closing = first.balance - first.signed, reading.lines[-1].balance


def _gap_words(before: BankLine, after: BankLine) -> str:
    due = before.balance + after.signed
    return (
        f"余额对不上。上一笔（第 {before.row} 行）余额 {yuan(before.balance)}，本笔{after.direction.label} "
        f"{yuan(after.amount)}，余额应为 {yuan(due)}，表中是 {yuan(after.balance)}，相差 {yuan(after.balance - due)}。"
        "文件可能缺行或被改动，请从网上银行重新下载。"
    )


def _check_days(reading: Reading) -> None:
    """The balances decide the order; a day that goes back is worth a look, not a refusal."""
    for before, after in pairwise(reading.lines):
        if after.on < before.on:
            days = f"{long_date(after.on)} 早于上一笔（第 {before.row} 行）的 {long_date(before.on)}"
            reading.remarks.append(f"第 {after.row} 行：日期 {days}，与余额的先后不一致。")


def _compute_balances(reading: Reading, found: list[BankLine], opening: Decimal | None) -> None:
    """Where the bank gives no balances: from the typed opening balance, in order of days."""
    reading.newest_first = bool(found) and found[0].on > found[-1].on
    ordered = list(reversed(found)) if reading.newest_first else found
    if opening is None:
        if found:
            reading.problems.append(Problem(None, "", "此表没有余额列，请填写期初余额。"))
        return
    balance = opening
    for line in ordered:
        balance += line.signed
        reading.lines.append(replace(line, balance=balance))
    _check_days(reading)
    reading.opening, reading.closing = opening, balance


def fingerprints(lines: Iterable[BankLine]) -> list[str]:
    """For each line what recognises it in another statement of the same account, however its text was mapped.

    Day, direction, amount and the balance after it; lines equal even in these are told apart by their count.
    """
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        key = f"{line.on.isoformat()}|{line.direction}|{to_fen(line.amount)}|{to_fen(line.balance)}"
        seen[key] += 1
        found.append(hashlib.sha256(f"{key}|{seen[key]}".encode()).hexdigest())
    return found
