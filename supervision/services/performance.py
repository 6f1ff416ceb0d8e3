"""履职记录: a bearer records that a duty was performed, with its proof; that fulfils the obligation.

For duties done outside the portal: forums, meetings, the monthly detail (clauses 4.2.3, 4.3.5, 4.4.2). The moment of
fulfilment is that of the record by the server's clock, never the day that was typed: a forum held in time and
recorded after the deadline is shown as fulfilled late, with the day it was held beside it.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from communities.permissions import standing_of
from files.models import StoredFile
from files.services import store_upload
from kernel.days import local_day, long_date
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.fields import Reference
from kernel.text import tidy
from supervision.models import Obligation, Performance, PerformanceFile
from supervision.permissions import may_record_performance
from supervision.rules import RECORDED_DUTIES
from supervision.services.obligations import fulfil

SHORTEST_SUMMARY, LONGEST_SUMMARY = 10, 2000


def reference_to(performance: Performance) -> Reference:
    """Evidence of fulfilment: the obligation's own page shows the record."""
    title = f"{long_date(performance.held_on)}办理，{performance.recorded_by}登记"
    return Reference("supervision.performance", performance.public_id, title)


@transaction.atomic
def record_performance(
    obligation: Obligation,
    *,
    held_on: date,
    summary: str,
    proofs: Sequence[UploadedFile | StoredFile],
    by: User,
    at: datetime,
) -> Performance:
    """Record on which day and how the duty was done, with at least one photo or paper as proof.

    `at` is the server's moment. Raises NotAllowedError for whoever does not act for the bearer, ConflictError where
    nothing is open any more, DomainError naming `held_on`, `summary` or `proofs`.
    """
    obligation = Obligation.objects.for_display().select_for_update(of=("self",)).get(pk=obligation.pk)
    if obligation.duty not in RECORDED_DUTIES:
        raise ConflictError("公共收益公示和物业考评在各自的页面办理，不在这里登记。")
    if not may_record_performance(standing_of(by, local_day(at)), obligation):
        raise NotAllowedError("由责任单位的经办人员登记。")
    if not obligation.is_open:
        raise ConflictError("这件事项已经完成或解除，无需再登记。")
    summary = tidy(summary)
    _check(obligation, held_on, summary, has_proof=bool(proofs), on=local_day(at))
    performance = Performance.objects.create(
        obligation=obligation, held_on=held_on, summary=summary, recorded_by=by, recorded_at=at
    )
    for proof in proofs:
        stored = proof if isinstance(proof, StoredFile) else store_upload(proof, door="voucher", by=by, field="proofs")
        PerformanceFile.objects.create(performance=performance, file=stored)
    fulfil(obligation, at=at, evidence=reference_to(performance), by=by)
    return performance


def _check(obligation: Obligation, held_on: date, summary: str, *, has_proof: bool, on: date) -> None:
    if held_on > on:
        raise DomainError("办理日期不能晚于今天。", field="held_on")
    if held_on < obligation.period_first_on:
        first = long_date(obligation.period_first_on)
        raise DomainError(f"办理日期早于本期（{first}起），请核对是哪一期的事项。", field="held_on")
    if not SHORTEST_SUMMARY <= len(summary) <= LONGEST_SUMMARY:
        raise DomainError(
            f"请写明办理情况（时间、地点、参加人、内容），{SHORTEST_SUMMARY} 到 {LONGEST_SUMMARY} 个字。",
            field="summary",
        )
    if not has_proof:
        raise DomainError("请至少上传一份凭据（照片、签到表或纪要）。", field="proofs")
