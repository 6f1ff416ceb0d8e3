"""One message per person and sweep that lists everything new, never a flood."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection

from kernel.fields import Reference
from notices.models import Message
from notices.services import Digest, send_digests
from supervision.permissions import BEARERS_PEOPLE, TOWN_BODIES_PEOPLE
from supervision.rules import Duty, clause_of
from supervision.services.board import Touched

_MOST_LINES = 30

_NEWEST = "SELECT coalesce(max(id), 0) FROM supervision_reminder"

# `news`: open obligations that are new, or of which a step was written in this run; each is told of once, in today's
# words. `held`: the posts of the bearer, and the day on which holding one counts (of a body that ended, its last day);
# for the town's bodies the posts of its officers, who do the leading group's business too (方案四（一）1).
_DIGESTS = """
WITH new AS (
    SELECT id FROM supervision_obligation WHERE id > %(after)s
  UNION
    SELECT obligation_id FROM supervision_reminder WHERE id > %(after_reminder)s
  UNION
    SELECT unnest(%(also)s::bigint[])
),
duty AS (SELECT * FROM unnest(%(duty)s::text[], %(duty_label)s::text[], %(clause)s::text[]) AS d (duty, label, clause)),
period AS (SELECT * FROM unnest(%(period)s::text[], %(period_label)s::text[]) AS p (period, label)),
news AS (
    SELECT o.id, o.public_id, o.deadline_on, o.compound_id, o.bearer_body_id, o.bearer_firm_id,
           concat_ws(' ', c.name, coalesce(period.label, o.period) || duty.label) AS title,
           CASE WHEN o.deadline_on < %(on)s THEN '已逾期 ' || (%(on)s - o.deadline_on) || ' 天'
                WHEN o.deadline_on = %(on)s THEN '今天截止'
                ELSE '还剩 ' || (o.deadline_on - %(on)s) || ' 天' END
           || '（期限' || to_char(o.deadline_on, 'YYYY"年"FMMM"月"FMDD"日"')
           || coalesce('，原' || to_char(o.unextended_on, 'FMMM"月"FMDD"日"') || '，已延期', '')
           || '；依据：' || duty.clause || '）' AS state
    FROM new JOIN supervision_obligation o USING (id)
    JOIN duty USING (duty)
    LEFT JOIN period USING (period)
    LEFT JOIN communities_compound c ON c.id = o.compound_id
    WHERE o.fulfilled_at IS NULL AND o.released_on IS NULL
),
held AS (
    SELECT p.id AS post_id, %(on)s::date AS held_on, n.id, n.public_id, n.deadline_on, n.title, n.state
    FROM news n JOIN communities_post p ON p.firm_id = n.bearer_firm_id
    WHERE p.role = ANY(%(bearers)s) AND coalesce(p.compound_id, n.compound_id) = n.compound_id
  UNION ALL
    SELECT p.id, least(b.ended_on, %(on)s), n.id, n.public_id, n.deadline_on, n.title, n.state
    FROM news n JOIN communities_body b ON b.id = n.bearer_body_id AND b.kind = 'committee'
    JOIN communities_post p ON p.body_id = b.id
    WHERE p.role = ANY(%(bearers)s)
  UNION ALL
    SELECT p.id, %(on)s, n.id, n.public_id, n.deadline_on, n.title, n.state
    FROM news n JOIN communities_body b ON b.id = n.bearer_body_id AND b.kind <> 'committee'
    JOIN communities_body office ON office.town_id = b.town_id AND office.compound_id IS NULL
    JOIN communities_post p ON p.body_id = office.id
    WHERE p.role = ANY(%(officers)s)
),
addressed AS (
    SELECT DISTINCT ON (a.user_id, held.deadline_on, held.id)
           a.user_id, held.id, held.public_id, held.deadline_on, held.title, held.state
    FROM held
    JOIN communities_appointment a USING (post_id)
    JOIN accounts_user u ON u.id = a.user_id AND u.is_active
    WHERE a.from_on <= held.held_on AND coalesce(a.until_on, 'infinity') >= held.held_on
      AND NOT coalesce(a.suspended_from_on <= %(on)s AND coalesce(a.suspended_until_on, 'infinity') >= %(on)s, false)
    ORDER BY a.user_id, held.deadline_on, held.id
),
placed AS (
    SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY deadline_on, id) AS place FROM addressed
)
SELECT user_id, count(*), count(*) FILTER (WHERE deadline_on < %(on)s),
       string_agg(title || '：' || state, E'\\n' ORDER BY place) FILTER (WHERE place <= %(most)s),
       min(title) FILTER (WHERE place = 1), min(public_id) FILTER (WHERE place = 1)
FROM placed GROUP BY user_id ORDER BY user_id
"""


def newest_reminder() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        return int(cursor.fetchone()[0])


def tell_bearers(
    *,
    touched: Touched,
    after_reminder: int,
    periods: Mapping[str, str],
    on: date,
    run: str,
    also: Sequence[int] = (),
    heading: str = "待办",
) -> int:
    """Send each person concerned one message about what is new since: obligations, reminders, lateness.

    `also` are ids of further obligations to tell of, `heading` the word in the title. `periods` are
    the labels by period code, `run` names the sweep, so that a repetition sends nothing again.
    Returns how many people were told; two statements.
    """
    parameters: dict[str, Any] = {
        "after": touched.after,
        "after_reminder": after_reminder,
        "also": list(also),
        "on": on,
        "most": _MOST_LINES,
        "bearers": [role.value for role in BEARERS_PEOPLE],
        "officers": [role.value for role in TOWN_BODIES_PEOPLE],
        "duty": [duty.value for duty in Duty],
        "duty_label": [str(duty.label) for duty in Duty],
        "clause": [clause_of(duty) for duty in Duty],
        "period": list(periods),
        "period_label": list(periods.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_DIGESTS, parameters)
        digests = [_digest(heading, *row) for row in cursor.fetchall()]
    return send_digests(digests, dedupe_key=f"sweep:{run}")


def _digest(heading: str, user_id: int, count: int, overdue: int, lines: str, first: str, public_id: str) -> Digest:
    late = f"（{overdue} 件已逾期）" if overdue else ""
    rest = f"\n另有 {count - _MOST_LINES} 件，见“义务事项”。" if count > _MOST_LINES else ""
    return Digest(
        recipient_id=user_id,
        kind=Message.Kind.OVERDUE if overdue else Message.Kind.REMINDER,
        title=f"{count} 件事项{heading}{late}：{first}{'等' if count > 1 else ''}",
        body=lines + rest,
        subject=Reference("supervision.obligation", public_id, first) if count == 1 else None,
    )
