"""Helpers for everything with a due day: a policy in force, sweeps of a day, and a dump of all rows to compare."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from communities.models import Town
from kernel.days import start_of
from supervision.models import Policy, SweepRun
from supervision.rules import DEFAULTS, NUMBERS
from supervision.services.sweep import sweep

#: Everything a sweep writes, but for row numbers, random ids and the moments at which rows were written.
_DUMPS = {
    "obligations": """
        SELECT o.duty, o.period, o.period_first_on, o.period_last_on, o.town_id, o.compound_id, o.bearer_body_id,
               o.bearer_firm_id, o.policy_id, o.opened_on, o.due_on, o.deadline_on, o.progress, o.fulfilled_at,
               o.evidence::text, o.corrected_late_at, o.released_on, o.released_reason
        FROM supervision_obligation o""",
    "reminders": """
        SELECT o.duty, o.period, o.compound_id, o.bearer_body_id, o.bearer_firm_id, r.step, r."on"
        FROM supervision_reminder r JOIN supervision_obligation o ON o.id = r.obligation_id""",
    "proposals": """
        SELECT o.duty, o.period, o.compound_id, o.bearer_body_id, o.bearer_firm_id, p.act, p.clause, p.proposed_on,
               p.decision, p.decided_by_id, p.decided_at, p.reason
        FROM supervision_proposal p JOIN supervision_obligation o ON o.id = p.obligation_id""",
    "board": """
        SELECT town_id, village_id, duty, period, deadline_on, total, done_on_time, done_late, unposted, corrected_late
        FROM supervision_boardcell""",
}
_MESSAGES = "SELECT recipient_id, kind, title, body, clause, subject::text FROM notices_message"


def rows(*, with_messages: bool = False) -> dict[str, list[tuple[Any, ...]]]:
    """What stands in the tables, sorted."""
    queries = _DUMPS | ({"messages": _MESSAGES} if with_messages else {})
    found = {}
    with connection.cursor() as cursor:
        for name, query in queries.items():
            cursor.execute(query)
            found[name] = sorted(cursor.fetchall(), key=repr)
    return found


def noon(day: date) -> datetime:
    return start_of(day) + timedelta(hours=12)


def sweep_on(day: date) -> SweepRun:
    """The sweep as it runs at noon of a day."""
    return sweep(day, at=noon(day))


def policy_for(
    town: Town,
    from_on: date,
    until_on: date | None = None,
    *,
    number: str = "示例政〔2026〕1号",
    confirmed: bool = True,
    **numbers: int,
) -> Policy:
    """A policy with the plan's numbers but for those given."""
    moment = start_of(from_on)
    policy = Policy.objects.create(
        town=town,
        number=number,
        title="示例文件",
        kind=Policy.Kind.ORIGINAL,
        from_on=from_on,
        until_on=until_on,
        entered_at=moment,
        confirmed_at=moment if confirmed else None,
    )
    whole = DEFAULTS | numbers
    policy.numbers.bulk_create(
        policy.numbers.model(policy=policy, key=number.key, value=whole[number.key], source="local", clause="")
        for number in NUMBERS
    )
    return policy
