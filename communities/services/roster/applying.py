"""Writing a previewed import into the register, in a handful of statements whatever the number of rows.

Nothing is deleted: an ownership that ends gets its last day, the one that follows begins the day after.
"""

from collections.abc import Callable
from datetime import date

from django.db import connection

from communities.models import RosterImport

_BUILDINGS = """
    INSERT INTO communities_building (compound_id, key, text)
    SELECT DISTINCT ON (building_key) %(compound)s, building_key,
           CASE WHEN building_text ~ '^[0-9]*$' THEN building_key || '号楼' ELSE building_text END
    FROM communities_rosterrow
    WHERE roster_import_id = %(job)s AND fate = 'new'
    ORDER BY building_key, building_text ~ '^[0-9]*$', number
    ON CONFLICT DO NOTHING
"""
_STAIRS = """
    INSERT INTO communities_stair (building_id, key, text)
    SELECT DISTINCT ON (b.id, r.stair_key) b.id, r.stair_key,
           CASE WHEN r.stair_text ~ '^[0-9]*$' THEN r.stair_key || '单元' ELSE r.stair_text END
    FROM communities_rosterrow r
    JOIN communities_building b ON b.compound_id = %(compound)s AND b.key = r.building_key
    WHERE r.roster_import_id = %(job)s AND r.fate = 'new' AND r.stair_key <> ''
    ORDER BY b.id, r.stair_key, r.stair_text ~ '^[0-9]*$', r.number
    ON CONFLICT DO NOTHING
"""
_UNITS = """
    INSERT INTO communities_unit (public_id, building_id, stair_id, room_key, room_text, area, certificate, remark)
    SELECT r.unit_public_id, b.id, s.id, r.room_key, r.room_text, r.area, r.certificate, r.remark
    FROM communities_rosterrow r
    JOIN communities_building b ON b.compound_id = %(compound)s AND b.key = r.building_key
    LEFT JOIN communities_stair s ON s.building_id = b.id AND s.key = r.stair_key
    WHERE r.roster_import_id = %(job)s AND r.fate = 'new'
    ORDER BY r.number
"""
_FACTS = """
    UPDATE communities_unit u
    SET area = r.area,
        certificate = coalesce(nullif(r.certificate, ''), u.certificate),
        remark = coalesce(nullif(r.remark, ''), u.remark)
    FROM communities_rosterrow r
    WHERE r.roster_import_id = %(job)s AND r.fate = 'changed' AND u.public_id = r.unit_public_id
"""
_PHONES = """
    UPDATE communities_owner o
    SET phone = h.phone
    FROM communities_rosterrow r
    CROSS JOIN LATERAL ROWS FROM (
        jsonb_to_recordset(r.owners) AS (name text, phone text, kind text, owner text, act text)
    ) WITH ORDINALITY AS h (name, phone, kind, owner, act, place)
    WHERE r.roster_import_id = %(job)s AND r.fate = 'changed' AND h.act = 'rephone' AND o.public_id = h.owner
"""
_OWNERS = """
    INSERT INTO communities_owner (public_id, compound_id, name, phone, kind)
    SELECT h.owner, %(compound)s, h.name, h.phone, h.kind
    FROM communities_rosterrow r
    CROSS JOIN LATERAL ROWS FROM (
        jsonb_to_recordset(r.owners) AS (name text, phone text, kind text, owner text, act text)
    ) WITH ORDINALITY AS h (name, phone, kind, owner, act, place)
    WHERE r.roster_import_id = %(job)s AND r.fate IN ('new', 'changed') AND h.act = 'found'
    ORDER BY r.number, h.place
"""
_ENDINGS = """
    UPDATE communities_ownership o
    SET until_on = greatest(o.from_on, %(on)s::date - 1)
    FROM communities_rosterrow r
    CROSS JOIN LATERAL jsonb_array_elements_text(r.leaving) AS leaving (id)
    WHERE r.roster_import_id = %(job)s AND r.fate = 'changed' AND o.id = leaving.id::bigint
"""
# Since when the owner of a home entered for the first time has held it, the roster does not say.
_OWNERSHIPS = """
    INSERT INTO communities_ownership (unit_id, owner_id, from_on)
    SELECT u.id, o.id, CASE WHEN r.fate = 'changed' THEN %(on)s::date END
    FROM communities_rosterrow r
    CROSS JOIN LATERAL ROWS FROM (
        jsonb_to_recordset(r.owners) AS (name text, phone text, kind text, owner text, act text)
    ) WITH ORDINALITY AS h (name, phone, kind, owner, act, place)
    JOIN communities_unit u ON u.public_id = r.unit_public_id
    JOIN communities_owner o ON o.public_id = h.owner
    WHERE r.roster_import_id = %(job)s AND r.fate IN ('new', 'changed') AND h.act IN ('join', 'found')
    ORDER BY r.number, h.place
"""
# Phones change before new owners come: one may bear the number another has just given up.
_STEPS = (_BUILDINGS, _STAIRS, _UNITS, _FACTS, _PHONES, _OWNERS, _ENDINGS, _OWNERSHIPS)


def write_register(job: RosterImport, *, on: date, on_progress: Callable[[int], None]) -> None:
    """Create and change what the staged rows say. `on` is the first day of the ownerships that begin by a change.

    The caller holds the register's lock and has compared its fingerprint.
    """
    parameters: dict[str, int | date] = {"job": job.pk, "compound": job.compound_id, "on": on}
    with connection.cursor() as cursor:
        # The planner knows nothing about rows that were copied a moment ago.
        cursor.execute("ANALYZE communities_rosterrow (roster_import_id, fate)")
        for number, statement in enumerate(_STEPS, 1):
            cursor.execute(statement, parameters)
            on_progress(job.rows_total * number // len(_STEPS))
