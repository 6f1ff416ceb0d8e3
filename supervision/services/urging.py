"""督促: the town or the village urges a bearer; recorded with clause, time and text (clause 4.3.1)."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.permissions import standing_of
from kernel.days import days_left_words, local_day, long_date
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.text import tidy
from notices.models import Message
from notices.services import send_message
from supervision.models import Obligation, Proposal, Urging
from supervision.permissions import may_urge, people_of_bearer, urges_as
from supervision.rules import clause_of
from supervision.services.obligations import reference_to
from supervision.services.reminding import propose_overdue

LONGEST_TEXT = 500


def urging_text(obligation: Obligation, *, at: datetime) -> str:
    """What is sent unless the person writes otherwise: who, what, by when, by which clause."""
    on = local_day(at)
    place = f"{obligation.compound}" if obligation.compound else ""
    return (
        f"{obligation.bearer}：你单位应于{long_date(obligation.deadline_on)}前完成{place}"
        f"{obligation.period_value.label}{obligation.get_duty_display()}，"
        f"{days_left_words(obligation.deadline_on, on)}，请尽快办理。依据：{clause_of(obligation.duty)}。"
    )


@transaction.atomic
def urge(obligation: Obligation, *, text: str = "", by: User, at: datetime) -> Urging:
    """Urge the bearer of an open obligation; its people find it in their inboxes, the sweep's proposal is decided.

    `at` is the server's moment. Raises NotAllowedError for whoever does not supervise the compound, ConflictError
    where nothing is open any more or somebody urged already on the same day, DomainError for a text too long.
    """
    obligation = Obligation.objects.for_display().select_for_update(of=("self",)).get(pk=obligation.pk)
    standing = standing_of(by, local_day(at))
    if not may_urge(standing, obligation):
        raise NotAllowedError("督促由镇小区服务岗、镇领导或所在村（社区）干部作出。")
    if not obligation.is_open:
        raise ConflictError(f"{obligation}已经完成或解除，无需督促。")
    if obligation.urgings.filter(urged_at__date=local_day(at)).exists():
        raise ConflictError(f"{obligation}今天已经督促过。")
    text = tidy(text) or urging_text(obligation, at=at)
    if len(text) > LONGEST_TEXT:
        raise DomainError(f"督促内容最多 {LONGEST_TEXT} 个字。", field="text")
    urging = Urging.objects.create(
        obligation=obligation,
        clause=clause_of(obligation.duty),
        text=text,
        urged_by=by,
        urged_as=urges_as(standing, obligation),
        urged_at=at,
    )
    propose_overdue(obligation, at=at)
    Proposal.objects.filter(obligation=obligation, act=Proposal.Act.URGE, decision="").update(
        decision=Proposal.Decision.DONE, decided_by=by, decided_at=at
    )
    send_message(
        people_of_bearer(obligation, local_day(at)),
        kind=Message.Kind.URGING,
        title=f"督促：{obligation}",
        body=text,
        clause=urging.clause,
        subject=reference_to(obligation),
        dedupe_key=f"urging:{urging.public_id}",
    )
    record_action("督促", by=by, subject=reference_to(obligation), detail=text)
    return urging


@transaction.atomic
def decline(proposal: Proposal, *, reason: str, by: User, at: datetime) -> Proposal:
    """Decide not to urge, with a reason: the plan lets the town urge, it does not force it to.

    Raises NotAllowedError, ConflictError where it was decided already, DomainError without a reason.
    """
    proposal = Proposal.objects.select_for_update().get(pk=proposal.pk)
    obligation = Obligation.objects.for_display().get(pk=proposal.obligation_id)
    if not may_urge(standing_of(by, local_day(at)), obligation):
        raise NotAllowedError("由镇小区服务岗、镇领导或所在村（社区）干部决定。")
    if proposal.decision:
        raise ConflictError("这条建议已经有了决定。")
    if not (reason := tidy(reason)):
        raise DomainError("请写明不督促的理由。", field="reason")
    if len(reason) > 200:
        raise DomainError("理由最多 200 个字。", field="reason")
    proposal.decision, proposal.reason = Proposal.Decision.DECLINED, reason
    proposal.decided_by, proposal.decided_at = by, at
    proposal.save(update_fields=["decision", "reason", "decided_by", "decided_at"])
    record_action("不予督促", by=by, subject=reference_to(obligation), detail=reason)
    return proposal
