"""The rows of an import between the database and the comparison: read set-wise, written by COPY."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO

from django.db import connection

from communities.models import Compound, Owner, RosterImport, RosterRow, Unit
from communities.services.roster.comparing import Holder, Holding, Household, Outcome, Register
from communities.services.roster.parsing import ParsedRow
from kernel.fields import UNMISTAKABLE
from kernel.rooms import Address
from kernel.text import cell_text

Fate = RosterRow.Fate

_HOUSEHOLDS = """
    SELECT u.id, u.public_id, b.key, coalesce(s.key, ''), u.room_key, u.area, u.certificate, u.remark
    FROM communities_unit u
    JOIN communities_building b ON b.id = u.building_id
    LEFT JOIN communities_stair s ON s.id = u.stair_id
    WHERE b.compound_id = %s
      AND (b.key, coalesce(s.key, ''), u.room_key) IN (SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]))
"""
_HOLDINGS = """
    SELECT h.unit_id, h.id, o.public_id, o.name, o.phone
    FROM communities_ownership h
    JOIN communities_owner o ON o.id = h.owner_id
    WHERE h.unit_id = ANY(%s) AND (h.until_on IS NULL OR h.until_on >= %s)
    ORDER BY h.id
"""
_IDENTITIES = """
    SELECT name, phone, public_id
    FROM communities_owner
    WHERE compound_id = %s AND phone <> '' AND (name, phone) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
# Changes whenever anything that a comparison reads has changed; counts and sums do not depend on the order of rows.
_FINGERPRINT = """
    SELECT md5(concat_ws('.',
        (SELECT concat_ws(':', count(*), sum(hashtextextended(concat_ws('|', u.public_id, b.key, s.key, u.room_key,
                                                                       u.area, u.certificate, u.remark), 0)))
         FROM communities_unit u
         JOIN communities_building b ON b.id = u.building_id
         LEFT JOIN communities_stair s ON s.id = u.stair_id
         WHERE b.compound_id = %(compound)s),
        (SELECT concat_ws(':', count(*), sum(hashtextextended(concat_ws('|', h.id, h.until_on), 0)))
         FROM communities_ownership h
         JOIN communities_owner o ON o.id = h.owner_id
         WHERE o.compound_id = %(compound)s),
        (SELECT concat_ws(':', count(*), sum(hashtextextended(concat_ws('|', public_id, name, phone), 0)))
         FROM communities_owner
         WHERE compound_id = %(compound)s)))
"""


def lock_register(compound: Compound) -> None:
    """One import at a time compares with or writes into a compound's register; held to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"roster of compound {compound.pk}"])


def fingerprint_of(compound: Compound) -> str:
    """A short text that differs whenever the register differs."""
    with connection.cursor() as cursor:
        cursor.execute(_FINGERPRINT, {"compound": compound.pk})
        return str(cursor.fetchone()[0])


class RegisterReader:
    """Reads a compound's register by the rows at hand, so that its size does not matter for memory."""

    def __init__(self, compound: Compound, *, on: date) -> None:
        self._compound, self._on = compound, on
        self.size = Unit.objects.filter(building__compound=compound).count()
        self._is_empty = not (self.size or Owner.objects.filter(compound=compound).exists())
        self.register = Register()

    def look_up(self, rows: Sequence[ParsedRow]) -> None:
        """Put the homes of these rows, and the newcomers they name, into the register; in three statements."""
        self.register.households.clear()
        if self._is_empty:
            return
        by_key: dict[int, Household] = {}
        with connection.cursor() as cursor:
            cursor.execute(_HOUSEHOLDS, [self._compound.pk, *_columns((row.address for row in rows), 3)])
            for key, public_id, building, stair, room, area, certificate, remark in cursor:
                by_key[key] = Household(public_id, area, certificate, remark)
                self.register.households[Address(building, stair, room)] = by_key[key]
            cursor.execute(_HOLDINGS, [list(by_key), self._on])
            for unit, *holding in cursor:
                by_key[unit].holdings.append(Holding(*holding))
            cursor.execute(_IDENTITIES, [self._compound.pk, *_columns(self._newcomers(rows), 2)])
            for name, phone, public_id in cursor:
                self.register.identities[name, phone] = public_id

    def _newcomers(self, rows: Sequence[ParsedRow]) -> Iterator[tuple[str, str]]:
        """Owners with a phone whom the register does not have, so, in that home."""
        for row in rows:
            household = self.register.households.get(row.address)
            held = {(one.name, one.phone) for one in household.holdings} if household else set()
            yield from (owner for owner in row.owners if owner[1] and owner not in held)


