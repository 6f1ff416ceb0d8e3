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
from supervision.services.policies import numbers_of

# The unique constraints say what is there already: a look-up per row would, while thousands of rows are being written,
# read the growing table again and again.
#
# Steps of the days since the last sweep for every obligation, and all steps of those the sweep has just changed.
# `due_on` is the step's own day: so many days before the deadline, or the day after it.
_FALLEN_DUE = """
WITH step AS (
    SELECT * FROM unnest(%(policy_id)s::bigint[], %(step)s::text[], %(days)s::int[]) AS s (policy_id, step, days)
),
changed AS (
    SELECT id FROM supervision_obligation WHERE id > %(after)s
  UNION
    SELECT unnest(%(ids)s::bigint[])
),
considered AS (
    SELECT o.id, o.duty, o.opened_on, o.fulfilled_at, o.released_on, s.step, o.deadline_on - s.days AS step_on
    FROM step s JOIN supervision_obligation o
      ON o.policy_id = s.policy_id
     AND o.deadline_on BETWEEN coalesce(%(since)s::date, '-infinity') + s.days AND %(on)s::date + s.days
  UNION ALL
    SELECT o.id, o.duty, o.opened_on, o.fulfilled_at, o.released_on, s.step, o.deadline_on - s.days AS step_on
    FROM changed JOIN supervision_obligation o USING (id) JOIN step s USING (policy_id)
    WHERE o.deadline_on - s.days <= %(on)s
),
fallen_due AS (
    SELECT * FROM considered
    WHERE step_on >= opened_on
      AND (fulfilled_at IS NULL OR fulfilled_at >= step_on::timestamp AT TIME ZONE 'Asia/Shanghai')
      AND (released_on IS NULL OR released_on > step_on)
)
"""
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
    SELECT coalesce(f.fulfilled_at, f.released_on::timestamp AT TIME ZONE 'Asia/Shanghai') AS moot_at
) m
WHERE f.step = %(overdue)s
ON CONFLICT DO NOTHING
"""
)
_SETTLE = """
UPDATE supervision_proposal p
SET decision = CASE WHEN o.released_on IS NULL THEN '' ELSE 'moot' END,
    decided_at = o.released_on::timestamp AT TIME ZONE 'Asia/Shanghai'
FROM supervision_obligation o
WHERE o.id = p.obligation_id AND o.id = ANY(%(ids)s::bigint[]) AND o.fulfilled_at IS NULL
  AND p.decision IN ('', 'moot') AND p.decided_by_id IS NULL
"""


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


def propose(policies: Iterable[Policy], *, touched: Touched, since: date | None, on: date) -> int:
    """Propose to urge whoever became overdue from `since` until `on`; the plan lets the town urge (方案四（三）1).

    Returns how many are new; two statements.
    """
    clauses = {"duty": [duty.value for duty in Duty], "clause": [clause_of(duty) for duty in Duty]}
    parameters = steps_of(policies) | touched.parameters | clauses | {"since": since, "on": on, "overdue": OVERDUE_STEP}
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, touched.parameters)
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
