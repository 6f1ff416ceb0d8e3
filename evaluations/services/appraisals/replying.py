"""申辩: what the firm says within its window, per item or of the whole, and the office's answer to each."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.permissions import standing_of
from evaluations.appraisal_permissions import may_reply, may_score
from evaluations.appraisal_rules import CLAUSE, Stage
from evaluations.models import Appraisal, AppraisalReply, AppraisalStep, ReplyAnswer, ReplyFile
from evaluations.services.appraisals.scoring import LONGEST_REASON, MOST_FILES, Points, Upload, make_mark, stored
from evaluations.services.appraisals.sheets import reference_to
from evaluations.services.appraisals.steps import locked, managers_of, note, officers_of
from kernel.days import local_day, long_date
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.text import tidy
from notices.models import Message
from notices.services import send_message

LONGEST_REPLY = 1000
#: 本系统约定: replies to one appraisal; more would bury the office.
MOST_REPLIES = 60


@transaction.atomic
def reply(
    appraisal: Appraisal, *, code: str, text: str, files: Sequence[Upload] = (), by: User, at: datetime
) -> AppraisalReply:
    """Speak against an item, or with an empty code against the whole, within the window.

    Raises NotAllowedError, ConflictError before it was told, after the window or once the firm said it had finished,
    DomainError naming `code`, `text` or `files`.
    """
    found = _in_window(appraisal, by=by, at=at)
    if code and found.round.method.item(code) is None:
        raise DomainError("请选择对哪一项申辩。", field="code")
    if not (text := tidy(text)):
        raise DomainError("请写明申辩的理由。", field="text")
    if len(text) > LONGEST_REPLY:
        raise DomainError(f"申辩最多 {LONGEST_REPLY} 个字，更多的请作为材料上传。", field="text")
    if len(files) > MOST_FILES:
        raise DomainError(f"一次最多上传 {MOST_FILES} 份材料。", field="files")
    if found.replies.count() >= MOST_REPLIES:
        raise ConflictError(f"一次考评最多申辩 {MOST_REPLIES} 条。")
    made = AppraisalReply.objects.create(appraisal=found, code=code, text=text, made_by=by, made_at=at)
    ReplyFile.objects.bulk_create(ReplyFile(reply=made, file=file) for file in stored(files, by=by))
    note(found, AppraisalStep.Act.REPLIED, by=by, at=at, words=_about(found, code))
    send_message(
        officers_of(found.round.town_id, at),
        kind=Message.Kind.TASK,
        title=f"{found}：企业申辩",
        body=f"{found.firm}对{_about(found, code)}申辩，请答复。",
        clause=CLAUSE,
        subject=reference_to(found),
        dedupe_key=f"appraisal-reply:{made.public_id}",
    )
    record_action("考评申辩", by=by, subject=reference_to(found), detail=_about(found, code))
    return made


@transaction.atomic
def rest(appraisal: Appraisal, *, by: User, at: datetime) -> Appraisal:
    """The firm has no (further) objection: the window ends at once. Raises NotAllowedError, ConflictError."""
    found = _in_window(appraisal, by=by, at=at)
    found.replied_at = at
    found.save(update_fields=["replied_at"])
    words = "已申辩，没有其他意见" if found.replies.exists() else "没有异议"
    note(found, AppraisalStep.Act.RESTED, by=by, at=at, words=words)
    record_action("考评申辩完毕", by=by, subject=reference_to(found), detail=words)
    return found


@transaction.atomic
def answer(objection: AppraisalReply, *, points: Decimal | None, reason: str, by: User, at: datetime) -> ReplyAnswer:
    """Answer a reply: keep the points (None), or give the item others, with reason.

    Raises NotAllowedError, ConflictError where it was answered, DomainError naming `points` or `reason`.
    """
    found = locked(objection.appraisal)
    if not may_score(standing_of(by, local_day(at)), found):
        raise NotAllowedError("申辩由镇小区服务岗答复。")
    if found.stage != Stage.TOLD:
        raise ConflictError(f"这份考评现在是“{found.get_stage_display()}”，不能再答复。")
    if ReplyAnswer.objects.filter(reply=objection).exists():
        raise ConflictError("这条申辩已由他人答复。")
    if not (reason := tidy(reason)):
        raise DomainError("请写明维持或者改分的理由。", field="reason")
    if len(reason) > LONGEST_REASON:
        raise DomainError(f"答复最多 {LONGEST_REASON} 个字。", field="reason")
    mark = None
    if points is not None:
        if not objection.code:
            raise DomainError("总体申辩不能直接改分，请在具体项目的申辩里改，或答复维持。", field="points")
        try:
            mark = make_mark(found, Points(objection.code, points, reason), by=by, at=at)
        except DomainError as error:
            raise DomainError(error.message, field="points") from error
    made = ReplyAnswer.objects.create(reply=objection, mark=mark, reason=reason, made_by=by, made_at=at)
    about = _about(found, objection.code)
    words = f"{about}：{f'改为 {points:.2f} 分' if points is not None else '维持'}"
    note(found, AppraisalStep.Act.ANSWERED, by=by, at=at, words=words)
    send_message(
        managers_of(found.firm, found.compound_id, at),
        kind=Message.Kind.NEWS,
        title=f"{found}：申辩已答复",
        body=f"{words}。{reason}",
        clause=CLAUSE,
        subject=reference_to(found),
        dedupe_key=f"appraisal-answer:{objection.public_id}",
    )
    record_action("答复考评申辩", by=by, subject=reference_to(found), detail=words)
    return made


def _in_window(appraisal: Appraisal, *, by: User, at: datetime) -> Appraisal:
    found, on = locked(appraisal), local_day(at)
    if not may_reply(standing_of(by, on), found):
        raise NotAllowedError("由被考评企业的负责人申辩。")
    if found.stage != Stage.TOLD or found.reply_until is None:
        raise ConflictError(f"这份考评现在是“{found.get_stage_display()}”，不能申辩。")
    if found.replied_at is not None:
        raise ConflictError("本企业已表示申辩完毕，不能再补充。")
    if on > found.reply_until:
        raise ConflictError(f"申辩期到{long_date(found.reply_until)}为止，已经结束。")
    return found


def _about(appraisal: Appraisal, code: str) -> str:
    item = appraisal.round.method.item(code)
    return f"“{item.label}”" if item else "总体"
