"""Review by a second person: the score is sent back with words, or the firm is told and may reply."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.permissions import standing_of
from evaluations.appraisal_permissions import may_review, may_review_here
from evaluations.appraisal_rules import CLAUSE, Stage
from evaluations.models import Appraisal, AppraisalStep
from evaluations.services.appraisals.scoring import LONGEST_REASON
from evaluations.services.appraisals.sheets import marks_of, reference_to, scorers_of, sheet_of
from evaluations.services.appraisals.steps import advance, locked, managers_of
from kernel.days import local_day, long_date
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.text import tidy
from kernel.workdays import add_workdays
from notices.models import Message
from notices.services import send_message
from supervision.services.holidays import workday_calendar
from supervision.services.policies import latest_policy, numbers_of


@transaction.atomic
def send_back(appraisal: Appraisal, *, words: str, by: User, at: datetime) -> Appraisal:
    """Return a score to whoever handed it in, saying what to put right.

    Raises NotAllowedError, ConflictError, DomainError naming `words`.
    """
    found = _under_review(appraisal, by=by, at=at)
    if not (words := tidy(words)):
        raise DomainError("请写明退回的原因，打分的人要照着改。", field="words")
    if len(words) > LONGEST_REASON:
        raise DomainError(f"退回原因最多 {LONGEST_REASON} 个字。", field="words")
    scorer = found.submitted_by
    advance(found, Stage.SCORING, AppraisalStep.Act.RETURNED, by=by, at=at, words=words)
    if scorer is not None:
        send_message(
            [scorer],
            kind=Message.Kind.TASK,
            title=f"{found}被退回",
            body=words,
            clause=CLAUSE,
            subject=reference_to(found),
            dedupe_key=f"appraisal-returned:{found.public_id}:{at.isoformat()}",
        )
    record_action("退回考评", by=by, subject=reference_to(found), detail=words)
    return found


@transaction.atomic
def tell_firm(appraisal: Appraisal, *, by: User, at: datetime) -> Appraisal:
    """The review has passed: the firm is told its score and may reply for the policy's number of working days.

    Raises NotAllowedError, ConflictError.
    """
    found = _under_review(appraisal, by=by, at=at)
    score = sheet_of(found, marks_of(found)).score
    days = numbers_of(latest_policy(found.round.town, local_day(at)))["appraisal_reply_workdays"]
    found.reviewed_by, found.told_at = by, at
    found.reply_until = add_workdays(local_day(at), days, workday_calendar())
    advance(found, Stage.TOLD, AppraisalStep.Act.TOLD, by=by, at=at, words=f"申辩到{long_date(found.reply_until)}为止")
    send_message(
        managers_of(found.firm, found.compound_id, at),
        kind=Message.Kind.TASK,
        title=f"{found}：初步得分 {score:.2f} 分",
        body=f"如有异议，请在{long_date(found.reply_until)}前（含当日）逐项或总体申辩，可附材料；镇小区办逐条答复后审定。",
        clause=CLAUSE,
        subject=reference_to(found),
        dedupe_key=f"appraisal-told:{found.public_id}",
    )
    record_action("考评复核通过", by=by, subject=reference_to(found), detail=f"{score:.2f} 分")
    return found


def _under_review(appraisal: Appraisal, *, by: User, at: datetime) -> Appraisal:
    found = locked(appraisal)
    standing = standing_of(by, local_day(at))
    if not may_review_here(standing, found.round.town_id):
        raise NotAllowedError("考评由镇小区服务岗或镇领导复核。")
    if not may_review(standing, found, scorers=scorers_of(found, marks_of(found))):
        raise NotAllowedError("打分或送审的人不能复核，请由另一人办理。")
    if found.stage != Stage.REVIEWING:
        raise ConflictError(f"这份考评现在是“{found.get_stage_display()}”，不在复核。")
    return found
