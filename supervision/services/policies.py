"""Documents in force: who enters one, who confirms it, which one holds on a day and which numbers it states."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from accounts.services import record_action
from communities.models import Town
from files.models import StoredFile
from kernel.days import local_day, long_date, start_of
from kernel.errors import ConflictError, DomainError
from kernel.fields import Reference
from kernel.text import tidy
from supervision.models import Policy, PolicyNumber
from supervision.rules import DEFAULTS, NUMBERS, Number

_ONE_DAY = timedelta(days=1)
_BRACKETS = str.maketrans("[［【（(]］】）)", "〔〔〔〔〔〕〕〕〕〕")
_DOCUMENT_NUMBER = re.compile(r".+〔\d{4}〕\d+号")
_REPLACES = (Policy.Kind.SUCCESSOR, Policy.Kind.ADJUSTMENT)

PLAN_NUMBER = "宝政〔2023〕87号"
PLAN_TITLE = "宝盖镇深化住宅小区物业管理专项整治行动方案"
PLAN_FROM_ON = date(2023, 11, 1)
PLAN_UNTIL_ON = date(2024, 10, 31)


@dataclass(frozen=True)
class Change:
    """A number that a policy states otherwise than the one it follows."""

    number: Number
    old: int
    new: int


def reference_to(policy: Policy) -> Reference:
    return Reference("supervision.policy", policy.public_id, str(policy))


def policy_in_force(town: Town, on: date) -> Policy | None:
    """The confirmed policy whose days hold `on`, with its numbers; None when the town has none."""
    return Policy.objects.filter(town=town).in_force(on).prefetch_related("numbers").first()


def last_policy(town: Town) -> Policy | None:
    """The confirmed policy that begins last, perhaps still to come: what a new document follows."""
    return Policy.objects.filter(town=town).confirmed().prefetch_related("numbers").first()


def latest_policy(town: Town, on: date) -> Policy | None:
    """The policy in force, else the confirmed one that ended last before `on`."""
    return Policy.objects.filter(town=town, from_on__lte=on).confirmed().prefetch_related("numbers").first()


def numbers_of(policy: Policy | None) -> dict[str, int]:
    """Every number of the page by key, as the policy states it; what it does not state has its default."""
    return DEFAULTS | ({number.key: number.value for number in policy.numbers.all()} if policy else {})


def changes_of(policy: Policy) -> list[Change]:
    """What the policy states otherwise than the one it follows (or than the plan), in the order of the page."""
    old, new = numbers_of(policy.follows), numbers_of(policy)
    return [
        Change(number, old[number.key], new[number.key]) for number in NUMBERS if old[number.key] != new[number.key]
    ]


def gap_before(policy: Policy) -> tuple[date, date] | None:
    """First and last day without any policy between this one and the one it follows, or None."""
    followed = policy.follows
    if followed is None or followed.until_on is None or followed.until_on + _ONE_DAY >= policy.from_on:
        return None
    return followed.until_on + _ONE_DAY, policy.from_on - _ONE_DAY


@transaction.atomic
def seed_plan(town: Town) -> Policy:
    """The plan itself with its numbers, in force 2023-11-01 … 2024-10-31; a second call finds it there."""
    plan, created = Policy.objects.get_or_create(
        town=town,
        number=PLAN_NUMBER,
        kind=Policy.Kind.ORIGINAL,
        defaults={
            "title": PLAN_TITLE,
            "from_on": PLAN_FROM_ON,
            "until_on": PLAN_UNTIL_ON,
            "entered_at": start_of(PLAN_FROM_ON),
            "confirmed_at": start_of(PLAN_FROM_ON),
        },
    )
    if created:
        _state_numbers(plan, numbers=DEFAULTS, sources={})
    return plan


@transaction.atomic
def enter_policy(
    town: Town,
    *,
    number: str,
    title: str,
    kind: Policy.Kind,
    follows: Policy | None,
    from_on: date,
    until_on: date | None,
    numbers: Mapping[str, int],
    sources: Mapping[str, PolicyNumber.Source] | None = None,
    scan: StoredFile | None = None,
    is_example: bool = False,
    by: User | None,
    at: datetime,
) -> Policy:
    """Enter a document; it has no effect until another person confirms it (`confirm_policy`).

    `numbers` holds what differs from the followed policy; the rest is taken over. `sources` says where a number
    comes from (文件规定 or 本系统约定), by default as on the page. Raises DomainError naming the field.
    """
    number = _checked_number(number)
    if not tidy(title):
        raise DomainError("请填写文件标题。", field="title")
    if until_on is not None and until_on < from_on:
        raise DomainError("有效期止日不能早于施行日期。", field="until_on")
    whole = numbers_of(follows) | dict(numbers)
    _check_numbers(whole)
    _check_kind(kind, follows=follows, number=number, from_on=from_on, until_on=until_on, on=local_day(at))
    if kind is Policy.Kind.ADJUSTMENT:
        _check_only_conventions(whole, follows=follows)
    elif scan is None and not is_example:
        raise DomainError("请上传文件扫描件，供另一人核对。", field="scan")
    entered = Policy(
        town=town,
        number=number,
        title=tidy(title),
        kind=kind,
        follows=follows,
        from_on=from_on,
        until_on=until_on,
        scan=scan,
        is_example=is_example,
        entered_by=by,
        entered_at=at,
    )
    _check_free(entered)
    entered.save()
    _state_numbers(entered, numbers=whole, sources=sources or {}, follows=follows)
    record_action("录入政策文件", by=by, subject=reference_to(entered))
    return entered


@transaction.atomic
def confirm_policy(policy: Policy, *, by: User, at: datetime) -> Policy:
    """Put an entered document into effect for its days. Never by the person who entered it.

    Where it replaces a document that would still be in force, that one ends the day before.
    Raises DomainError on overlapping days, ConflictError when somebody else was quicker.
    """
    # One confirmation at a time per town: the exclusion constraint stays as the last word, this gives the message.
    Town.objects.select_for_update().get(pk=policy.town_id)
    policy = Policy.objects.select_for_update(of=("self",)).select_related("follows").get(pk=policy.pk)
    if policy.confirmed_at is not None:
        raise ConflictError(f"{policy.number} 已由 {policy.confirmed_by} 确认。")
    if policy.entered_by_id == by.pk:
        raise DomainError("录入人不能确认自己录入的文件，请由另一位工作人员或领导确认。")
    _check_free(policy)
    if policy.kind in _REPLACES and policy.follows is not None:
        _end_before(policy.follows, policy.from_on)
    policy.confirmed_by, policy.confirmed_at = by, at
    policy.save(update_fields=["confirmed_by", "confirmed_at"])
    record_action("确认政策文件", by=by, subject=reference_to(policy))
    return policy


@transaction.atomic
def withdraw_policy(policy: Policy, *, by: User) -> None:
    """Take back a document that nobody has confirmed yet; the action trail keeps what it was."""
    policy = Policy.objects.select_for_update().get(pk=policy.pk)
    if policy.confirmed_at is not None:
        raise ConflictError("已确认的文件不能撤回；如有新文件，请录入新文件接替。")
    reference = reference_to(policy)
    policy.delete()
    record_action("撤回未确认的政策文件", by=by, subject=reference)


def _checked_number(number: str) -> str:
    """A document number with the brackets GB/T 9704 wants: 宝政〔2026〕12号."""
    checked = tidy(number).replace(" ", "").translate(_BRACKETS)
    if not _DOCUMENT_NUMBER.fullmatch(checked):
        raise DomainError("文号应写成“宝政〔2026〕12号”的样子。", field="number")
    return checked


def _check_numbers(numbers: Mapping[str, int]) -> None:
    """Raises DomainError naming the field `number_<key>`."""
    for number in NUMBERS:
        if not number.least <= numbers[number.key] <= number.most:
            raise DomainError(
                f"“{number.label}”应在 {number.least} 到 {number.most} 之间。", field=f"number_{number.key}"
            )
    if not numbers["remind_first"] > numbers["remind_second"] > numbers["remind_last"]:
        raise DomainError("三次提醒的提前天数应依次减少，如 14、7、1。", field="number_remind_second")


def _check_kind(
    kind: Policy.Kind, *, follows: Policy | None, number: str, from_on: date, until_on: date | None, on: date
) -> None:
    """An adjustment keeps its document's number and last day and begins in the future; the others are new documents."""
    if kind is Policy.Kind.ORIGINAL:
        if follows is not None:
            raise DomainError("首次印发的文件不接续别的文件。", field="kind")
        return
    if follows is None or follows.confirmed_at is None:
        raise DomainError("请选择所接续的、已确认的文件。", field="follows")
    if from_on <= follows.from_on:
        raise DomainError(f"施行日期须晚于所接续文件的施行日期 {long_date(follows.from_on)}。", field="from_on")
    if kind is not Policy.Kind.ADJUSTMENT:
        return
    if number != follows.number:
        raise DomainError("调整本系统约定不换文件，文号须与所接续的文件相同。", field="number")
    if until_on != follows.until_on or (follows.until_on is not None and from_on > follows.until_on):
        raise DomainError("调整须在所接续文件的有效期内，且止日相同。", field="until_on")
    if from_on <= on:
        raise DomainError("调整只能从明日或以后开始，已产生的事项不变。", field="from_on")


