"""审定: the final score, frozen with all it was made of; and correcting one by a further one that refers to it."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.permissions import standing_of
from evaluations.appraisal_permissions import may_review, may_review_here, may_score
from evaluations.appraisal_rules import CLAUSE, Stage
from evaluations.appraisal_scoring import assess, hash_of
from evaluations.models import Appraisal, AppraisalReply, AppraisalResult, AppraisalStep, Mark, MarkFile
from evaluations.services.appraisals.scoring import LONGEST_REASON
from evaluations.services.appraisals.sheets import (
    heads_of,
    inputs_for,
    marks_of,
    reference_to,
    scorers_of,
    standing_marks,
)
from evaluations.services.appraisals.steps import advance, locked, managers_of, note
from kernel.days import local_day, long_date
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.text import tidy
from notices.models import Message
from notices.services import send_message
from supervision.models import Obligation
from supervision.rules import Duty
from supervision.services import fulfil


def waits_for(appraisal: Appraisal, *, replies: Iterable[AppraisalReply], on: date) -> str:
    """Why a told appraisal cannot be made final yet, in words; empty where it can. The replies come with answers."""
    if appraisal.reply_until is None:
        return "还没有告知企业"
    if appraisal.replied_at is None and on <= appraisal.reply_until:
        return f"企业的申辩期到{long_date(appraisal.reply_until)}为止"
    unanswered = sum(getattr(reply, "answer", None) is None for reply in replies)
    return f"还有 {unanswered} 条申辩没有答复" if unanswered else ""


@transaction.atomic
def make_final(appraisal: Appraisal, *, by: User, at: datetime) -> AppraisalResult:
    """Freeze the score once the window has passed, or the firm has finished, and every reply is answered.

    Whoever decided anything about the score cannot. With the compound's last one of the half-year the office's duty
    is fulfilled. Raises NotAllowedError, ConflictError.
    """
    found = locked(appraisal)
    standing, marks = standing_of(by, local_day(at)), marks_of(found)
    if not may_review_here(standing, found.round.town_id):
        raise NotAllowedError("考评由镇小区服务岗或镇领导审定。")
    if found.stage != Stage.TOLD:
        raise ConflictError(f"这份考评现在是“{found.get_stage_display()}”，不能审定。")
    if not may_review(standing, found, scorers=scorers_of(found, marks)):
        raise NotAllowedError("打分、送审或改过分的人不能审定，请由另一人办理。")
    if reason := waits_for(found, replies=found.replies.select_related("answer"), on=local_day(at)):
        raise ConflictError(f"现在不能审定：{reason}。")
    result = _freeze(found, marks, at=at)
    found.final_by = by
    words = f"{result.score} 分，{result.get_grade_display()}"
    advance(found, Stage.FINAL, AppraisalStep.Act.FINAL, by=by, at=at, words=words)
    _fulfil(found, at=at)
    send_message(
        managers_of(found.firm, found.compound_id, at),
        kind=Message.Kind.NEWS,
        title=f"{found}：{words}",
        body="已经审定。得分、依据和计算过程可以在考评页面核对。",
        clause=CLAUSE,
        subject=reference_to(found),
        dedupe_key=f"appraisal-final:{found.public_id}",
    )
    record_action("审定考评", by=by, subject=reference_to(found), detail=words)
    return result


def _freeze(appraisal: Appraisal, marks: list[Mark], *, at: datetime) -> AppraisalResult:
    inputs = inputs_for(appraisal, marks)
    sheet = assess(inputs)
    if sheet.score is None or sheet.grade is None:
        raise ConflictError("有依据的项目太少，不能得出总分。")
    return AppraisalResult.objects.create(
        appraisal=appraisal,
        score=sheet.score,
        grade=sheet.grade,
        is_vetoed=bool(sheet.vetoes),
        heads=heads_of(sheet),
        inputs=inputs,
        hash=hash_of(inputs, score=sheet.score, grade=sheet.grade),
        final_at=at,
    )


def _fulfil(appraisal: Appraisal, *, at: datetime) -> None:
    """Tell the office's obligation, once no first appraisal of the compound and half-year is open any more."""
    of_compound = Appraisal.objects.filter(round=appraisal.round_id, compound=appraisal.compound_id, version=1)
    if of_compound.exclude(stage=Stage.FINAL).exists():
        return
    owed = Obligation.objects.open().filter(
        duty=Duty.FIRM_APPRAISAL, compound=appraisal.compound_id, period=appraisal.period
    )
    for obligation in owed.select_related("bearer_body", "bearer_firm"):
        try:
            fulfil(obligation, at=at, evidence=reference_to(appraisal), by=None)
        except ConflictError:
            continue  # released from it meanwhile: nothing is owed


@transaction.atomic
def correct(appraisal: Appraisal, *, reason: str, by: User, at: datetime) -> Appraisal:
    """Start a further appraisal that corrects a final one; that one stands until the further one is final too.

    Facts and marks are taken over; whoever corrects answers for them. Raises NotAllowedError, ConflictError,
    DomainError naming `reason`.
    """
    found = locked(appraisal)
    if not may_score(standing_of(by, local_day(at)), found):
        raise NotAllowedError("考评由镇小区服务岗更正。")
    if found.stage != Stage.FINAL:
        raise ConflictError("只有审定的考评需要更正。")
    if Appraisal.objects.filter(corrects=found).exists():
        raise ConflictError("这份考评已经有更正，请在更正的那一份上办理。")
    if not (reason := tidy(reason)):
        raise DomainError("请写明更正的理由，更正后公开可查。", field="reason")
    if len(reason) > LONGEST_REASON:
        raise DomainError(f"更正理由最多 {LONGEST_REASON} 个字。", field="reason")
    further = Appraisal.objects.create(
        round=found.round,
        compound=found.compound,
        firm=found.firm,
        period=found.period,
        version=found.version + 1,
        corrects=found,
        correction_reason=reason,
        facts=found.facts,
        gathered_at=found.gathered_at,
    )
    _take_over(found, further, by=by, at=at)
    note(further, AppraisalStep.Act.OPENED, by=by, at=at, words=f"更正：{reason}")
    record_action("更正考评", by=by, subject=reference_to(further), detail=reason)
    return further


def _take_over(old: Appraisal, new: Appraisal, *, by: User, at: datetime) -> None:
    for mark in standing_marks(marks_of(old)):
        made = Mark.objects.create(
            appraisal=new,
            kind=mark.kind,
            code=mark.code,
            points=mark.points,
            reason=mark.reason,
            made_by=by,
            made_at=at,
        )
        MarkFile.objects.bulk_create(MarkFile(mark=made, file=one.file) for one in mark.files.all())
