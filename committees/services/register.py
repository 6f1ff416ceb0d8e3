"""The register of committees: founded, elected for a term, seated and left."""

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from accounts.services import record_action
from committees.models import Seat, Term
from committees.rules import LONGEST_NOTICE, SEAT_POSTS, latest_end
from communities.models import Appointment, Body, Building, Compound, Owner, Ownership, Post
from communities.rules import BodyKind
from communities.services import appoint, end_appointment
from kernel.days import long_date
from kernel.errors import ConflictError, DomainError
from kernel.fields import Reference, new_public_id
from kernel.rooms import building_key, room_key
from kernel.text import clean, tidy
from notices.models import Message
from notices.services import send_message


def reference_to(term: Term) -> Reference:
    """A frozen pointer for the action trail."""
    return Reference("committees.term", term.public_id, str(term))


@transaction.atomic
def found_committee(compound: Compound, *, from_on: date, name: str = "", by: User | None) -> Body:
    """Enter a compound's committee with its posts. Raises DomainError where one is already in office."""
    Compound.objects.select_for_update().get(pk=compound.pk)
    standing = Body.objects.committees().filter(compound=compound)
    if standing.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=from_on)).exists():
        raise DomainError("本小区已有业主委员会在任，请在其下登记新一届。", field="from_on")
    committee = Body.objects.create(
        kind=BodyKind.COMMITTEE,
        name=name or f"{compound.name}业主委员会",
        town_id=compound.village.town_id,
        village_id=compound.village_id,
        compound=compound,
        from_on=from_on,
    )
    Post.objects.bulk_create(
        Post(body=committee, title=post.title, role=post.role, is_single=post.is_single, order=order)
        for order, post in enumerate(SEAT_POSTS)
    )
    record_action("登记业主委员会", by=by, subject=Reference("communities.body", committee.public_id, committee.name))
    return committee


@transaction.atomic
def register_term(
    committee: Body,
    *,
    from_on: date,
    until_on: date,
    filed_on: date | None = None,
    filing_number: str = "",
    by: User | None,
) -> Term:
    """Enter the committee's next term after its election. The former term's members leave the day before it begins.

    Raises DomainError naming the field: more than five years (274号 art. 32), not after the former term's beginning,
    filed before elected.
    """
    committee = Body.objects.select_for_update().get(pk=committee.pk)
    former = committee.terms.order_by("-number").first()
    if from_on < committee.from_on:
        raise DomainError(f"任期不能早于业委会成立之日（{long_date(committee.from_on)}）。", field="from_on")
    if former is not None and from_on <= former.from_on:
        raise DomainError(f"须晚于第{former.number}届的任期起始日（{long_date(former.from_on)}）。", field="from_on")
    if until_on <= from_on:
        raise DomainError("任期届满日须晚于任期起始日。", field="until_on")
    if until_on > latest_end(from_on):
        raise DomainError(
            f"每届任期不超过五年，最晚到{long_date(latest_end(from_on))}（建房〔2009〕274号第三十二条）。",
            field="until_on",
        )
    if filed_on is not None and filed_on < from_on:
        raise DomainError("备案日期不能早于任期起始日。", field="filed_on")
    if former is not None:
        _leave(former, until_on=from_on - timedelta(days=1), by=by)
    term = Term.objects.create(
        committee=committee,
        number=former.number + 1 if former else 1,
        from_on=from_on,
        until_on=until_on,
        filed_on=filed_on,
        filing_number=tidy(filing_number),
    )
    record_action("登记业委会任期", by=by, subject=reference_to(term))
    return term


@transaction.atomic
def file_term(term: Term, *, filed_on: date, filing_number: str, on: date, by: User | None) -> Term:
    """Enter that a term was filed (备案, 条例 art. 16), where it was registered before that; entered once.

    `on` is today. Raises ConflictError where a filing stands, DomainError naming the field.
    """
    term = Term.objects.select_for_update().get(pk=term.pk)
    if term.filed_on is not None:
        raise ConflictError(f"第{term.number}届已登记备案（{long_date(term.filed_on)}）。")
    if filed_on < term.from_on:
        raise DomainError(f"备案日期不能早于任期起始日（{long_date(term.from_on)}）。", field="filed_on")
    if filed_on > on:
        raise DomainError("备案日期不能晚于今天，备案后再登记。", field="filed_on")
    term.filed_on, term.filing_number = filed_on, tidy(filing_number)
    term.save(update_fields=["filed_on", "filing_number"])
    detail = f"{long_date(filed_on)} {term.filing_number}"
    record_action("登记业委会备案", by=by, subject=reference_to(term), detail=detail)
    return term


