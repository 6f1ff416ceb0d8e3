"""What a result proposes to the town's office, and the officer's decision: never an act by itself (可介入)."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Appointment, Compound
from communities.permissions import standing_of
from communities.rules import Role
from evaluations.models import SurveyProposal, SurveyResult
from evaluations.permissions import may_decide
from evaluations.rules import CLAUSES, Act, Outcome, SurveyKind, proposed_act
from evaluations.services.starting import reference_to
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.text import tidy
from notices.models import Message
from notices.services import send_message

_LONGEST_REASON = 200


def propose(result: SurveyResult, *, at: datetime) -> SurveyProposal | None:
    """The act the plan names where the line is crossed, with clause and figures; none of a sample too small."""
    survey = result.survey
    kind = SurveyKind(survey.kind)
    if result.outcome != Outcome.COUNTED:
        return None
    act = proposed_act(kind, result.overall, threshold=survey.threshold)
    if act is None:
        return None
    made = SurveyProposal.objects.create(
        survey=survey,
        act=act,
        clause=CLAUSES[kind][1],
        figures=figures_of(result, act, threshold=survey.threshold),
        proposed_at=at,
    )
    send_message(
        _officers(survey.compound, at),
        kind=Message.Kind.TASK,
        title=f"{survey.compound}：建议{act.label}",
        body=f"{survey.subject}，{made.figures}。请核对后决定是否采纳。",
        clause=made.clause,
        subject=reference_to(survey),
        dedupe_key=f"survey-proposal:{survey.public_id}",
    )
    return made


def figures_of(result: SurveyResult, act: Act, *, threshold: int) -> str:
    """In whole numbers, so that anybody can check it: 有效票 200，满意 99，100×99 ＜ 50×200."""
    if act is Act.REELECTION:
        side, count, sign = "满意", result.satisfied, "＜"
    else:
        side, count, sign = "不满意", result.dissatisfied, "＞"
    return f"有效票 {result.valid}，{side} {count}，100×{count} {sign} {threshold}×{result.valid}"


def _officers(compound: Compound, at: datetime) -> list[User]:
    held = Appointment.objects.current(local_day(at)).filter(
        post__role=Role.TOWN_OFFICER, post__body__town=compound.village.town_id, user__is_active=True
    )
    return list({one.user_id: one.user for one in held.select_related("user")}.values())


@transaction.atomic
def decide(
    proposal: SurveyProposal, *, decision: SurveyProposal.Decision, reason: str, by: User, at: datetime
) -> SurveyProposal:
    """Take the proposal up or decline it, in words. Raises NotAllowedError, DomainError, ConflictError."""
    proposal = SurveyProposal.objects.select_for_update(of=("self",)).for_display().get(pk=proposal.pk)
    if not may_decide(standing_of(by, local_day(at)), proposal):
        raise NotAllowedError("由镇小区服务岗决定。")
    if proposal.decision:
        raise ConflictError(f"这条建议已由 {proposal.decided_by} 决定：{proposal.get_decision_display()}。")
    if not (reason := tidy(reason)):
        raise DomainError("请写明理由：采纳的写怎样办理，不采纳的写为什么。", field="reason")
    if len(reason) > _LONGEST_REASON:
        raise DomainError(f"理由最多 {_LONGEST_REASON} 个字。", field="reason")
    proposal.decision, proposal.reason = decision, reason
    proposal.decided_by, proposal.decided_at = by, at
    proposal.save(update_fields=["decision", "reason", "decided_by", "decided_at"])
    record_action(
        "决定测评建议",
        by=by,
        subject=reference_to(proposal.survey),
        detail=f"{proposal.get_act_display()}：{proposal.get_decision_display()}，{reason}",
    )
    return proposal
