"""One message per officer and cadre about the proposals that wait for their decision (方案四（三）1: 镇、村督促)."""

from datetime import date
from typing import Any

from django.db import connection

from notices.models import Message
from notices.services import Digest, send_digests
from supervision.permissions import DECIDE_URGING
from supervision.rules import Duty

_MOST_LINES = 10

_NEWEST = "SELECT coalesce(max(id), 0) FROM supervision_proposal"

# What the sweep has just proposed waits for a decision: the town's officers and the village's cadres, each
# told of what is theirs. The town's own bodies are not urged.
_DIGESTS = """
WITH duty AS (SELECT * FROM unnest(%(duty)s::text[], %(duty_label)s::text[]) AS d (duty, label)),
new AS (
    SELECT p.id, o.town_id, c.village_id, o.deadline_on, c.name || d.label AS title
    FROM supervision_proposal p
    JOIN supervision_obligation o ON o.id = p.obligation_id AND o.fulfilled_at IS NULL AND o.released_on IS NULL
    JOIN duty d USING (duty)
    JOIN communities_compound c ON c.id = o.compound_id
    LEFT JOIN communities_body b ON b.id = o.bearer_body_id
    WHERE p.id > %(after)s AND p.act = 'urge' AND p.decision = ''
      AND (o.bearer_firm_id IS NOT NULL OR b.compound_id IS NOT NULL)
),
decider AS (
    SELECT DISTINCT a.user_id, b.town_id, b.village_id
    FROM communities_post p
    JOIN communities_body b ON b.id = p.body_id AND b.from_on <= %(on)s AND coalesce(b.ended_on, 'infinity') >= %(on)s
    JOIN communities_appointment a ON a.post_id = p.id
    JOIN accounts_user u ON u.id = a.user_id AND u.is_active
    WHERE p.role = ANY(%(roles)s) AND a.from_on <= %(on)s AND coalesce(a.until_on, 'infinity') >= %(on)s
      AND NOT coalesce(a.suspended_from_on <= %(on)s AND coalesce(a.suspended_until_on, 'infinity') >= %(on)s, false)
),
addressed AS (
    SELECT DISTINCT d.user_id, new.id, new.deadline_on, new.title
    FROM decider d JOIN new ON new.town_id = d.town_id AND (d.village_id IS NULL OR d.village_id = new.village_id)
),
placed AS (
    SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY deadline_on, id) AS place FROM addressed
)
SELECT user_id, count(*), string_agg(title, E'\\n' ORDER BY place) FILTER (WHERE place <= %(most)s)
FROM placed GROUP BY user_id ORDER BY user_id
"""


def newest_proposal() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        return int(cursor.fetchone()[0])


def tell_deciders(*, after: int, on: date) -> int:
    """Send each one message about the proposals newer than `after`; how many people. Three statements at most."""
    parameters: dict[str, Any] = {
        "after": after,
        "on": on,
        "most": _MOST_LINES,
        "roles": [role.value for role in DECIDE_URGING],
        "duty": [duty.value for duty in Duty],
        "duty_label": [str(duty.label) for duty in Duty],
    }
    with connection.cursor() as cursor:
        cursor.execute(_DIGESTS, parameters)
        digests = [_digest(*row) for row in cursor.fetchall()]
    return send_digests(digests, dedupe_key=f"deciding:{on}:{after}")


def _digest(user_id: int, count: int, lines: str) -> Digest:
    rest = f"\n另有 {count - _MOST_LINES} 件。" if count > _MOST_LINES else ""
    return Digest(
        recipient_id=user_id,
        kind=Message.Kind.TASK,
        title=f"{count} 件逾期事项等您决定是否督促",
        body=f"{lines}{rest}\n请到工作台或“义务事项”逐件或批量督促，不督促的写明理由。",
    )