def _check_only_conventions(numbers: Mapping[str, int], *, follows: Policy | None) -> None:
    old = numbers_of(follows)
    for number in NUMBERS:
        if number.is_plan and numbers[number.key] != old[number.key]:
            raise DomainError(f"“{number.label}”是文件规定的，须凭新文件修改。", field=f"number_{number.key}")


def _check_free(policy: Policy) -> None:
    """Refuse days on which another confirmed document holds, but for the one it replaces, which ends the day before."""
    others = Policy.objects.filter(town_id=policy.town_id).confirmed().exclude(pk=policy.pk)
    if policy.kind in _REPLACES:
        others = others.exclude(pk=policy.follows_id)
    if policy.until_on is not None:
        others = others.filter(from_on__lte=policy.until_on)
    other = others.filter(Q(until_on__isnull=True) | Q(until_on__gte=policy.from_on)).first()
    if other is None:
        return
    until = long_date(other.until_on) if other.until_on else "长期"
    hint = f"请从 {long_date(other.until_on + _ONE_DAY)} 起。" if other.until_on else "请选“新文件接替”。"
    raise DomainError(f"有效期与 {other.number}（{long_date(other.from_on)}至{until}）重叠，{hint}", field="from_on")


def _end_before(followed: Policy, day: date) -> None:
    if followed.until_on is None or followed.until_on >= day:
        followed.until_on = day - _ONE_DAY
        followed.save(update_fields=["until_on"])


def _state_numbers(
    policy: Policy,
    *,
    numbers: Mapping[str, int],
    sources: Mapping[str, PolicyNumber.Source],
    follows: Policy | None = None,
) -> None:
    """Write every number of the page, so that a policy can be read without the one it follows."""
    former = {number.key: number.source for number in follows.numbers.all()} if follows else {}
    PolicyNumber.objects.bulk_create(
        PolicyNumber(
            policy=policy,
            key=number.key,
            value=numbers[number.key],
            source=sources.get(number.key)
            or former.get(number.key)
            or (PolicyNumber.Source.PLAN if number.is_plan else PolicyNumber.Source.LOCAL),
            clause=number.clause,
        )
        for number in NUMBERS
    )
