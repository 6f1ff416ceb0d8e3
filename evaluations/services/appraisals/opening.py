"""Starting a half-year's scoring: the method is locked, every firm in office gets its appraisal, facts are gathered."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Town
from communities.permissions import standing_of
from evaluations.appraisal_permissions import may_keep_method
from evaluations.models import Appraisal, AppraisalRound
from evaluations.services.appraisals.gathering import gather
from evaluations.services.appraisals.methods import method_of, take_turn, write_version
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.fields import Reference
from kernel.periods import Cadence, Period

# One statement for all compounds, and again for those that got a firm since. The public id is sixteen characters of the
# house's alphabet (kernel.fields), drawn by the database's strong random.
_CREATE = """
WITH made AS (
    INSERT INTO evaluations_appraisal
        (public_id, round_id, compound_id, firm_id, period, version, correction_reason, stage, facts, gathered_at)
    SELECT translate(
               lower(encode(substring(uuid_send(gen_random_uuid()) FROM 3 FOR 12), 'base64')), 'ilou+/', '012345'
           ),
           %(round)s, s.compound_id, s.firm_id, %(period)s, 1, '', 'scoring', '{}', %(at)s
    FROM communities_servicecontract s
    JOIN communities_compound c ON c.id = s.compound_id JOIN communities_village v ON v.id = c.village_id
    WHERE v.town_id = %(town)s AND s.from_on <= %(on)s AND coalesce(s.ended_on, 'infinity') >= %(on)s
    ORDER BY s.compound_id
    ON CONFLICT (round_id, compound_id, firm_id, version) DO NOTHING
    RETURNING id
)
INSERT INTO evaluations_appraisalstep (appraisal_id, act, words, by_id, at)
SELECT id, 'opened', '', %(by)s, %(at)s FROM made ORDER BY id
"""


def reference_to(round_: AppraisalRound) -> Reference:
    return Reference("evaluations.appraisalround", round_.public_id, f"{round_.town}{round_}")


@transaction.atomic
def open_round(town: Town, period: Period, *, by: User, at: datetime) -> AppraisalRound:
    """Start scoring a half-year in every compound with a firm in office; its method is locked from now on.

    Who is in office today is appraised, of a past half-year who was on its last day. The statements are so many
    whatever the number of compounds. Raises NotAllowedError, DomainError naming `period`, ConflictError where the
    scoring has started already or nobody is in office.
    """
    _check_right(town, by=by, at=at)
    if period.cadence is not Cadence.HALF:
        raise DomainError("考评按半年进行。", field="period")
    if period.first > local_day(at):
        raise DomainError(f"{period.label}还没有开始。", field="period")
    take_turn(town)
    if AppraisalRound.objects.filter(town=town, period=period.code).exists():
        raise ConflictError(f"{period.label}的考评已经开始打分。")
    method = method_of(town, period)
    if method.version == 0:
        method = write_version(
            town,
            period,
            items=method.item_list,
            most_adjustment=method.most_adjustment,
            vetoes=method.vetoes,
            by=by,
            at=at,
        )
    opened = AppraisalRound.objects.create(town=town, period=period.code, method=method, opened_by=by, opened_at=at)
    made = _create(opened, by=by, at=at)
    if not made:
        raise ConflictError("没有可以考评的小区：全镇没有物业服务企业在任。")
    gather(opened, at=at)
    record_action("开始物业考评", by=by, subject=reference_to(opened), detail=f"{made} 个小区，{method}")
    return opened


@transaction.atomic
def gather_again(round_: AppraisalRound, *, by: User, at: datetime) -> tuple[int, int]:
    """Look up anew what is known of all still being scored; whoever got a firm since is added.

    (how many were looked up, how many of them are new). Raises NotAllowedError.
    """
    _check_right(round_.town, by=by, at=at)
    take_turn(round_.town)
    made = _create(round_, by=by, at=at)
    gathered = gather(round_, at=at)
    record_action("重新采集考评数据", by=by, subject=reference_to(round_), detail=f"{gathered} 个小区，新增 {made} 个")
    return gathered, made


def _check_right(town: Town, *, by: User, at: datetime) -> None:
    if not may_keep_method(standing_of(by, local_day(at)), town):
        raise NotAllowedError("考评由镇小区服务岗组织。")


def _create(round_: AppraisalRound, *, by: User, at: datetime) -> int:
    values: dict[str, Any] = {
        "round": round_.pk,
        "town": round_.town_id,
        "period": round_.period,
        "on": min(local_day(at), round_.period_value.last),
        "by": by.pk,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CREATE, values)
        return int(cursor.rowcount)


def still_running(town: Town, period: Period) -> int:
    """How many of the half-year's first appraisals are not final: an edition made now would lack them."""
    found = Appraisal.objects.of(town.pk, period).filter(version=1)
    return found.count() - found.final().count()
