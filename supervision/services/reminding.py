"""Reminders, announcements of lateness and proposals to urge: which steps fell due, each with its own day.

A step is written if the obligation stood unfulfilled at the beginning of the step's day, whenever the sweep runs.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import connection

from kernel.days import late_from, local_day
from supervision.models import Obligation, Policy, Proposal
from supervision.rules import OVERDUE_STEP, REMINDER_STEPS, Duty, clause_of
from supervision.services.board import Touched
from supervision.services.deadlines import CONCERNS, EXTENSION
from supervision.services.policies import numbers_of

# The moment at which the first deadline of `o` no longer counted.
_FIRST_EXTENDED = f"""
    SELECT min(e.confirmed_at) AS void_at
    FROM extension e
    LEFT JOIN communities_compound c ON c.id = o.compound_id
    WHERE o.unextended_on BETWEEN e.from_on AND e.until_on AND {CONCERNS.replace("o.village_id", "c.village_id")}
"""  # noqa: S608 - constants only
# The unique constraints say what is there already: a look-up per row would, while thousands of rows are being written,
# read the growing table again and again.
#
# Steps of the days since the last sweep for every obligation, and all steps of those the sweep has just changed.
# `due_on` is the step's own day: so many days before the deadline, or the day after it. An extended obligation has the
# steps of its first deadline until it was extended (`void_at`), and those of the new one from then on: what would have
# been reminded of before anybody knew the new day is not made up.
_STARTS = "(o.deadline_on - s.days)::timestamp AT TIME ZONE 'Asia/Shanghai'"
_EARLIER_STARTS = _STARTS.replace("deadline_on", "unextended_on")
_FALLEN_DUE = f"""
WITH {EXTENSION},
step AS (
    SELECT * FROM unnest(%(policy_id)s::bigint[], %(step)s::text[], %(days)s::int[]) AS s (policy_id, step, days)
),
changed AS (
    SELECT id FROM supervision_obligation WHERE id > %(after)s
  UNION
    SELECT unnest(%(ids)s::bigint[])
),
considered AS (
    SELECT o.id, o.duty, o.opened_on, o.fulfilled_at, o.released_on, s.step, o.deadline_on - s.days AS step_on,
           NULL::timestamptz AS void_at
    FROM step s JOIN supervision_obligation o
      ON o.policy_id = s.policy_id
     AND o.deadline_on BETWEEN coalesce(%(since)s::date, '-infinity') + s.days AND %(on)s::date + s.days
    LEFT JOIN extension e ON e.id = o.extension_id
    WHERE e.id IS NULL OR s.days < 0 OR {_STARTS} >= e.confirmed_at
  UNION ALL
    SELECT o.id, o.duty, o.opened_on, o.fulfilled_at, o.released_on, s.step, o.deadline_on - s.days, NULL
    FROM changed JOIN supervision_obligation o USING (id) JOIN step s USING (policy_id)
    LEFT JOIN extension e ON e.id = o.extension_id
    WHERE o.deadline_on - s.days <= %(on)s AND (e.id IS NULL OR s.days < 0 OR {_STARTS} >= e.confirmed_at)
  UNION ALL
    SELECT o.id, o.duty, o.opened_on, o.fulfilled_at, o.released_on, s.step, o.unextended_on - s.days, first.void_at
    FROM step s JOIN supervision_obligation o
      ON o.policy_id = s.policy_id AND o.unextended_on IS NOT NULL AND o.unextended_on - s.days <= %(on)s
     AND (o.unextended_on >= coalesce(%(since)s::date, '-infinity') + s.days OR o.id IN (SELECT id FROM changed))
    CROSS JOIN LATERAL ({_FIRST_EXTENDED}) first
    WHERE {_EARLIER_STARTS} < first.void_at
),
fallen_due AS (
    SELECT * FROM considered
    WHERE step_on >= opened_on
      AND (fulfilled_at IS NULL OR fulfilled_at >= step_on::timestamp AT TIME ZONE 'Asia/Shanghai')
      AND (released_on IS NULL OR released_on > step_on)
)
"""  # noqa: S608 - constants only
_REMIND = (
    _FALLEN_DUE
    + """
