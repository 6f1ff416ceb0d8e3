"""现场检查: begun on site, written stop by stop, handed in once; a mistake is withdrawn by another row."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Compound, ServiceContract, Town
from communities.permissions import standing_of
from evaluations.appraisal_rules import CLAUSE
from evaluations.fieldwork_permissions import managers_of, may_drop, may_inspect, may_withdraw, may_write
from evaluations.models import AppraisalMethod, Finding, FindingPhoto, FindingWithdrawal, Inspection
from evaluations.services.appraisals.methods import method_of, take_turn
from evaluations.services.fieldwork import inspectable
from files.models import StoredFile
from files.services import store_upload
from kernel.days import local_day, long_date
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.fields import Reference
from kernel.periods import Cadence, Period
from kernel.text import tidy
from notices.models import Message
from notices.services import send_message

LONGEST_WORDS, LONGEST_REASON, LONGEST_COMPANIONS = 300, 200, 60
MOST_PHOTOS, MOST_FINDINGS = 6, 100


def reference_to(inspection: Inspection) -> Reference:
    """A frozen pointer for messages and the action trail."""
    return Reference("evaluations.inspection", inspection.public_id, str(inspection))


@transaction.atomic
def begin_inspection(compound: Compound, *, by: User, at: datetime) -> Inspection:
    """Begin a draft, or go on with one's own of this compound and half-year.

    Raises NotAllowedError; DomainError where no firm serves the compound, nothing is judged on site, or a draft of an
    earlier half-year was never handed in.
    """
    on = local_day(at)
    if not may_inspect(standing_of(by, on), compound):
        raise NotAllowedError("现场检查由镇小区服务岗和所在村（社区）干部进行。")
    period = Period.containing(on, Cadence.HALF)
    own = Inspection.objects.drafts().filter(compound=compound, begun_by=by).first()
    if own is not None:
        if own.period != period.code:
            raise DomainError(f"您有一份{own.period_value.label}的检查没有提交，请先放弃它，再开始新的检查。")
        return own
    contract = ServiceContract.objects.in_office(on).filter(compound=compound).select_related("firm").first()
    if contract is None:
        raise DomainError(f"{compound}现在没有物业企业，不做物业考评的现场检查。")
    method = _method_to_go_by(compound.village.town, period, at=at)
    if not inspectable(method):
        raise DomainError(f"{period.label}考评办法里没有“现场检查”的项目。")
    try:
        with transaction.atomic():
            made = Inspection.objects.create(
                compound=compound, firm=contract.firm, period=period.code, method=method, begun_by=by, begun_at=at
            )
    except IntegrityError:
        # Begun at the same moment from another window.
        return Inspection.objects.drafts().get(compound=compound, begun_by=by)
    record_action("开始现场检查", by=by, subject=reference_to(made))
    return made


def _method_to_go_by(town: Town, period: Period, *, at: datetime) -> AppraisalMethod:
    """The half-year's last version; one nobody has touched yet is written down as it came over, made by nobody."""
    take_turn(town)
    method = method_of(town, period)
    if method.version == 0:
        method.version, method.made_at = 1, at
        method.save()
    return method


def _draft(inspection: Inspection, *, by: User, at: datetime) -> Inspection:
    """One's own draft, held to the end of the transaction."""
    held = Inspection.objects.select_for_update(of=("self",)).for_display().filter(pk=inspection.pk).first()
    if held is None or held.is_handed_in:
        raise ConflictError("这次检查已经提交或放弃，不能再改。")
    if not may_write(standing_of(by, local_day(at)), held):
        raise NotAllowedError("由开始这次检查的人填写。")
    return held


@transaction.atomic
def record_finding(
    inspection: Inspection,
    *,
    code: str,
    points: Decimal,
    words: str,
    photos: Sequence[UploadedFile | StoredFile],
    by: User,
    at: datetime,
) -> Finding:
    """A fault found on site, with at least one photo.

    Raises DomainError naming `code`, `points`, `words` or `photos`, ConflictError where the draft is none any more.
    """
    draft = _draft(inspection, by=by, at=at)
    item = next((one for one in inspectable(draft.method) if one.code == code), None)
    if item is None:
        raise DomainError("请选择扣分的项目。", field="code")
    if not Decimal(0) < points <= item.points:
        raise DomainError(f"“{item.label}”共 {item.points} 分，扣分应大于 0、不超过 {item.points}。", field="points")
    words = tidy(words)
    if not 2 <= len(words) <= LONGEST_WORDS:
        raise DomainError(f"请写明地点和情况，2 到 {LONGEST_WORDS} 个字。", field="words")
    if not photos:
        raise DomainError("请至少拍一张照片，扣分要有依据。", field="photos")
    if len(photos) > MOST_PHOTOS:
        raise DomainError(f"一处问题最多 {MOST_PHOTOS} 张照片。", field="photos")
    if draft.findings.count() >= MOST_FINDINGS:
        raise DomainError(f"一次检查最多记 {MOST_FINDINGS} 处问题，请提交后另开一次。")
    found = Finding.objects.create(inspection=draft, code=item.code, points=points, words=words, found_at=at)
    for photo in photos:
        stored = photo if isinstance(photo, StoredFile) else store_upload(photo, door="photo", by=by, field="photos")
        FindingPhoto.objects.create(finding=found, file=stored)
    record_action("记录检查问题", by=by, subject=reference_to(draft), detail=f"{item.label} 扣 {points} 分：{words}")
    return found


