"""Starting surveys for a town at once or for one compound, taking drafts back, ending one before its hour.

What web pages call: the worker opens, counts and finishes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import connection, transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Compound, Town
from communities.permissions import standing_of
from evaluations.models import Questionnaire, Round, Survey
from evaluations.permissions import may_end_early, may_start_surveys
from evaluations.rules import (
    CADENCES,
    LONGEST_DAYS,
    SHORTEST_DAYS,
    State,
    SurveyKind,
    threshold_of,
)
from evaluations.services import turn
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.fields import Reference, new_public_id
from kernel.periods import Period
from supervision.services.policies import latest_policy, numbers_of

_LONGEST_REASON = 200
#: By name: the tasks are the room above, and web servers must not reach the key store through them.
RUN = "evaluations.tasks.run_surveys"


@dataclass(frozen=True)
class Plan:
    """What is asked and until when: a questionnaire for each kind wanted, the reminders in days before the end."""

    period: Period
    closes_at: datetime
    questionnaires: Mapping[SurveyKind, Questionnaire]
    remind_days: tuple[int, ...] = field(default=(7, 1))


def reference_to(survey: Survey) -> Reference:
    """A frozen pointer for messages and the action trail."""
    return Reference("evaluations.survey", survey.public_id, str(survey))


# One statement for all compounds: whoever holds office on the day is judged, and who has nobody is left out.
_START = """
INSERT INTO evaluations_survey
    (public_id, round_id, compound_id, kind, period, questionnaire_id, body_id, firm_id, policy_id, threshold,
     least_ballots, turnout_floor, state, closes_at, roll_hash, has_escrow, close_reason, problem)
SELECT ids.id, %(round)s, c.id, %(kind)s, %(period)s, %(questionnaire)s, judged.body_id, judged.firm_id, %(policy)s,
       %(threshold)s, %(least_ballots)s, %(turnout_floor)s, 'draft', %(closes_at)s, '', false, '', ''
FROM (SELECT c.id, row_number() OVER (ORDER BY c.id) AS n
      FROM communities_compound c JOIN communities_village v ON v.id = c.village_id
      WHERE v.town_id = %(town)s AND (%(compound)s::bigint IS NULL OR c.id = %(compound)s)) c
