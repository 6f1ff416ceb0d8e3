"""The work on an edition until it is approved: figures drawn at one moment, the wording, submitted and returned."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Appointment, Town
from communities.permissions import Standing, standing_of
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.periods import Period
from kernel.text import tidy
from notices.models import Edition, EditionDraft, Message
from notices.permissions import APPROVERS, may_approve_edition, may_prepare_edition
from notices.rules import (
    EDITION_STEPS,
    LONGEST_ISSUER,
    LONGEST_REQUEST,
    LONGEST_SERIES,
    EditionKind,
    EditionStage,
)
from notices.services.editions.figures import Drawn, draw_figures, reference_to_draft
from notices.services.messages import send_message

_LONGEST_REASON = 200
_ONLY_OFFICE = "发布稿由镇小区服务岗编制。"


@dataclass(frozen=True)
class Wording:
    """What a person writes: 代字, who issues it, what is asked of whom, one paragraph per line."""

    series: str
    issuer: str
    request: str = ""

    def checked(self) -> "Wording":
        """Tidied. Raises DomainError naming the field."""
        series, issuer = tidy(self.series), tidy(self.issuer)
        request = "\n".join(filter(None, map(tidy, self.request.splitlines())))
        if not series or not all("一" <= char <= "鿿" for char in series):
            raise DomainError("代字只用汉字，如“宝小区通”。", field="series")
        if not issuer:
            raise DomainError("请填写发文机关。", field="issuer")
        for field, value, most in (
            ("series", series, LONGEST_SERIES),
            ("issuer", issuer, LONGEST_ISSUER),
            ("request", request, LONGEST_REQUEST),
        ):
            if len(value) > most:
                raise DomainError(f"最多 {most} 个字，现有 {len(value)} 个。", field=field)
        return Wording(series, issuer, request)


@transaction.atomic
def start_draft(
    town: Town,
    *,
    kind: EditionKind,
    period: Period,
    drawn: Drawn,
    wording: Wording,
    by: User,
    at: datetime,
    corrects: Edition | None = None,
    reason: str = "",
) -> EditionDraft:
    """Begin an edition with the lines as they stand at `at`; a correction names the edition it corrects, and why.

    Raises NotAllowedError, ConflictError where one is being worked on or published already, DomainError naming the
    field.
    """
    if not may_prepare_edition(_standing(by, at), town):
        raise NotAllowedError(_ONLY_OFFICE)
    wording, reason = wording.checked(), tidy(reason)
    if not drawn.lines:
        raise DomainError(f"{period.label}没有可以通报的内容。", field="period")
    _check_lineage(town, kind, period, corrects, reason)
    draft = EditionDraft(
        town=town,
        kind=kind,
        period=period.code,
        corrects=corrects,
        series=wording.series,
        issuer=wording.issuer,
        request=wording.request,
        reason=reason,
        as_of_at=at,
        figures=draw_figures(kind, town=town, period=period, drawn=drawn, as_of=at),
        prepared_by=by,
        prepared_at=at,
    )
    try:
        with transaction.atomic():
            draft.save()
    except IntegrityError as taken:
        raise ConflictError(f"{period.label}的发布稿已有人在编制，请在列表中打开。") from taken
    record_action("编制发布稿", by=by, subject=reference_to_draft(draft))
    return draft


def _check_lineage(town: Town, kind: EditionKind, period: Period, corrects: Edition | None, reason: str) -> None:
    if corrects is None:
        if Edition.objects.filter(town=town, kind=kind, period=period.code).exists():
            raise ConflictError(f"{period.label}已经发布，有误请在已发布的那一份上更正。")
        return
    if (corrects.town_id, corrects.kind, corrects.period) != (town.pk, kind, period.code):
        raise DomainError("更正须与原发布稿同种类、同期间。")
    if Edition.objects.filter(corrects=corrects).exists():
        raise ConflictError("这一份已经更正过，请在更正后的那一份上再更正。")
    if not reason:
        raise DomainError("请写明更正的原因。", field="reason")
    if len(reason) > _LONGEST_REASON:
        raise DomainError(f"更正原因最多 {_LONGEST_REASON} 个字。", field="reason")


@transaction.atomic
def reword_draft(draft: EditionDraft, *, wording: Wording, drawn: Drawn, by: User, at: datetime) -> EditionDraft:
    """Change the wording and draw the figures anew; whoever does is the preparer from now on, and may not approve.

    Raises NotAllowedError, ConflictError where it was submitted or ended, DomainError naming the field.
    """
    draft = lock(draft)
    _refuse_unless_office(draft, by, at)
    if draft.stage != EditionStage.PREPARING:
        raise ConflictError("已经提交或办结，不能再改；需要修改的，请先退回。")
    wording = wording.checked()
    draft.series, draft.issuer, draft.request = wording.series, wording.issuer, wording.request
    draft.figures = draw_figures(
        EditionKind(draft.kind), town=draft.town, period=draft.period_value, drawn=drawn, as_of=at
    )
    draft.as_of_at = draft.prepared_at = at
    draft.prepared_by = by
    draft.save(update_fields=["series", "issuer", "request", "figures", "as_of_at", "prepared_at", "prepared_by"])
    record_action("修改发布稿", by=by, subject=reference_to_draft(draft))
    return draft


@transaction.atomic
def submit_draft(draft: EditionDraft, *, by: User, at: datetime) -> EditionDraft:
    """Hand it to a second person. Raises NotAllowedError, ConflictError where it is not being prepared."""
    draft = lock(draft)
    _refuse_unless_office(draft, by, at)
    advance(draft, EditionStage.SUBMITTED)
    draft.returned_reason = ""
    draft.save(update_fields=["returned_reason"])
    record_action("提交发布稿", by=by, subject=reference_to_draft(draft))
    send_message(
        _approvers(draft, local_day(at)),
        kind=Message.Kind.TASK,
        title=f"{draft.title}待批准",
        body="请核对预览后批准发布，或写明理由退回。",
        subject=reference_to_draft(draft),
        dedupe_key=f"edition-submitted:{draft.public_id}:{at.isoformat()}",
    )
    return draft


@transaction.atomic
def return_draft(draft: EditionDraft, *, reason: str, by: User, at: datetime) -> EditionDraft:
    """Give it back with a reason: the second person, or the preparer who sees a fault.

    Raises NotAllowedError, ConflictError where it was not submitted, DomainError without a reason.
    """
    draft = lock(draft)
    standing = _standing(by, at)
    if not may_approve_edition(standing, draft) and not may_prepare_edition(standing, draft.town):
        raise NotAllowedError("由镇小区服务岗人员或镇领导退回。")
    reason = tidy(reason)
    if not reason:
        raise DomainError("请写明退回的理由。", field="reason")
    if len(reason) > _LONGEST_REASON:
        raise DomainError(f"理由最多 {_LONGEST_REASON} 个字。", field="reason")
    if draft.stage != EditionStage.SUBMITTED:
        raise ConflictError("这份发布稿不在待批准中，请刷新页面。")
    advance(draft, EditionStage.PREPARING)
    draft.returned_reason = reason
    draft.save(update_fields=["returned_reason"])
    record_action("退回发布稿", by=by, subject=reference_to_draft(draft), detail=reason)
    send_message(
        [draft.prepared_by],
        kind=Message.Kind.TASK,
        title=f"{draft.title}被退回",
        body=f"退回理由：{reason}",
        subject=reference_to_draft(draft),
        dedupe_key=f"edition-returned:{draft.public_id}:{at.isoformat()}",
    )
    return draft


@transaction.atomic
def drop_draft(draft: EditionDraft, *, by: User, at: datetime) -> EditionDraft:
    """Give it up before it is issued; no number was taken. Raises NotAllowedError, ConflictError."""
    draft = lock(draft)
    _refuse_unless_office(draft, by, at)
    advance(draft, EditionStage.DROPPED)
    record_action("放弃发布稿", by=by, subject=reference_to_draft(draft))
    return draft


def lock(draft: EditionDraft) -> EditionDraft:
    """The draft as it is now, held until the transaction ends."""
    held = EditionDraft.objects.select_for_update(of=("self",))
    return held.select_related("town__city", "prepared_by", "corrects", "edition").get(pk=draft.pk)


def advance(draft: EditionDraft, to: EditionStage) -> None:
    """The one place a draft's stage changes. Raises ConflictError for a step the table does not allow."""
    stage = EditionStage(draft.stage)
    if to not in EDITION_STEPS[stage]:
        raise ConflictError(f"这份发布稿{stage.label}，请刷新页面。")
    draft.stage = to
    draft.save(update_fields=["stage", "edition"])


def _standing(by: User, at: datetime) -> Standing:
    return standing_of(by, local_day(at))


def _refuse_unless_office(draft: EditionDraft, by: User, at: datetime) -> None:
    if not may_prepare_edition(_standing(by, at), draft.town):
        raise NotAllowedError(_ONLY_OFFICE)


def _approvers(draft: EditionDraft, on: date) -> list[User]:
    """The town's officers and leaders in office but for the preparer."""
    held = Appointment.objects.current(on).filter(post__role__in=APPROVERS, post__body__town=draft.town_id)
    people = User.objects.filter(is_active=True, appointments__in=held).exclude(pk=draft.prepared_by_id)
    return list(people.distinct())