INSERT INTO supervision_reminder (obligation_id, step, "on", written_at)
SELECT f.id, f.step, f.step_on, %(at)s FROM fallen_due f
ON CONFLICT DO NOTHING
"""
)
# What was done or released since it fell due needs no decision any more: it is proposed and settled at once, with the
# moment at which it became moot.
_PROPOSE = (
    _FALLEN_DUE  # noqa: S608 - constants only
    + """
, clause AS (SELECT * FROM unnest(%(duty)s::text[], %(clause)s::text[]) AS c (duty, clause))
INSERT INTO supervision_proposal (obligation_id, act, clause, proposed_on, decision, decided_at, reason)
SELECT f.id, 'urge', c.clause, f.step_on, CASE WHEN m.moot_at IS NULL THEN '' ELSE 'moot' END, m.moot_at, ''
FROM fallen_due f JOIN clause c USING (duty)
CROSS JOIN LATERAL (
    SELECT least(f.fulfilled_at, f.released_on::timestamp AT TIME ZONE 'Asia/Shanghai', f.void_at) AS moot_at
) m
WHERE f.step = %(overdue)s
ON CONFLICT DO NOTHING
"""
)
# A proposal stands while its bearer owes and the deadline it names is the one that counts.
_SETTLE = f"""
WITH {EXTENSION},
settled AS (
    SELECT p.id, o.released_on IS NULL AND p.proposed_on = o.deadline_on + 1 AS stands,
           coalesce(o.released_on::timestamp AT TIME ZONE 'Asia/Shanghai', first.void_at, %(at)s) AS moot_at
    FROM supervision_proposal p JOIN supervision_obligation o ON o.id = p.obligation_id
    CROSS JOIN LATERAL ({_FIRST_EXTENDED}) first
    WHERE o.id = ANY(%(ids)s::bigint[]) AND o.fulfilled_at IS NULL
      AND p.decision IN ('', 'moot') AND p.decided_by_id IS NULL
)
UPDATE supervision_proposal p
SET decision = CASE WHEN s.stands THEN '' ELSE 'moot' END, decided_at = CASE WHEN NOT s.stands THEN s.moot_at END
FROM settled s
WHERE s.id = p.id AND s.stands = (p.decision = 'moot')
"""  # noqa: S608 - constants only


def steps_of(policies: Iterable[Policy]) -> dict[str, Any]:
    """For every policy, how many days before the deadline each step falls; the overdue step on the day after."""
    rows = [
        (policy.pk, step, days)
        for policy in policies
        for numbers in (numbers_of(policy),)
        for step, days in [*((step, numbers[step]) for step in REMINDER_STEPS), (OVERDUE_STEP, -1)]
    ]
    return {
        "policy_id": [policy for policy, _, _ in rows],
        "step": [step for _, step, _ in rows],
        "days": [days for _, _, days in rows],
    }


def remind(policies: Iterable[Policy], *, touched: Touched, since: date | None, on: date, at: datetime) -> int:
    """Write the reminders and announcements that fell due from `since` (the last sweep's day) until `on`.

    Returns how many; one statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REMIND, steps_of(policies) | touched.parameters | {"since": since, "on": on, "at": at})
        return cursor.rowcount


def propose(policies: Iterable[Policy], *, touched: Touched, since: date | None, on: date, at: datetime) -> int:
    """Propose to urge whoever became overdue from `since` until `on`; the plan lets the town urge (方案四（三）1).

    Returns how many are new; two statements.
    """
    clauses = {"duty": [duty.value for duty in Duty], "clause": [clause_of(duty) for duty in Duty]}
    parameters = steps_of(policies) | touched.parameters | clauses | {"since": since, "on": on, "overdue": OVERDUE_STEP}
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, touched.parameters | {"at": at})
        cursor.execute(_PROPOSE, parameters)
        return cursor.rowcount


def propose_overdue(obligation: Obligation, *, at: datetime) -> None:
    """Enter the proposal of an obligation already overdue at the moment `at`, where no sweep has yet.

    Whoever urges in the minutes between midnight and the sweep decides the proposal the sweep would make.
    """
    if at >= late_from(obligation.deadline_on):
        proposal = Proposal(
            obligation=obligation,
            act=Proposal.Act.URGE,
            clause=clause_of(obligation.duty),
            proposed_on=local_day(late_from(obligation.deadline_on)),
        )
        Proposal.objects.bulk_create([proposal], ignore_conflicts=True)
