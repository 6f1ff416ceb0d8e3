"""Scoring: points of an item, bonus and penalty, vetoes, each with reason and evidence; then the hand-over to review.

A mark is added, never changed: of one item the last counts, and the former ones stay on the sheet's history.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.permissions import standing_of
from evaluations.appraisal_permissions import may_score
from evaluations.appraisal_rules import AUTOMATIC, LEAST_COUNTED, MarkKind, Stage
from evaluations.models import Appraisal, AppraisalStep, Mark, MarkFile
from evaluations.services.appraisals.sheets import marks_of, reference_to, sheet_of, standing_marks
from evaluations.services.appraisals.steps import advance, locked
from files.models import StoredFile
from files.services import store_upload
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.text import tidy

LONGEST_REASON = 300
MOST_FILES = 9
#: What stands as reason where an item got all its points and nobody wrote anything.
FULL_POINTS = "符合要求"
Upload = UploadedFile | StoredFile


@dataclass(frozen=True)
class Points:
    """What an officer gives an item. Short of the full points, and for any automatic item, a reason is asked for."""

    code: str
    points: Decimal
    reason: str
    files: Sequence[Upload] = field(default=())


@transaction.atomic
def score_items(appraisal: Appraisal, given: Sequence[Points], *, by: User, at: datetime) -> list[Mark]:
    """Give points to items, several at once; also to an automatic one, which the mark then goes before.

    Raises NotAllowedError, ConflictError once it was handed in, DomainError with the item's code as its field.
    """
    found = _scored(appraisal, by=by, at=at)
    made = [make_mark(found, one, by=by, at=at) for one in given]
    if made:
        record_action("考评打分", by=by, subject=reference_to(found), detail="、".join(mark.code for mark in made))
    return made


def make_mark(appraisal: Appraisal, one: Points, *, by: User, at: datetime) -> Mark:
    """Write one item's mark after checking it; the caller has the right, and the row locked."""
    item = appraisal.round.method.item(one.code)
    if item is None:
        raise DomainError("考评办法里没有这一项。", field=one.code)
    if not 0 <= one.points <= item.points:
        raise DomainError(f"“{item.label}”应在 0 到 {item.points:.2f} 分之间。", field=one.code)
    reason = tidy(one.reason)
    if not reason and one.points < item.points:
        raise DomainError(f"“{item.label}”扣了分，请写明扣分的事实。", field=one.code)
    if not reason and item.source in AUTOMATIC:
        raise DomainError(f"“{item.label}”平时自动得分，由人打分的请写明理由。", field=one.code)
    _check_reason(reason or FULL_POINTS, field=one.code)
    return _write(appraisal, MarkKind.ITEM, one.code, one.points, reason or FULL_POINTS, one.files, by=by, at=at)


@transaction.atomic
def adjust(
    appraisal: Appraisal, *, points: Decimal, reason: str, files: Sequence[Upload] = (), by: User, at: datetime
) -> Mark:
    """Add a bonus, or with negative points a penalty, within the method's bounds taken together.

    Raises NotAllowedError, ConflictError, DomainError naming `points` or `reason`.
    """
    found = _scored(appraisal, by=by, at=at)
    if not points:
        raise DomainError("请填写加几分或减几分。", field="points")
    if not (reason := tidy(reason)):
        raise DomainError("请写明加减分的事实。", field="reason")
    _check_reason(reason, field="reason")
    marks = [mark for mark in marks_of(found) if mark.kind == MarkKind.ADJUSTMENT]
    most = found.round.method.most_adjustment
    total = sum((mark.points for mark in standing_marks(marks)), points)
    if not -most <= total <= most:
        raise DomainError(f"加减分合计不能超过 ±{most:.2f} 分，这样合计是 {total:+.2f} 分。", field="points")
    code = f"A{len({mark.code for mark in marks}) + 1}"
    made = _write(found, MarkKind.ADJUSTMENT, code, points, reason, files, by=by, at=at)
    record_action("考评加减分", by=by, subject=reference_to(found), detail=f"{points:+.2f}：{reason}")
    return made


