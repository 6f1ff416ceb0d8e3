"""延期: one enters an extension of deadlines, another confirms it, a withdrawal is a further record with its reason."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Compound, Town, Village
from communities.permissions import standing_of
from kernel.days import local_day, long_date
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.fields import Reference
from kernel.text import tidy
from supervision.models import Extension, ExtensionRecord, Policy
from supervision.permissions import may_confirm_extension, may_enter_extension
from supervision.rules import LONGEST_EXTENSION_DAYS, LONGEST_EXTENSION_REACH
from supervision.services.board import Touched, refresh_cells
from supervision.services.deadlines import move_deadlines
from supervision.services.digests import newest_reminder, tell_bearers
from supervision.services.opening import period_labels
from supervision.services.reminding import propose, remind
from supervision.services.turn import wait_for_turn

_ONE_DAY = timedelta(days=1)
_LONGEST_PERIOD = timedelta(days=366)
_LONGEST_REASON, _LONGEST_BASIS = 200, 120


@dataclass(frozen=True)
class Days:
    """The deadlines concerned, both days included, and the day they move to."""

    from_on: date
    until_on: date
    new_on: date


def reference_to(extension: Extension) -> Reference:
    return Reference("supervision.extension", extension.public_id, str(extension))


@transaction.atomic
def enter_extension(
    town: Town,
    *,
    days: Days,
    reason: str,
    basis: str,
    by: User,
    at: datetime,
    village: Village | None = None,
    compound: Compound | None = None,
    duty: str = "",
) -> Extension:
    """Enter an extension; it moves nothing until another person confirms it (`confirm_extension`).

    Of the whole town, or of one village or compound, of all duties or one. Raises NotAllowedError, DomainError naming
    the field.
    """
    if not may_enter_extension(standing_of(by, local_day(at)), town):
        raise NotAllowedError("延期由镇小区服务岗录入。")
    _check_days(days)
    if compound is not None and village is not None and compound.village_id != village.pk:
        raise DomainError(f"{compound}不在{village}，请核对。", field="compound")
    place = compound.village if compound is not None else village
    if place is not None and place.town_id != town.pk:
        raise DomainError(f"{compound or village}不在{town}。", field="village" if compound is None else "compound")
    reason, basis = tidy(reason), tidy(basis)
    if not reason:
        raise DomainError("请写明延期的原因，如“台风‘示例’停工停电”“系统故障不能登录”。", field="reason")
    if not basis:
        raise DomainError("请写明依据：通知的文号，或系统运行记录的日期与编号。", field="basis")
    for field, value, most in (("reason", reason, _LONGEST_REASON), ("basis", basis, _LONGEST_BASIS)):
        if len(value) > most:
            raise DomainError(f"最多 {most} 个字。", field=field)
    extension = Extension.objects.create(
        town=town,
        village=None if compound is not None else village,
        compound=compound,
        duty=duty,
        from_on=days.from_on,
        until_on=days.until_on,
        new_on=days.new_on,
        reason=reason,
        basis=basis,
        entered_by=by,
        entered_at=at,
    )
    record_action("录入延期", by=by, subject=reference_to(extension), detail=_words(extension))
    return extension


@transaction.atomic
def confirm_extension(extension: Extension, *, by: User, at: datetime) -> Extension:
    """Put an extension into effect: deadlines move, proposals to urge become moot, the bearers are told.

    Never by the person who entered it. Raises NotAllowedError, ConflictError where it was confirmed or withdrawn.
    """
    extension = _locked(extension)
    if extension.entered_by_id == by.pk:
        raise DomainError("录入人不能确认自己录入的延期，请由另一位工作人员或领导确认。")
    if not may_confirm_extension(standing_of(by, local_day(at)), extension):
        raise NotAllowedError("由录入人以外的镇小区服务岗人员或镇领导确认。")
    _refuse_decided(extension, ExtensionRecord.Kind.CONFIRMED)
    _record(extension, ExtensionRecord.Kind.CONFIRMED, by=by, at=at)
    _carry_out(extension, at=at, heading="延期")
    record_action("确认延期", by=by, subject=reference_to(extension), detail=_words(extension))
    return extension


@transaction.atomic
def withdraw_extension(extension: Extension, *, reason: str, by: User, at: datetime) -> Extension:
    """Withdraw an extension by a further record: what is still owed falls due on its former day again.

    Whoever was done before had relied on it and keeps it. Raises NotAllowedError, ConflictError where it was withdrawn
    already, DomainError without a reason.
    """
    extension = _locked(extension)
    if not may_enter_extension(standing_of(by, local_day(at)), extension.town):
        raise NotAllowedError("延期由镇小区服务岗撤回。")
    _refuse_decided(extension, ExtensionRecord.Kind.WITHDRAWN)
    if not (reason := tidy(reason)):
        raise DomainError("请写明撤回的理由。", field="reason")
    if len(reason) > _LONGEST_REASON:
        raise DomainError(f"理由最多 {_LONGEST_REASON} 个字。", field="reason")
    _record(extension, ExtensionRecord.Kind.WITHDRAWN, by=by, at=at, reason=reason)
    _carry_out(extension, at=at, heading="延期撤回")
    record_action("撤回延期", by=by, subject=reference_to(extension), detail=reason)
    return extension


def _locked(extension: Extension) -> Extension:
    """With the sweep's lock: nothing is opened while deadlines move, and one decides about an extension at a time."""
    wait_for_turn()
    return Extension.objects.select_related("town", "village", "compound", "entered_by").get(pk=extension.pk)