@transaction.atomic
def take_out(finding: Finding, *, by: User, at: datetime) -> None:
    """Take a finding out of one's draft again."""
    draft = _draft(finding.inspection, by=by, at=at)
    if not Finding.objects.filter(pk=finding.pk, inspection=draft).exists():
        raise ConflictError("这处问题已经去掉。")
    record_action("去掉检查问题", by=by, subject=reference_to(draft), detail=f"扣 {finding.points} 分：{finding.words}")
    finding.delete()


@transaction.atomic
def hand_in(
    inspection: Inspection, *, visited_on: date, checked: Collection[str], companions: str = "", by: User, at: datetime
) -> Inspection:
    """Hand a draft in: from now on it stays as it is, and the firm's manager is told.

    `checked` are the items looked at; those with findings are among them by themselves. Raises DomainError naming
    `visited_on`, `checked` or `companions`.
    """
    draft = _draft(inspection, by=by, at=at)
    on, period = local_day(at), draft.period_value
    if visited_on > on:
        raise DomainError("检查日期不能晚于今天。", field="visited_on")
    if visited_on not in period:
        raise DomainError(
            f"这次检查计入{period.label}（{long_date(period.first)}至{long_date(period.last)}），日期应在其中。",
            field="visited_on",
        )
    companions = tidy(companions)
    if len(companions) > LONGEST_COMPANIONS:
        raise DomainError(f"同行人员最多 {LONGEST_COMPANIONS} 个字。", field="companions")
    found = list(draft.findings.values_list("code", "points"))
    looked_at = {code for code, _ in found} | set(checked)
    codes = [item.code for item in inspectable(draft.method) if item.code in looked_at]
    if not codes:
        raise DomainError("请勾选这次检查了哪些项目。", field="checked")
    draft.visited_on, draft.companions, draft.checked, draft.handed_in_at = visited_on, companions, codes, at
    draft.save(update_fields=["visited_on", "companions", "checked", "handed_in_at"])
    told = f"检查 {len(codes)} 项，发现问题 {len(found)} 处，共扣 {sum((points for _, points in found), Decimal(0))} 分"
    record_action("提交现场检查", by=by, subject=reference_to(draft), detail=told)
    send_message(
        managers_of(draft.firm, draft.compound, on),
        kind=Message.Kind.NEWS,
        title=f"{draft.compound}：{long_date(visited_on)}现场检查结果",
        body=f"{told}。照片和情况见检查记录；计入{period.label}物业考评，得分告知后可以申辩。",
        clause=CLAUSE,
        subject=reference_to(draft),
        dedupe_key=f"inspection:{draft.public_id}",
    )
    return draft


@transaction.atomic
def drop_inspection(inspection: Inspection, *, by: User, at: datetime) -> None:
    """Give a draft up with all it holds; nobody outside has seen it."""
    held = Inspection.objects.select_for_update(of=("self",)).for_display().filter(pk=inspection.pk).first()
    if held is None or held.is_handed_in:
        raise ConflictError("这次检查已经提交或放弃。")
    if not may_drop(standing_of(by, local_day(at)), held):
        raise NotAllowedError("由开始这次检查的人或镇小区服务岗放弃。")
    record_action("放弃现场检查", by=by, subject=reference_to(held), detail=f"{held.findings.count()} 处问题未提交")
    held.delete()


@transaction.atomic
def withdraw_finding(finding: Finding, *, reason: str, by: User, at: datetime) -> FindingWithdrawal:
    """Withdraw a finding handed in by mistake: it stays to be read, with the reason, and counts no more.

    A score that was made final before keeps it: that is corrected as a score. Raises DomainError naming `reason`,
    ConflictError where it was withdrawn already.
    """
    reason = tidy(reason)
    if not 2 <= len(reason) <= LONGEST_REASON:
        raise DomainError(f"请写明为什么撤回，2 到 {LONGEST_REASON} 个字。", field="reason")
    inspection = finding.inspection
    if not inspection.is_handed_in:
        raise ConflictError("还没有提交的检查，直接去掉这处问题即可。")
    if not may_withdraw(standing_of(by, local_day(at)), finding):
        raise NotAllowedError("由检查人或镇小区服务岗撤回。")
    try:
        with transaction.atomic():
            made = FindingWithdrawal.objects.create(finding=finding, reason=reason, withdrawn_by=by, withdrawn_at=at)
    except IntegrityError as again:
        raise ConflictError("这处问题已经撤回。") from again
    record_action("撤回检查问题", by=by, subject=reference_to(inspection), detail=reason)
    send_message(
        managers_of(inspection.firm, inspection.compound, local_day(at)),
        kind=Message.Kind.NEWS,
        title=f"{inspection.compound}：现场检查的一处问题已撤回",
        body=f"“{finding.words}”不再扣分。理由：{reason}",
        clause=CLAUSE,
        subject=reference_to(inspection),
        dedupe_key=f"finding-withdrawn:{finding.public_id}",
    )
    return made
