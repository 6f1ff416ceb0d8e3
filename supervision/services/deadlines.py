"""Deadlines that extensions move: in one statement, for what there is and for what the sweep opens later.

Like everything about an obligation the day follows from facts: the day before any extension, the extensions that were
confirmed, and whether the bearer was done before one was withdrawn.
"""

from django.db import connection

from supervision.services.board import Touched

#: Confirmed extensions with their two moments. A query that uses it says WITH RECURSIVE or WITH before it.
EXTENSION = """
extension AS (
    SELECT e.id, e.town_id, e.village_id, e.compound_id, e.duty, e.from_on, e.until_on, e.new_on,
           confirmed.at AS confirmed_at, withdrawn.at AS withdrawn_at
    FROM supervision_extension e
    JOIN supervision_extensionrecord confirmed ON confirmed.extension_id = e.id AND confirmed.kind = 'confirmed'
    LEFT JOIN supervision_extensionrecord withdrawn ON withdrawn.extension_id = e.id AND withdrawn.kind = 'withdrawn'
)
"""
#: Whether extension `e` concerns the obligation `o` (with `village_id`, `fulfilled_at`), whatever its deadline. Who
#: was done before a withdrawal had relied on the extension, and keeps it.
CONCERNS = """
    e.town_id = o.town_id AND e.duty IN ('', o.duty)
    AND (e.village_id IS NULL OR e.village_id = o.village_id)
    AND (e.compound_id IS NULL OR e.compound_id = o.compound_id)
    AND (e.withdrawn_at IS NULL OR o.fulfilled_at < e.withdrawn_at)
"""

# `moved`: from the day before any extension from one to the next, each time to the latest day on offer; every
# extension leads to a day after all it concerns, so that this ends. The rows are locked, so that nobody is done
# unseen between reading and moving.
_MOVE = f"""
WITH RECURSIVE {EXTENSION},
candidate AS (
    SELECT o.id, o.town_id, o.duty, o.compound_id, c.village_id, o.fulfilled_at,
           coalesce(o.unextended_on, o.deadline_on) AS base_on
    FROM supervision_obligation o LEFT JOIN communities_compound c ON c.id = o.compound_id
    WHERE (%(everything)s OR o.id > %(after)s OR o.id = ANY(%(ids)s::bigint[]))
      AND (o.unextended_on IS NOT NULL OR EXISTS (
          SELECT FROM extension e WHERE e.town_id = o.town_id AND o.deadline_on BETWEEN e.from_on AND e.until_on
      ))
    ORDER BY o.id
    FOR UPDATE OF o
),
moved AS (
    SELECT o.*, o.base_on AS deadline_on, NULL::bigint AS extension_id, 0 AS steps FROM candidate o
  UNION ALL
    SELECT o.id, o.town_id, o.duty, o.compound_id, o.village_id, o.fulfilled_at, o.base_on,
           next.new_on, next.id, o.steps + 1
    FROM moved o CROSS JOIN LATERAL (
        SELECT e.id, e.new_on FROM extension e
        WHERE o.deadline_on BETWEEN e.from_on AND e.until_on AND {CONCERNS}
        ORDER BY e.new_on DESC, e.id LIMIT 1
    ) next
),
settled AS (SELECT DISTINCT ON (id) id, base_on, deadline_on, extension_id FROM moved ORDER BY id, steps DESC)
UPDATE supervision_obligation o
SET deadline_on = s.deadline_on,
    unextended_on = CASE WHEN s.extension_id IS NOT NULL THEN s.base_on END,
    extension_id = s.extension_id,
    corrected_late_at = CASE
        WHEN o.corrected_late_at >= (s.deadline_on + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' THEN o.corrected_late_at
    END
FROM settled s
WHERE s.id = o.id AND (o.deadline_on, o.extension_id) IS DISTINCT FROM (s.deadline_on, s.extension_id)
RETURNING o.id
"""  # noqa: S608 - constants only


def move_deadlines(touched: Touched | None = None) -> list[int]:
    """Give the obligations touched, or all where none are named, the deadline the extensions give them.

    Returns the ids of those whose deadline changed; one statement. The caller holds the sweep's lock.
    """
    some = touched or Touched(after=2**62)
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, some.parameters | {"everything": touched is None})
        return [row[0] for row in cursor.fetchall()]