def _columns(rows: Iterable[Sequence[str]], width: int) -> list[list[str]]:
    """Rows turned into columns, also where there are none."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def public_ids(batch: int = 2_000) -> Iterator[str]:
    """Endless random public ids, as good as `kernel.fields.new_public_id` and made many at a time."""
    # 256 is a multiple of 32: every character is equally likely.
    alphabet = bytes(UNMISTAKABLE.encode()[byte % len(UNMISTAKABLE)] for byte in range(256))
    while True:
        text = os.urandom(16 * batch).translate(alphabet).decode()
        for start in range(0, len(text), 16):
            yield text[start : start + 16]


_COLUMNS = (
    "roster_import_id", "number", "fate", "building_key", "building_text", "stair_key", "stair_text", "room_key",
    "room_text", "area", "certificate", "remark", "unit_public_id", "owners", "leaving", "changes", "faults", "cells",
)  # fmt: skip
_COPY = f"COPY {RosterRow._meta.db_table} ({', '.join(_COLUMNS)}) FROM STDIN"
_NULL = r"\N"


class Stage:
    """Collects lines of an import, sends them to the staging table some thousands at a time, and counts them by fate.

    Whatever an earlier preview of the same import left there is forgotten. `area` is that of the good rows.
    """

    def __init__(self, job: RosterImport) -> None:
        self.counts: Counter[Fate] = Counter()
        self.area = Decimal(0)
        self._key = job.pk
        self._lines: list[str] = []
        RosterRow.objects.filter(roster_import=job).delete()

    def add(self, outcome: Outcome) -> None:
        """A good row with what would become of it."""
        fate = Fate.NEW if outcome.is_new else Fate.CHANGED if outcome.changes else Fate.SAME
        self.area += outcome.row.area or 0
        owners = f"[{','.join(map(_holder_json, outcome.holders))}]"
        leaving = _json(outcome.leaving) if outcome.leaving else _NULL
        changes = _json(outcome.changes) if outcome.changes else _NULL
        self._line(outcome.row, fate, outcome.unit, owners, leaving, changes, _NULL, _NULL)

    def add_bad(self, row: ParsedRow) -> None:
        """A row that will not be imported, with its faults and its own cells."""
        faults = _json([(fault.label, fault.written, fault.reason) for fault in row.faults])
        cells = _json([cell_text(cell) for cell in row.cells])
        self._line(row, Fate.BAD, "", "[]", _NULL, _NULL, faults, cells)

    def _line(self, row: ParsedRow, fate: Fate, unit: str, *json_columns: str) -> None:
        self.counts[fate] += 1
        building, stair, room = row.address
        # Only in a wrong row, and where it is wrong, a text is longer than its column.
        told = (
            *(building[:20], row.building_text[:40], stair[:20], row.stair_text[:40], room[:20], row.room_text[:40]),
            *(_NULL if row.area is None else str(row.area), row.certificate[:80], row.remark[:200], unit),
        )
        line = "\t".join(told)
        if "\\" in line:
            line = "\t".join(_NULL if text is _NULL else _text(text) for text in told)
        self._lines.append("\t".join((str(self._key), str(row.number), fate.value, line, *json_columns)))

    def send(self) -> None:
        """Write what was collected."""
        if self._lines:
            with connection.cursor() as cursor:
                cursor.copy_expert(_COPY, StringIO("\n".join(self._lines)))
            self._lines.clear()


def _text(value: str) -> str:
    """Texts were cleaned of tabs and line breaks when they were read."""
    return value.replace("\\", "\\\\") if "\\" in value else value


_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def _holder_json(holder: Holder) -> str:
    """As `_json` of its fields; only the name may need escaping."""
    name, phone, kind, owner, act = holder
    quoted = f'"{name}"' if '"' not in name and "\\" not in name else _json(name)
    return f'{{"name":{quoted},"phone":"{phone}","kind":"{kind}","owner":"{owner}","act":"{act}"}}'


def _json(value: object) -> str:
    return _text(_encode(value))