@transaction.atomic
def veto(
    appraisal: Appraisal, *, matter: str, reason: str, files: Sequence[Upload] = (), by: User, at: datetime
) -> Mark:
    """一票否决 for one of the method's matters: whatever was scored, the grade is 不合格.

    Raises NotAllowedError, ConflictError where it stands already, DomainError naming `matter` or `reason`.
    """
    found = _scored(appraisal, by=by, at=at)
    if matter not in found.round.method.vetoes:
        raise DomainError("请从考评办法列出的一票否决事项里选。", field="matter")
    if not (reason := tidy(reason)):
        raise DomainError("请写明一票否决的事实。", field="reason")
    _check_reason(reason, field="reason")
    if any(mark.kind == MarkKind.VETO and mark.code == matter for mark in standing_marks(marks_of(found))):
        raise ConflictError(f"“{matter}”已经登记过。")
    made = _write(found, MarkKind.VETO, matter, Decimal(0), reason, files, by=by, at=at)
    record_action("考评一票否决", by=by, subject=reference_to(found), detail=f"{matter}：{reason}")
    return made


@transaction.atomic
def take_back(appraisal: Appraisal, *, kind: MarkKind, code: str, reason: str, by: User, at: datetime) -> Mark:
    """Take back a mark that stands, with reason; an automatic item counts by its facts again.

    Raises NotAllowedError, ConflictError where none stands, DomainError naming `reason`.
    """
    found = _scored(appraisal, by=by, at=at)
    if not (reason := tidy(reason)):
        raise DomainError("请写明为什么撤销。", field="reason")
    _check_reason(reason, field="reason")
    if all((mark.kind, mark.code) != (kind, code) for mark in standing_marks(marks_of(found))):
        raise ConflictError("没有可以撤销的评分，可能已由他人撤销。")
    made = Mark.objects.create(
        appraisal=found, kind=kind, code=code, points=0, stands=False, reason=reason, made_by=by, made_at=at
    )
    record_action("撤销考评评分", by=by, subject=reference_to(found), detail=f"{code}：{reason}")
    return made


@transaction.atomic
def submit(appraisal: Appraisal, *, by: User, at: datetime) -> Appraisal:
    """Hand the score in for review; from now on facts and marks stay as they are unless it is returned.

    Raises NotAllowedError, ConflictError, DomainError where items are left to score.
    """
    found = _scored(appraisal, by=by, at=at)
    sheet = sheet_of(found, marks_of(found))
    if sheet.unscored:
        names = "、".join(line.item.label for line in sheet.unscored)
        raise DomainError(f"还有 {len(sheet.unscored)} 项没有打分：{names}。")
    if sheet.score is None:
        raise DomainError(
            f"有依据的项目合计只有 {sheet.counted:.2f} 分，不足 {LEAST_COUNTED} 分，不能推算总分；"
            "请先补齐数据，或写明理由逐项打分。"
        )
    found.submitted_by, found.submitted_at = by, at
    advance(found, Stage.REVIEWING, AppraisalStep.Act.SUBMITTED, by=by, at=at, words=f"{sheet.score:.2f} 分")
    record_action("考评送审", by=by, subject=reference_to(found), detail=f"{sheet.score:.2f} 分")
    return found


def _scored(appraisal: Appraisal, *, by: User, at: datetime) -> Appraisal:
    """The row, locked, where it is being scored and the person may."""
    found = locked(appraisal)
    if not may_score(standing_of(by, local_day(at)), found):
        raise NotAllowedError("考评由镇小区服务岗打分。")
    if found.stage != Stage.SCORING:
        raise ConflictError(f"这份考评现在是“{found.get_stage_display()}”，不能再打分。")
    return found


def _check_reason(reason: str, *, field: str) -> None:
    if len(reason) > LONGEST_REASON:
        raise DomainError(f"理由最多 {LONGEST_REASON} 个字。", field=field)


def _write(
    appraisal: Appraisal,
    kind: MarkKind,
    code: str,
    points: Decimal,
    reason: str,
    files: Sequence[Upload],
    *,
    by: User,
    at: datetime,
) -> Mark:
    if len(files) > MOST_FILES:
        raise DomainError(f"一次最多上传 {MOST_FILES} 份材料。", field="files")
    made = Mark.objects.create(
        appraisal=appraisal, kind=kind, code=code, points=points, reason=reason, made_by=by, made_at=at
    )
    MarkFile.objects.bulk_create(MarkFile(mark=made, file=file) for file in stored(files, by=by))
    return made


def stored(files: Sequence[Upload], *, by: User) -> list[StoredFile]:
    """What was handed in, through the checking door. Raises DomainError naming `files`."""
    return [
        one if isinstance(one, StoredFile) else store_upload(one, door=StoredFile.Door.VOUCHER, by=by, field="files")
        for one in files
    ]