@transaction.atomic
def end_committee(committee: Body, *, until_on: date, reason: str, on: date, by: User | None) -> Body:
    """Enter a committee's last day in office: dissolved by the owners, or its compound is none any more.

    Every post in it ends with that day; what was still owed may be finished by whoever owed it. `on` is today. Raises
    ConflictError where it was entered already, DomainError naming the field.
    """
    committee = Body.objects.select_for_update().get(pk=committee.pk)
    words = tidy(reason)
    if committee.ended_on is not None:
        raise ConflictError(f"该业委会的最后履职日已登记为{long_date(committee.ended_on)}。")
    if len(words) < 4:
        raise DomainError("请写明原因和依据，例如业主大会决定的日期。", field="reason")
    latest = committee.terms.order_by("-number").first()
    begun = max(committee.from_on, latest.from_on) if latest else committee.from_on
    if until_on < begun:
        raise DomainError(f"不能早于现届起始日（{long_date(begun)}）。", field="until_on")
    if until_on > on + LONGEST_NOTICE:
        raise DomainError("最多提前一年登记。", field="until_on")
    running = Appointment.objects.filter(post__body=committee).filter(
        Q(until_on__isnull=True) | Q(until_on__gt=until_on)
    )
    told: list[User] = []
    for appointment in running.select_related("user"):
        if appointment.from_on > until_on:
            raise DomainError(
                f"成员 {appointment.user.name} 自{long_date(appointment.from_on)}起任职，最后履职日不能早于该日。",
                field="until_on",
            )
        told.append(appointment.user)
        end_appointment(appointment, until_on=until_on, by=by)
    committee.ended_on = until_on
    committee.save(update_fields=["ended_on"])
    where = Reference("communities.body", committee.public_id, committee.name)
    detail = f"最后履职日{long_date(until_on)}：{words}"
    record_action("登记业委会停止履职", by=by, subject=where, detail=detail[:500])
    send_message(
        told,
        kind=Message.Kind.NEWS,
        title=f"{committee.name}自{long_date(until_on + timedelta(days=1))}起停止履职",
        body=f"由镇小区服务岗登记。原因：{words}。任期内没有办完的事项，仍由原经办人办完。",
        subject=where,
        dedupe_key=f"ended:{committee.public_id}",
    )
    return committee


def _leave(term: Term, *, until_on: date, by: User | None) -> None:
    """End whatever seats of a former term still run past the day."""
    running = Appointment.objects.filter(seat__term=term).filter(Q(until_on__isnull=True) | Q(until_on__gt=until_on))
    for appointment in running:
        if appointment.from_on > until_on:
            raise DomainError(
                f"上一届成员 {appointment.user.name} 自{long_date(appointment.from_on)}起任职，新一届须晚于该日。",
                field="from_on",
            )
        end_appointment(appointment, until_on=until_on, by=by)


@transaction.atomic
def seat_member(
    term: Term,
    *,
    owner: Owner,
    title: str,
    from_on: date,
    building: Building | None = None,
    affiliation: str = "",
    pledge: str = "",
    by: User | None,
) -> Seat:
    """Seat an owner in one of the committee's posts; the seat is the appointment itself.

    An owner without account gets one that cannot sign in until invited. Raises DomainError naming the field: not an
    owner of this compound (274号 art. 31), already seated in this term, a day outside the term.
    """
    post = term.committee.posts.filter(title=title).first()
    if post is None:
        raise DomainError("请选择业委会的职务。", field="title")
    if from_on < term.from_on:
        raise DomainError(f"任职不能早于本届起始日（{long_date(term.from_on)}）。", field="from_on")
    owns = Ownership.objects.current(from_on).filter(owner=owner, unit__building__compound=term.committee.compound)
    if not owns.exists():
        raise DomainError("业委会成员须为本小区业主（建房〔2009〕274号第三十一条）。", field="name")
    user = _account_of(owner)
    seated = Appointment.objects.filter(seat__term=term, user=user)
    if seated.filter(Q(until_on__isnull=True) | Q(until_on__gte=from_on)).exists():
        raise DomainError(f"{owner.name} 已是本届成员。", field="name")
    appointment = appoint(post, user=user, from_on=from_on, basis=f"第{term.number}届选举", by=by)
    return Seat.objects.create(
        appointment=appointment, term=term, building=building, affiliation=affiliation, pledge=tidy(pledge)
    )


def _account_of(owner: Owner) -> User:
    if owner.user is None:
        # The name to sign in with is chosen when the person is invited.
        owner.user = User.objects.create_user(new_public_id(), name=owner.name, phone=owner.phone, is_active=False)
        owner.save(update_fields=["user"])
    return owner.user


def find_owner(compound: Compound, *, building: str, room: str, name: str, on: date) -> tuple[Owner, Building]:
    """The owner of that name in that household, as the roster of the day knows them.

    The building and room may be written as people write them (3#, 3号楼; 0101, 101室). Raises DomainError naming
    the field that does not fit.
    """
    house = Building.objects.filter(compound=compound, key=building_key(building)).first()
    if house is None:
        raise DomainError(f"名册中没有“{clean(building)}”这一楼栋。", field="building")
    owners = Ownership.objects.current(on).filter(unit__building=house, unit__room_key=room_key(room))
    named = {o.owner.name: o.owner for o in owners.select_related("owner__user")}
    if not named:
        raise DomainError(f"名册中 {house.text} 没有房号“{clean(room)}”。", field="room")
    if clean(name) not in named:
        raise DomainError(f"名册中该户的业主不是“{clean(name)}”，请核对姓名或先更正名册。", field="name")
    return named[clean(name)], house


@transaction.atomic
def leave_seat(seat: Seat, *, until_on: date, by: User | None) -> Appointment:
    """Enter a member's last day; every right of the seat ends with the next request."""
    return end_appointment(seat.appointment, until_on=until_on, by=by)
