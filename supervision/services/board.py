"""The board's rollup: counts per village, duty, period and deadline, recounted wherever obligations change."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from supervision.models import Obligation


@dataclass(frozen=True)
class Touched:
    """The obligations an act has changed: those newer than `after`, and those listed."""

    after: int
    ids: tuple[int, ...] = ()

    @classmethod
    def only(cls, obligation: Obligation) -> "Touched":
        return cls(after=2**62, ids=(obligation.pk,))

    @property
    def parameters(self) -> dict[str, Any]:
        return {"after": self.after, "ids": list(self.ids)}


# Two who finish in the same village at once must not both count without the other: whoever counts holds the cell's
# lock first, and the count is a later statement, so that it sees what was committed meanwhile. All deadlines of a
# duty's period in the village are recounted: where an extension moved some, they left another cell.
_TOUCHED = """
WITH changed AS (
    SELECT id FROM supervision_obligation WHERE id > %(after)s
  UNION
    SELECT unnest(%(ids)s::bigint[])
),
touched AS (
    SELECT DISTINCT o.town_id, c.village_id, o.duty, o.period, o.deadline_on
    FROM supervision_obligation o JOIN changed USING (id) LEFT JOIN communities_compound c ON c.id = o.compound_id
)
"""
_MAKE = (
    _TOUCHED
    + """
INSERT INTO supervision_boardcell
    (town_id, village_id, duty, period, deadline_on, total, done_on_time, done_late, unposted, corrected_late)
SELECT town_id, village_id, duty, period, deadline_on, 0, 0, 0, 0, 0 FROM touched
ON CONFLICT DO NOTHING
"""
)
_LOCK = (
    _TOUCHED
    + """
SELECT b.id, b.town_id, coalesce(b.village_id, 0), b.duty, b.period
FROM supervision_boardcell b JOIN touched t
  ON t.town_id = b.town_id AND coalesce(t.village_id, 0) = coalesce(b.village_id, 0)
 AND t.duty = b.duty AND t.period = b.period
ORDER BY b.id
FOR UPDATE OF b
"""
)
_COUNT = """
WITH wanted AS (
    SELECT * FROM unnest(%(towns)s::bigint[], %(duties)s::text[], %(periods)s::text[]) AS w (town_id, duty, period)
),
counted AS (
    SELECT o.town_id, coalesce(c.village_id, 0) AS village_id, o.duty, o.period, o.deadline_on,
           count(*) FILTER (WHERE o.released_on IS NULL) AS total,
           count(*) FILTER (WHERE o.fulfilled_at < d.late_from) AS done_on_time,
           count(*) FILTER (WHERE o.fulfilled_at >= d.late_from) AS done_late,
           count(*) FILTER (WHERE o.progress = 'unposted' AND o.fulfilled_at IS NULL AND o.released_on IS NULL)
               AS unposted,
           count(*) FILTER (WHERE o.corrected_late_at IS NOT NULL) AS corrected_late
    FROM wanted JOIN supervision_obligation o USING (town_id, duty, period)
    LEFT JOIN communities_compound c ON c.id = o.compound_id
    CROSS JOIN LATERAL (
        SELECT (o.deadline_on + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS late_from
    ) d
    WHERE coalesce(c.village_id, 0) = ANY(%(villages)s::bigint[])
    GROUP BY o.town_id, coalesce(c.village_id, 0), o.duty, o.period, o.deadline_on
)
UPDATE supervision_boardcell b
SET total = n.total, done_on_time = n.done_on_time, done_late = n.done_late,
    unposted = n.unposted, corrected_late = n.corrected_late
FROM counted n
WHERE b.id = ANY(%(cells)s::bigint[])
  AND b.town_id = n.town_id AND coalesce(b.village_id, 0) = n.village_id
  AND b.duty = n.duty AND b.period = n.period AND b.deadline_on = n.deadline_on
"""
# A cell nothing falls into any more, because an extension moved all its deadlines. Whoever could count in it would
# hold the lock of an obligation in it.
_EMPTY = """
DELETE FROM supervision_boardcell b
WHERE b.id = ANY(%(cells)s::bigint[]) AND NOT EXISTS (
    SELECT FROM supervision_obligation o LEFT JOIN communities_compound c ON c.id = o.compound_id
    WHERE o.town_id = b.town_id AND o.duty = b.duty AND o.period = b.period AND o.deadline_on = b.deadline_on
      AND coalesce(c.village_id, 0) = coalesce(b.village_id, 0)
)
"""


def refresh_cells(touched: Touched, *, has_moved: bool = False) -> None:
    """Recount the cells of the obligations that changed, in three statements however many they are.

    To be called inside the transaction of the change. Released obligations are no longer owed and count nowhere.
    Where deadlines moved, cells left empty go, in a fourth.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, touched.parameters)
        cursor.execute(_LOCK, touched.parameters)
        cells = cursor.fetchall()
        wanted = sorted({(town, duty, period) for _, town, _, duty, period in cells})
        cursor.execute(
            _COUNT,
            {
                "cells": [cell for cell, *_ in cells],
                "villages": sorted({village for _, _, village, _, _ in cells}),
                "towns": [town for town, _, _ in wanted],
                "duties": [duty for _, duty, _ in wanted],
                "periods": [period for _, _, period in wanted],
            },
        )
        if has_moved:
            cursor.execute(_EMPTY, {"cells": [cell for cell, *_ in cells]})
