"""What the doors do with rooms that do not know each other: binding, and telling those it concerns."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.rules import LinkKind
from accounts.services import change_phone, end_sessions, make_link, open_resident
from communities.models import BindingRequest, Owner, Slip, Unit
from communities.permissions import may_be_taken_over_by_slip, may_come_in_by_phone, standing_of
from communities.rules import Relation
from communities.services import bind, decide_binding, people_of, unbind, use_slip
from kernel.days import local_day
from kernel.errors import DomainError
from kernel.fields import Reference
from kernel.masking import mask_name, mask_phone
from kernel.text import tidy
from notices.models import Message
from notices.services import send_message


@dataclass(frozen=True)
class Arrival:
    """What a slip's holder says: who they are to the home, as whom, and the phone they come back with."""

    relation: Relation
    owner: Owner | None
    name: str
    phone: str


@transaction.atomic
def arrive(slip: Slip, arrival: Arrival, *, user: User | None, at: datetime) -> User:
    """Bind the holder of a slip to its home: whoever is signed in, else a new account. All of it or nothing.

    Raises ConflictError where the slip or the owner's place was taken in between.
    """
    on = local_day(at)
    person = user or open_resident(name=arrival.name, phone=arrival.phone)
    use_slip(slip, by=person, at=at)
    bind(slip.unit, user=person, relation=arrival.relation, owner=arrival.owner, by=person, how="凭入户条", on=on)
    _tell_the_household(slip.unit, newcomer=person, relation=arrival.relation, how="凭入户条", at=at)
    return person


@transaction.atomic
def take_over(slip: Slip, owner: Owner, *, phone: str, at: datetime) -> tuple[User, str]:
    """An owner bound before comes back with a slip and a new, proven number; the person, and the number before.

    Raises DomainError where the account is more than a resident's: a slip proves a home, not a post.
    """
    on = local_day(at)
    person = owner.user
    if person is None or not person.is_active or not may_be_taken_over_by_slip(standing_of(person, on)):
        raise DomainError("这位业主的账号不能用入户条更换手机号。请用原来的方式登录，或向镇小区服务岗求助。")
    use_slip(slip, by=person, at=at)
    old = change_phone(person, phone=phone, by=person, detail="凭入户条")
    end_sessions(person, but=None, by=person)
    told = [one for one in people_of(slip.unit, on=on) if one.pk != person.pk]
    _tell(
        told,
        title=f"{mask_name(person.name)} 更换了手机号",
        body=f"{slip.unit} 的 {mask_name(person.name)} 凭入户条把手机号改为 {mask_phone(phone)}。{_OBJECT}",
        unit=slip.unit,
        key=f"phone:{slip.public_id}",
    )
    return person, old


@transaction.atomic
def decide(
    asked: BindingRequest, *, owner: Owner | None, approves: bool, reason: str, by: User, at: datetime
) -> BindingRequest:
    """Decide a request and tell both sides: who asked, and, where they are let in, the household."""
    decided = decide_binding(asked, owner=owner, approves=approves, reason=reason, by=by, at=at, on=local_day(at))
    unit, relation = decided.unit, Relation(decided.relation)
    outcome = "已同意" if approves else "未同意"
    _tell(
        [decided.user],
        title=f"绑定 {unit} 的申请{outcome}",
        body=f"{unit.building.compound.name} {unit}（{relation.label}）：{outcome}。{decided.reason}",
        unit=unit,
        key=f"request:{decided.public_id}",
    )
    if approves:
        _tell_the_household(unit, newcomer=decided.user, relation=relation, how="经村（社区）核对", at=at)
    return decided


@transaction.atomic
def part(unit: Unit, *, person: User, reason: str, by: User, at: datetime) -> None:
    """Take a person's tie to a home away. The person is told why and by whom, the others of the home that it is so."""
    on = local_day(at)
    told = tidy(reason)[:200]
    household = people_of(unit, on=on)
    unbind(unit, user=person, reason=told, by=by, on=on)
    where = f"{unit.building.compound.name} {unit}"
    key = f"parted:{unit.public_id}:{person.pk}:{at.isoformat()}"
    if person.pk != by.pk:
        _tell(
            [person],
            title=f"您不再绑定 {unit}",
            body=f"{by.name} 解除了您与 {where} 的绑定。理由：{told}。{_OBJECT}",
            unit=unit,
            key=f"{key}:told",
        )
    _tell(
        [one for one in household if one.pk not in (by.pk, person.pk)],
        title=f"{mask_name(person.name)} 不再绑定 {unit}",
        body=f"{mask_name(person.name)} 与 {where} 的绑定已解除。{_OBJECT}",
        unit=unit,
        key=key,
    )


@transaction.atomic
def hand_link(unit: Unit, *, person: User, by: User, at: datetime) -> str:
    """A one-time link for a resident who stands before the desk; its secret, shown once. The person is told."""
    link, secret = make_link(person, kind=LinkKind.SIGN_IN, by=by, at=at)
    _tell(
        [person],
        title="为您开了当面登录链接",
        body=f"{by.name} 为您开了一个当面登录链接，30 分钟内有效，只能用一次。{_OBJECT}",
        unit=unit,
        key=f"link:{link.public_id}",
    )
    return secret


def may_come_in(phone: str, *, on: date) -> list[User]:
    """Whose accounts a code sent to this number opens: residents', committees' and firms' people."""
    known = User.objects.filter(phone=phone, is_active=True).order_by("pk")
    return [user for user in known if may_come_in_by_phone(standing_of(user, on))]


_OBJECT = "不是您家的人或不是本人所为？请马上联系村（社区）或镇小区服务岗。"


def _tell_the_household(unit: Unit, *, newcomer: User, relation: Relation, how: str, at: datetime) -> None:
    others = [one for one in people_of(unit, on=local_day(at)) if one.pk != newcomer.pk]
    _tell(
        others,
        title=f"{unit} 新绑定了一人",
        body=f"{mask_name(newcomer.name)}（{relation.label}，{mask_phone(newcomer.phone)}）{how}绑定了"
        f" {unit.building.compound.name} {unit}。{_OBJECT}",
        unit=unit,
        key=f"bound:{unit.public_id}:{newcomer.pk}:{at.isoformat()}",
    )


def _tell(people: Iterable[User], *, title: str, body: str, unit: Unit, key: str) -> None:
    subject = Reference("communities.unit", unit.public_id, str(unit))
    send_message(people, kind=Message.Kind.NEWS, title=title, body=body, subject=subject, dedupe_key=key)
