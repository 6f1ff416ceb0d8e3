"""Which obligations exist: derived from who was in office when and which policy was in force, in one statement.

Nothing here depends on when it runs. The rows for a day are the same after a run every ten minutes and after one run
that follows months of silence: the day each obligation arose, its deadline, and the day its bearer was released.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from communities.models import Town
from kernel.periods import Cadence, periods_between
from kernel.workdays import IsWorkday
from supervision.models import Policy
from supervision.rules import LEFT_OFFICE, NEVER_IN_OFFICE, RULES, Opens, deadline
from supervision.services.board import Touched
from supervision.services.policies import numbers_of

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """One duty of one kind of bearer for one period in one town: what the law says, before anybody bears it."""

    town_id: int
    policy_id: int
    duty: str
    bearer: str
    ground: str
    only_pilot: bool
    with_period: bool
    period: str
    first_on: date
    last_on: date
    due_on: date
    deadline_on: date


@dataclass(frozen=True)
class Opened:
    """What a run changed: how many obligations arose and how many bearers were released, and which rows they are."""

    opened: int
    released: int
    touched: Touched


def law_between(
    towns: Iterable[Town], *, policies: Sequence[Policy], since: date | None, on: date, is_workday: IsWorkday
) -> Iterator[Due]:
    """Everything the law makes due for opening from `since` (or the town's first day of supervision) until `on`.

    A period is judged by the confirmed policy in force on the day it opens; without one nothing is due.
    `policies` are the confirmed ones with their numbers.
    """
    for town in towns:
        own = [(policy, numbers_of(policy)) for policy in policies if policy.town_id == town.pk]
        start = max(town.supervised_from_on, since) if since else town.supervised_from_on
        for rule in RULES:
            for period in periods_between(start - _ONE_DAY, on, rule.cadence):
                opens_on = rule.opens_on(period)
                law = next((one for one in own if _in_force(one[0], opens_on)), None)
                if law is None or not start <= opens_on <= on:
                    continue
                if rule.only_whole and period.first < town.supervised_from_on:
                    continue
                policy, numbers = law
                due_on = rule.due(period, numbers, is_workday)
                yield Due(
                    town_id=town.pk,
                    policy_id=policy.pk,
                    duty=rule.duty.value,
                    bearer=rule.bearer.name,
                    ground=rule.ground.name,
                    only_pilot=rule.only_pilot,
                    with_period=rule.opens is Opens.WITH_PERIOD,
                    period=period.code,
                    first_on=period.first,
                    last_on=period.last,
                    due_on=due_on,
                    deadline_on=deadline(due_on, numbers, is_workday),
                )


def _in_force(policy: Policy, on: date) -> bool:
    return policy.from_on <= on and (policy.until_on is None or policy.until_on >= on)


# Sums over the rows do not depend on their order; a changed, new or deleted row changes them.
_FINGERPRINT = """
SELECT
    (SELECT sum(hash_record_extended(ROW(id, village_id), 0)) FROM communities_compound),
    (SELECT sum(hash_record_extended(ROW(id, town_id), 0)) FROM communities_village),
    (SELECT sum(hash_record_extended(ROW(compound_id, firm_id, from_on, ended_on), 0))
       FROM communities_servicecontract),
    (SELECT sum(hash_record_extended(ROW(id, kind, town_id, compound_id, from_on, ended_on), 0))
       FROM communities_body WHERE kind IN ('committee', 'office', 'leading_group')),
    (SELECT sum(hash_record_extended(ROW(compound_id, entered_on, left_on), 0)) FROM supervision_pilotentry),
    (SELECT sum(hash_record_extended(ROW(id, from_on, until_on), 0))
       FROM supervision_policy WHERE confirmed_at IS NOT NULL)
"""


def fingerprint(law: Sequence[Due]) -> str:
    """64 hex digits over the law and every fact obligations follow from."""
    with connection.cursor() as cursor:
        cursor.execute(_FINGERPRINT)
        facts = cursor.fetchone()
    return hashlib.sha256(repr(([astuple(due) for due in law], facts)).encode()).hexdigest()


_NEWEST = "SELECT coalesce(max(id), 0) FROM supervision_obligation"

# `bearing` says who bears what on which days, as a multirange of days; `arising` cuts it to the periods of the law.
#  - A duty after its period belongs to whoever was in office on the period's last day.
#  - A duty within its period arises with the period or with the bearer's first day in office, not on a day without any
#    policy; who leaves before the period's last day is released from the day after.
#  - A deadline is never before the day the obligation arose.
# `change` is what differs from the rows there are: obligations to open, and releases to enter or, where somebody came
# back or the register was corrected, to take back. What was fulfilled stays as it is.
# The public id is sixteen characters of the house's alphabet (kernel.fields), drawn by the database's strong random.
_OPEN_AND_RELEASE = """
WITH due AS (
    SELECT * FROM unnest(
        %(town_id)s::bigint[], %(policy_id)s::bigint[], %(duty)s::text[], %(bearer)s::text[], %(ground)s::text[],
        %(only_pilot)s::boolean[], %(with_period)s::boolean[], %(period)s::text[], %(first_on)s::date[],
        %(last_on)s::date[], %(due_on)s::date[], %(deadline_on)s::date[]
    ) AS d (town_id, policy_id, duty, bearer, ground, only_pilot, with_period, period, first_on, last_on, due_on,
            deadline_on)
),
in_force AS (
    SELECT town_id, range_agg(daterange(from_on, until_on, '[]')) AS days
    FROM supervision_policy WHERE confirmed_at IS NOT NULL GROUP BY town_id
),
place AS NOT MATERIALIZED (
    SELECT c.id AS compound_id, v.town_id
    FROM communities_compound c JOIN communities_village v ON v.id = c.village_id
),
serving AS (
    SELECT compound_id, firm_id, range_agg(daterange(from_on, ended_on, '[]')) AS days
    FROM communities_servicecontract GROUP BY compound_id, firm_id
),
served AS (
    SELECT compound_id, range_agg(daterange(from_on, ended_on, '[]')) AS days
    FROM communities_servicecontract GROUP BY compound_id
),
committee AS NOT MATERIALIZED (
    SELECT id AS body_id, compound_id, datemultirange(daterange(from_on, ended_on, '[]')) AS days
    FROM communities_body WHERE kind = 'committee'
),
represented AS (
    SELECT compound_id, range_agg(days) AS days FROM committee GROUP BY compound_id
),
town_body AS (
    SELECT id AS body_id, town_id, upper(kind) AS bearer, datemultirange(daterange(from_on, ended_on, '[]')) AS days
    FROM communities_body WHERE kind IN ('office', 'leading_group')
),
pilot AS (
    SELECT compound_id, range_agg(daterange(entered_on, left_on, '[]')) AS days
    FROM supervision_pilotentry GROUP BY compound_id
),
bearing_anywhere (bearer, ground, town_id, compound_id, body_id, firm_id, days) AS (
    SELECT 'FIRM', 'COMPOUND_WITH_FIRM', town_id, compound_id, NULL::bigint, firm_id, days
    FROM serving JOIN place USING (compound_id)
  UNION ALL
    SELECT 'COMMITTEE', 'COMPOUND_WITH_COMMITTEE', town_id, compound_id, body_id, NULL, days
    FROM committee JOIN place USING (compound_id)
  UNION ALL
    SELECT 'COMMITTEE', 'COMPOUND_WITHOUT_FIRM', town_id, compound_id, body_id, NULL,
           committee.days - coalesce(served.days, '{}')
    FROM committee JOIN place USING (compound_id) LEFT JOIN served USING (compound_id)
  UNION ALL
    SELECT town_body.bearer, 'COMPOUND_WITH_COMMITTEE', town_id, compound_id, body_id, NULL,
           represented.days * town_body.days
    FROM represented JOIN place USING (compound_id) JOIN town_body USING (town_id)
  UNION ALL
    SELECT town_body.bearer, 'COMPOUND_WITH_FIRM', town_id, compound_id, body_id, NULL, served.days * town_body.days
    FROM served JOIN place USING (compound_id) JOIN town_body USING (town_id)
  UNION ALL
    SELECT bearer, 'TOWN', town_id, NULL, body_id, NULL, days FROM town_body
),
bearing AS (
    SELECT false AS only_pilot, b.* FROM bearing_anywhere b
  UNION ALL
    SELECT true, bearer, ground, town_id, compound_id, body_id, firm_id, b.days * pilot.days
    FROM bearing_anywhere b JOIN pilot USING (compound_id)
),
arising AS (
    SELECT d.town_id, d.policy_id, d.duty, d.period, d.first_on, d.last_on, d.due_on, d.deadline_on,
           b.compound_id, b.body_id, b.firm_id, d.last_on + 1 AS opened_on, NULL::date AS released_on
    FROM due d JOIN bearing b USING (town_id, bearer, ground, only_pilot)
    WHERE NOT d.with_period AND b.days @> d.last_on
  UNION ALL
    SELECT d.town_id, d.policy_id, d.duty, d.period, d.first_on, d.last_on, d.due_on, d.deadline_on,
           b.compound_id, b.body_id, b.firm_id, lower(held.days * in_force.days),
           CASE WHEN upper(held.days) <= least(d.last_on, %(on)s) THEN upper(held.days) END
    FROM due d JOIN bearing b USING (town_id, bearer, ground, only_pilot) JOIN in_force USING (town_id)
    CROSS JOIN LATERAL (
        SELECT b.days * datemultirange(daterange(d.first_on, least(d.last_on, %(on)s), '[]')) AS days
    ) held
    WHERE d.with_period AND NOT isempty(held.days * in_force.days)
),
owed AS (
    SELECT o.id AS obligation_id, o.duty, o.period, o.compound_id, o.bearer_body_id, o.bearer_firm_id, o.opened_on,
           o.fulfilled_at, o.released_on
    FROM supervision_obligation o
    WHERE (o.town_id, o.duty, o.period) IN (SELECT town_id, duty, period FROM due)
),
change AS (
    SELECT a.*, o.obligation_id, a.duty IS NULL AS is_unfounded,
           CASE WHEN a.duty IS NULL THEN o.opened_on ELSE a.released_on END AS ends_on
    FROM arising a FULL JOIN owed o
      ON a.duty = o.duty AND a.period = o.period
     AND coalesce(a.compound_id, 0) = coalesce(o.compound_id, 0)
     AND coalesce(a.body_id, 0) = coalesce(o.bearer_body_id, 0)
     AND coalesce(a.firm_id, 0) = coalesce(o.bearer_firm_id, 0)
    WHERE o.obligation_id IS NULL
       OR (o.fulfilled_at IS NULL
           AND o.released_on IS DISTINCT FROM CASE WHEN a.duty IS NULL THEN o.opened_on ELSE a.released_on END)
),
released AS (
    UPDATE supervision_obligation o
    SET released_on = c.ends_on,
        released_reason = CASE WHEN c.ends_on IS NULL THEN ''
                               WHEN c.is_unfounded THEN %(never_in_office)s
                               ELSE %(left_office)s END
    FROM change c
    WHERE c.obligation_id = o.id AND o.fulfilled_at IS NULL
    RETURNING o.id, o.released_on
),
opened AS (
    INSERT INTO supervision_obligation
        (public_id, duty, period, period_first_on, period_last_on, town_id, compound_id, bearer_body_id,
         bearer_firm_id, policy_id, opened_on, due_on, deadline_on, progress, released_on, released_reason)
    SELECT translate(
               lower(encode(substring(uuid_send(gen_random_uuid()) FROM 3 FOR 12), 'base64')), 'ilou+/', '012345'
           ),
           duty, period, first_on, last_on, town_id, compound_id, body_id, firm_id, policy_id,
           opened_on, due_on, greatest(deadline_on, opened_on), 'none', released_on,
           CASE WHEN released_on IS NULL THEN '' ELSE %(left_office)s END
    FROM change WHERE obligation_id IS NULL
    ON CONFLICT DO NOTHING
    RETURNING released_on
)
SELECT (SELECT count(*) FROM opened),
       (SELECT count(*) FROM opened WHERE released_on IS NOT NULL)
           + (SELECT count(*) FROM released WHERE released_on IS NOT NULL),
       (SELECT coalesce(array_agg(id), '{}') FROM released)
"""


def newest_obligation() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        return int(cursor.fetchone()[0])


def open_and_release(law: Sequence[Due], *, on: date) -> Opened:
    """Open what has arisen up to the day `on` and release who left office early; the facts alone decide.

    Two statements, however many compounds there are. The caller holds the sweep's lock.
    """
    after = newest_obligation()
    columns: dict[str, Any] = {name: [getattr(due, name) for due in law] for name in Due.__dataclass_fields__}
    with connection.cursor() as cursor:
        cursor.execute(
            _OPEN_AND_RELEASE, columns | {"on": on, "left_office": LEFT_OFFICE, "never_in_office": NEVER_IN_OFFICE}
        )
        opened, released, changed = cursor.fetchone()
    return Opened(opened=opened, released=released, touched=Touched(after=after, ids=tuple(changed)))


def period_labels(first_on: date, last_on: date) -> dict[str, str]:
    """The Chinese label of every period that overlaps the days, by code."""
    return {period.code: period.label for cadence in Cadence for period in periods_between(first_on, last_on, cadence)}