def _refuse_decided(extension: Extension, kind: str) -> None:
    records = {record.kind: record for record in extension.records.select_related("by")}
    for done in (ExtensionRecord.Kind.WITHDRAWN, kind):
        if record := records.get(done):
            raise ConflictError(f"这项延期已由 {record.by} {record.get_kind_display()}。")


def _record(extension: Extension, kind: str, *, by: User, at: datetime, reason: str = "") -> None:
    extension.records.create(kind=kind, entered_by=extension.entered_by, by=by, at=at, reason=reason)


def _carry_out(extension: Extension, *, at: datetime, heading: str) -> None:
    """Move the deadlines and everything that follows them; in constant statements, however many they are."""
    on = local_day(at)
    moved = move_deadlines()
    touched = Touched(after=2**62, ids=tuple(moved))
    policies = list(Policy.objects.confirmed().filter(town=extension.town).prefetch_related("numbers"))
    before = newest_reminder()
    # The steps of everybody else are the sweep's: those of the days from tomorrow until today are none.
    remind(policies, touched=touched, since=on + _ONE_DAY, on=on, at=at)
    propose(policies, touched=touched, since=on + _ONE_DAY, on=on, at=at)
    refresh_cells(touched, has_moved=True)
    tell_bearers(
        touched=Touched(after=2**62),
        after_reminder=before,
        also=moved,
        heading=heading,
        periods=period_labels(extension.from_on - 2 * _LONGEST_PERIOD, extension.new_on + _LONGEST_PERIOD),
        on=on,
        run=f"{heading}:{extension.public_id}",
    )


def _check_days(days: Days) -> None:
    if days.until_on < days.from_on:
        raise DomainError("止日不能早于起日。", field="until_on")
    if (days.until_on - days.from_on).days >= LONGEST_EXTENSION_REACH:
        raise DomainError(f"一项延期最多涉及 {LONGEST_EXTENSION_REACH} 天内的期限，请核对年月。", field="until_on")
    if days.new_on <= days.until_on:
        raise DomainError(f"新期限须晚于 {long_date(days.until_on)}，否则没有延期。", field="new_on")
    if (days.new_on - days.until_on).days > LONGEST_EXTENSION_DAYS:
        raise DomainError(f"一次最多延 {LONGEST_EXTENSION_DAYS} 天，请核对年月。", field="new_on")


def _words(extension: Extension) -> str:
    """2026年10月30日至31日到期的延至2026年11月5日（全镇 · 全部事项）."""
    first, last = long_date(extension.from_on), long_date(extension.until_on)
    days = first if first == last else f"{first}至{last}"
    return f"{days}到期的延至{long_date(extension.new_on)}（{extension.scope}）：{extension.reason}"
