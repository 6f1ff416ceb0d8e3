"""The rows of an import between the database and the comparison: read set-wise, written by COPY."""

import base64
import json
import os
from collections.abc import Iterable, Iterator
from datetime import date
from io import StringIO

from django.db import connection

from communities.models import Compound, RosterImport, RosterRow
from communities.services.roster.comparing import Holding, Household, Outcome, Register
from communities.services.roster.parsing import ParsedRow
from kernel.fields import UNMISTAKABLE
from kernel.rooms import Address
from kernel.text import cell_text

_HOUSEHOLDS = """
    SELECT u.id, u.public_id, b.key, coalesce(s.key, ''), u.room_key, u.area, u.certificate, u.remark
    FROM communities_unit u
    JOIN communities_building b ON b.id = u.building_id
    LEFT JOIN communities_stair s ON s.id = u.stair_id
    WHERE b.compound_id = %s
"""
_HOLDINGS = """
    SELECT h.unit_id, h.id, o.public_id, o.name, o.phone
    FROM communities_ownership h
    JOIN communities_owner o ON o.id = h.owner_id
    WHERE o.compound_id = %s AND (h.until_on IS NULL OR h.until_on >= %s)
    ORDER BY h.id
"""
_IDENTITIES = "SELECT name, phone, public_id FROM communities_owner WHERE compound_id = %s AND phone <> ''"
# Changes whenever anything that a comparison reads has changed; counts and sums do not depend on the order of rows.
_FINGERPRINT = """
    SELECT concat_ws('.',
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
         WHERE compound_id = %(compound)s))
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


def load_register(compound: Compound, *, on: date) -> Register:
    """The compound's present homes with their current owners, in three statements."""
    register = Register({}, {}, fingerprint_of(compound))
    by_key: dict[int, Household] = {}
    with connection.cursor() as cursor:
        cursor.execute(_HOUSEHOLDS, [compound.pk])
        for key, public_id, building, stair, room, area, certificate, remark in cursor:
            by_key[key] = Household(public_id, area, certificate, remark)
            register.households[Address(building, stair, room)] = by_key[key]
        cursor.execute(_HOLDINGS, [compound.pk, on])
        for unit, *holding in cursor:
            by_key[unit].holdings.append(Holding(*holding))
        cursor.execute(_IDENTITIES, [compound.pk])
        for name, phone, public_id in cursor:
            register.identities[name, phone] = public_id
    return register


def public_ids(batch: int = 2_000) -> Iterator[str]:
    """Endless random public ids, as good as `kernel.fields.new_public_id` and made many at a time."""
    alphabet = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", UNMISTAKABLE.encode())
    while True:
        text = base64.b32encode(os.urandom(10 * batch)).translate(alphabet).decode()
        for start in range(0, len(text), 16):
            yield text[start : start + 16]


_COLUMNS = (
    "roster_import_id", "number", "fate", "building_key", "building_text", "stair_key", "stair_text", "room_key",
    "room_text", "area", "certificate", "remark", "unit_public_id", "owners", "leaving", "changes", "faults", "cells",
)  # fmt: skip
_COPY = f"COPY {RosterRow._meta.db_table} ({', '.join(_COLUMNS)}) FROM STDIN"
_NULL = r"\N"


class Stage:
    """Collects lines of an import and sends them to the staging table, some thousands at a time."""

    def __init__(self, job: RosterImport) -> None:
        self._key = job.pk
        self._lines: list[str] = []

    def clear(self) -> None:
        """Forget what an earlier preview of the same import left."""
        RosterRow.objects.filter(roster_import_id=self._key).delete()

    def add(self, outcome: Outcome) -> None:
        fate = (
            RosterRow.Fate.NEW if outcome.is_new else RosterRow.Fate.CHANGED if outcome.changes else RosterRow.Fate.SAME
        )
        owners = _json([holder._asdict() for holder in outcome.holders])
        leaving = _json(outcome.leaving) if outcome.leaving else _NULL
        changes = _json(outcome.changes) if outcome.changes else _NULL
        self._line(outcome.row, fate, outcome.unit, owners, leaving, changes, _NULL, _NULL)

    def add_bad(self, row: ParsedRow) -> None:
        faults = _json([(fault.label, fault.written, fault.reason) for fault in row.faults])
        cells = _json([cell_text(cell) for cell in row.cells])
        self._line(row, RosterRow.Fate.BAD, "", "[]", _NULL, _NULL, faults, cells)

    def _line(self, row: ParsedRow, fate: str, unit: str, *json_columns: str) -> None:
        building, stair, room = row.address
        texts = (building, row.building_text, stair, row.stair_text, room, row.room_text)
        area = _NULL if row.area is None else str(row.area)
        values = (str(self._key), str(row.number), fate, *map(_text, texts), area)
        tail = (_text(row.certificate), _text(row.remark), unit, *json_columns)
        self._lines.append("\t".join(values + tail))

    def send(self) -> None:
        """Write what was collected."""
        if self._lines:
            with connection.cursor() as cursor:
                cursor.copy_expert(_COPY, StringIO("\n".join(self._lines)))
            self._lines.clear()


def _text(value: str) -> str:
    """Texts were cleaned of tabs and line breaks when they were read."""
    return value.replace("\\", "\\\\") if "\\" in value else value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\\", "\\\\")


def forget_rows(jobs: Iterable[int], *, keeping: Iterable[str] = ()) -> None:
    """Delete staged rows of imports, save those of the fates to keep: personal data stays no longer than needed."""
    RosterRow.objects.filter(roster_import_id__in=list(jobs)).exclude(fate__in=list(keeping)).delete()