JOIN unnest(%(ids)s::text[]) WITH ORDINALITY AS ids (id, n) USING (n)
CROSS JOIN LATERAL (
    SELECT b.id AS body_id, NULL::bigint AS firm_id FROM communities_body b
    WHERE %(kind)s <> 'firm' AND b.compound_id = c.id AND b.kind = 'committee'
      AND b.from_on <= %(on)s AND coalesce(b.ended_on, 'infinity') >= %(on)s
  UNION ALL
    SELECT NULL, s.firm_id FROM communities_servicecontract s
    WHERE %(kind)s = 'firm' AND s.compound_id = c.id
      AND s.from_on <= %(on)s AND coalesce(s.ended_on, 'infinity') >= %(on)s
) judged
ON CONFLICT (compound_id, kind, period) DO NOTHING
"""


@transaction.atomic
def start_round(town: Town, *, plan: Plan, by: User, at: datetime, compound: Compound | None = None) -> Round:
    """Start the surveys of a half-year (or, of a report meeting, a year) in every compound, or in one alone.

    Compounds without a committee get the firm's only, and the other way round; those that have theirs already are
    passed over. They stay drafts until the worker has opened each. Raises NotAllowedError, DomainError naming the
    field, ConflictError where nothing is left to start.
    """
    on = local_day(at)
    if not may_start_surveys(standing_of(by, on), town):
        raise NotAllowedError("测评由镇小区服务岗发起。")
    _check_plan(plan, town=town, at=at, compound=compound)
    started = Round.objects.create(
        town=town,
        period=plan.period.code,
        closes_at=plan.closes_at,
        remind_days=sorted(set(plan.remind_days), reverse=True),
        started_by=by,
        started_at=at,
    )
    policy = latest_policy(town, on)
    numbers = numbers_of(policy)
    count = 1 if compound is not None else Compound.objects.filter(village__town=town).count()
    made = 0
    for kind, questionnaire in plan.questionnaires.items():
        values: dict[str, Any] = {
            "round": started.pk,
            "kind": kind.value,
            "period": plan.period.code,
            "questionnaire": questionnaire.pk,
            "policy": policy.pk if policy else None,
            "threshold": threshold_of(kind, numbers),
            "least_ballots": numbers["survey_least_ballots"],
            "turnout_floor": numbers["survey_turnout_floor"],
            "closes_at": plan.closes_at,
            "town": town.pk,
            "compound": compound.pk if compound else None,
            "ids": [new_public_id() for _ in range(count)],
            "on": on,
        }
        with connection.cursor() as cursor:
            cursor.execute(_START, values)
            made += cursor.rowcount
    if not made:
        raise ConflictError("没有可以发起的测评：所选小区没有业委会或物业在任，或者这一期已经发起过。")
    _nudge()
    place = str(compound or town)
    record_action(
        "发起测评",
        by=by,
        subject=Reference("evaluations.round", started.public_id, f"{place}{started}"),
        detail=f"{made} 项，{local_day(plan.closes_at):%Y-%m-%d} 截止",
    )
    return started


def _check_plan(plan: Plan, *, town: Town, at: datetime, compound: Compound | None) -> None:
    if not plan.questionnaires:
        raise DomainError("请至少选择一种测评。", field="kinds")
    for kind, questionnaire in plan.questionnaires.items():
        if CADENCES[kind] is not plan.period.cadence:
            raise DomainError(f"{kind.label}不按“{plan.period.label}”进行。", field="period")
        if questionnaire.kind != kind or questionnaire.town_id != town.pk:
            raise DomainError(f"“{questionnaire}”不是{kind.label}的问卷。", field="questionnaire")
    if plan.closes_at < at + timedelta(days=SHORTEST_DAYS):
        raise DomainError(f"截止时间至少在 {24 * SHORTEST_DAYS} 小时以后。", field="closes_on")
    if plan.closes_at > at + timedelta(days=LONGEST_DAYS):
        raise DomainError(f"一次测评最多开放 {LONGEST_DAYS} 天，请核对年月。", field="closes_on")
    if plan.period.first > local_day(at):
        raise DomainError(f"{plan.period.label}还没有开始。", field="period")
    if compound is not None and compound.village.town_id != town.pk:
        raise DomainError(f"{compound}不在{town}。", field="compound")


@transaction.atomic
def drop_draft(survey: Survey, *, by: User, at: datetime) -> None:
    """Take back a survey that has not opened. Raises NotAllowedError, ConflictError once it has."""
    if not may_end_early(standing_of(by, local_day(at)), survey):
        raise NotAllowedError("测评由镇小区服务岗撤回。")
    turn.be_alone_with(survey.pk)
    reference = reference_to(survey)
    deleted, _ = Survey.objects.filter(pk=survey.pk, state=State.DRAFT).delete()
    if not deleted:
        raise ConflictError("测评已经开始，不能撤回；确需结束的，请写明理由提前截止。")
    record_action("撤回未开始的测评", by=by, subject=reference)


@transaction.atomic
def ask_early_end(survey: Survey, *, reason: str, by: User, at: datetime) -> None:
    """Ask the worker to end and count an open survey before its hour; reason and person are kept and shown.

    Raises NotAllowedError, DomainError without a reason, ConflictError where it is over or asked already.
    """
    if not may_end_early(standing_of(by, local_day(at)), survey):
        raise NotAllowedError("提前截止由镇小区服务岗办理。")
    if not reason:
        raise DomainError("请写明提前截止的理由，结果页会公开。", field="reason")
    if len(reason) > _LONGEST_REASON:
        raise DomainError(f"理由最多 {_LONGEST_REASON} 个字。", field="reason")
    asked = Survey.objects.filter(pk=survey.pk, state=State.OPEN, close_asked_at__isnull=True).update(
        close_asked_at=at, close_asked_by=by, close_reason=reason
    )
    if not asked:
        raise ConflictError("测评不在进行中，或者已经有人办理了提前截止。")
    _nudge()
    record_action("提前截止测评", by=by, subject=reference_to(survey), detail=reason)


def _nudge() -> None:
    """Have the worker look once the act stands. A queue that is away delays it by a minute at most: the beat asks."""
    transaction.on_commit(lambda: current_app.send_task(RUN, retry=False, expires=60), robust=True)
