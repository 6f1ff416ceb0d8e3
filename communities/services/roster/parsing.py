"""From the cells of a spreadsheet to households, and every fault named by row, column and reason. No database."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from communities.services.roster.columns import LABELS
from files.reading import Cell, Row
from kernel.areas import parse_area
from kernel.errors import DomainError
from kernel.phones import MOBILE, parse_phone
from kernel.rooms import Address, address_key, room_key, split_owners
from kernel.text import cell_text

_TOTALS = re.compile(r"\s*(?:本页|本栋|本幢)?[合总小共]\s*计")
_PHONE_SEPARATORS = re.compile(r"[、,，;；/／\\|\n\r]+|\s+(?=(?:\+?86)?1[3-9])")
_NO_PHONE = " -—/无"
# The columns' lengths in the database.
_LONGEST_KEY = 20
_LONGEST_ROOM_TEXT = 40
_LONGEST_NAME = 80
_LONGEST = {"certificate": 80, "remark": 200}
_MOST_OWNERS = 20
# Few buildings and stairs stand in many rows.
_repeated_text = lru_cache(1_000)(cell_text)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a row: the field, what stands there, and what to do about it."""

    field: str
    written: str
    reason: str

    @property
    def label(self) -> str:
        return LABELS[self.field]


@dataclass(slots=True)
class ParsedRow:
    """A household as one row tells it; `number` is the row of the sheet. A row with faults is not imported."""

    number: int
    address: Address
    building_text: str
    stair_text: str
    room_text: str
    area: Decimal | None = None
    owners: Sequence[tuple[str, str]] = ()
    certificate: str = ""
    remark: str = ""
    faults: list[Fault] = field(default_factory=list)
    cells: Row = ()


class RosterReader:
    """Walks the rows below the header once. `columns` gives the column of each field, from 0.

    Blank rows, totals, notes and repeated headers are passed over and counted; the area of a 合计 row is kept.
    """

    def __init__(self, header: Row, columns: Mapping[str, int]) -> None:
        self.passed_over = 0
        self.area_stated: Decimal | None = None
        self._header = list(header)
        self._building, self._stair = columns.get("building"), columns.get("stair")
        self._room, self._owner, self._area = columns["room"], columns["owner"], columns["area"]
        self._phone = columns.get("phone")
        self._certificate, self._remark = columns.get("certificate"), columns.get("remark")
        self._seen: dict[Address, int] = {}

    def households(self, rows: Iterable[Row], *, first_number: int) -> Iterator[ParsedRow]:
        """The households in order; the first of `rows` is row `first_number` of the sheet.

        The second of two good rows for one household is a fault, 'duplicate'.
        """
        for number, cells in enumerate(rows, first_number):
            if self._is_no_household(cells):
                self.passed_over += 1
                self.area_stated = self._stated_area(cells) or self.area_stated
                continue
            row = self._read(number, cells)
            first = self._seen.setdefault(row.address, number) if not row.faults else number
            if first != number:
                row.faults.append(
                    Fault(
                        "duplicate",
                        str(row.address),
                        f"与第 {first} 行是同一户。共有人请写在同一格，用顿号分开；否则请删去一行。",
                    )
                )
            if row.faults:
                row.cells = cells
            yield row

    def _is_no_household(self, cells: Row) -> bool:
        """A blank row, a total, a note below the table, or the header once more on the next printed page."""
        if not (_filled(cells[self._room]) or _filled(cells[self._owner]) or _filled(cells[self._area])):
            return True
        first = cells[0] if _filled(cells[0]) else next(filter(_filled, cells))
        return isinstance(first, str) and (_TOTALS.match(first) is not None or cells == self._header)

    def _stated_area(self, cells: Row) -> Decimal | None:
        if not _filled(cells[self._area]):
            return None
        try:
            return parse_area(cells[self._area])
        except DomainError:
            return None

    def _read(self, number: int, cells: Row) -> ParsedRow:
        building = "" if self._building is None else cells[self._building]
        stair = "" if self._stair is None else cells[self._stair]
        room = cells[self._room]
        address = address_key(building, stair, room)
        # A cell that held the whole address was taken apart: of it, only the room's part is the room's text.
        room_text = cell_text(room) if room_key(room) == address.room else address.room
        row = ParsedRow(number, address, _repeated_text(building), _repeated_text(stair), room_text)
        self._check_address(row)
        try:
            row.area = parse_area(cells[self._area])
        except DomainError as error:
            row.faults.append(Fault("area", cell_text(cells[self._area]), error.message))
        phones = [] if self._phone is None else self._read_phones(row, cells[self._phone])
        self._read_owners(row, cells[self._owner], phones)
        if self._certificate is not None:
            row.certificate = self._text(row, "certificate", cells[self._certificate])
        if self._remark is not None:
            row.remark = self._text(row, "remark", cells[self._remark])
        return row

    @staticmethod
    def _check_address(row: ParsedRow) -> None:
        building, stair, room = row.address
        if not building:
            row.faults.append(Fault("building", row.building_text, "缺少楼栋，请填写楼栋，或把房号写成 3-101。"))
        if not room:
            row.faults.append(Fault("room", row.room_text, "缺少房号。"))
        if len(building) > _LONGEST_KEY:
            row.faults.append(Fault("building", row.building_text[:40], "楼栋太长，请核对是否填错栏。"))
        if len(stair) > _LONGEST_KEY:
            row.faults.append(Fault("stair", row.stair_text[:40], "单元太长，请核对是否填错栏。"))
        if len(room) > _LONGEST_KEY or len(row.room_text) > _LONGEST_ROOM_TEXT:
            row.faults.append(Fault("room", row.room_text[:40], "房号太长，请核对是否填错栏。"))

    @staticmethod
    def _read_owners(row: ParsedRow, written: Cell, phones: Sequence[str]) -> None:
        names = split_owners(written if isinstance(written, str) else cell_text(written))
        if not names:
            row.faults.append(Fault("owner", cell_text(written), "缺少业主姓名；未售出的请填开发企业名称。"))
        elif len(names) > _MOST_OWNERS or max(map(len, names)) > _LONGEST_NAME:
            row.faults.append(Fault("owner", cell_text(written)[:40], "业主姓名太长或太多，请核对是否填错栏。"))
        elif len(phones) == len(names):
            row.owners = list(zip(names, phones, strict=True))
        elif len(phones) <= 1:
            # A single number is the first owner's.
            row.owners = [(name, "") for name in names]
            if phones:
                row.owners[0] = (names[0], phones[0])
        else:
            reason = f"有 {len(names)} 位业主、{len(phones)} 个电话，请逐人对应，或只留一个。"
            row.faults.append(Fault("phone", "、".join(phones), reason))

    @staticmethod
    def _read_phones(row: ParsedRow, written: Cell) -> list[str]:
        if not isinstance(written, str) or MOBILE.fullmatch(written):
            parts: Sequence[Cell] = [written]
        else:
            parts = [part for part in _PHONE_SEPARATORS.split(written.strip()) if part.strip(_NO_PHONE)]
        try:
            return [parse_phone(part) for part in parts]
        except DomainError as error:
            row.faults.append(Fault("phone", cell_text(written), error.message))
            return []

    @staticmethod
    def _text(row: ParsedRow, name: str, written: Cell) -> str:
        text = cell_text(written)
        if len(text) > _LONGEST[name]:
            row.faults.append(Fault(name, text[:40], f"{LABELS[name]}超过 {_LONGEST[name]} 字。"))
        return text


def _filled(cell: Cell) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else True
