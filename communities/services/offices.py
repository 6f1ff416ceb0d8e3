"""Who comes and goes on the ground: posts change hands, firms sign and hand over, committees take and leave office."""

from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from accounts.services import record_action
from communities.models import Appointment, Body, Compound, Post, PropertyFirm, ServiceContract, Suspension
from communities.permissions import may_audit
from communities.querysets import in_office
from communities.rules import Role
from kernel.credit_code import is_credit_code
from kernel.days import long_date
from kernel.errors import DomainError
from kernel.fields import Reference


@transaction.atomic
def appoint(
    post: Post, *, user: User, from_on: date, until_on: date | None = None, basis: str = "", by: User | None
) -> Appointment:
    """Give a post to a person from a day on; the former holder of a single post ends the day before.

    A holder changes by this new row, never by an edit (annex: 由继任者担任，不再另行发文).
    Raises DomainError when the successor would begin before the present holder did.
    """
    post = Post.objects.select_for_update().get(pk=post.pk)
    if until_on is not None and until_on < from_on:
        raise DomainError("任职结束日期不能早于开始日期。", field="until_on")
    if post.role == Role.AUDITOR and not may_audit(User.objects.select_for_update().get(pk=user.pk)):
        raise DomainError("管理员不能兼任审计人员，请换一人。", field="username")
    if post.is_single:
        former = post.appointments.filter(Q(until_on__isnull=True) | Q(until_on__gte=from_on)).order_by("from_on")
        for appointment in former:
            if appointment.from_on >= from_on:
                raise DomainError(
                    f"现任 {appointment.user.name} 自{long_date(appointment.from_on)}起任职，继任日期须晚于该日。",
                    field="from_on",
                )
            appointment.until_on = from_on - timedelta(days=1)
            appointment.save(update_fields=["until_on"])
    made = Appointment.objects.create(
        post=post, user=user, from_on=from_on, until_on=until_on, is_exclusive=post.is_single, basis=basis
    )
    record_action("任命", by=by, subject=reference_to(made, f"{user.name} 任 {post}"))
    return made


@transaction.atomic
def end_appointment(appointment: Appointment, *, until_on: date, by: User | None) -> Appointment:
    """End a post on its last day; its rights end with the following request."""
    appointment = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if until_on < appointment.from_on:
        raise DomainError("离任日期不能早于任职日期。", field="until_on")
    if appointment.until_on is not None and appointment.until_on <= until_on:
        raise DomainError(f"该任职已于{long_date(appointment.until_on)}结束。", field="until_on")
    appointment.until_on = until_on
    appointment.save(update_fields=["until_on"])
    record_action("离任", by=by, subject=reference_to(appointment, str(appointment)))
    return appointment


@transaction.atomic
def suspend(appointment: Appointment, *, from_on: date, on: date, by: User | None) -> Appointment:
    """Suspend a holder from a day on (clause 4.2.2); every right is gone with the next request.

    `on` is today. A second suspension is a second row. Raises DomainError while the former one lasts, for a day that
    is not after it, and for one outside the appointment.
    """
    appointment = Appointment.objects.select_for_update().get(pk=appointment.pk)
    former = appointment.suspended_until_on
    if appointment.suspended_from_on is not None and (former is None or former >= on):
        raise DomainError("该成员已在暂停履职期间。" if former is None else _STILL.format(long_date(former)))
    if former is not None and from_on <= former:
        raise DomainError(f"与上一次暂停（至{long_date(former)}）重叠，须晚于该日。", field="from_on")
    if from_on < appointment.from_on or (appointment.until_on is not None and from_on > appointment.until_on):
        last = f"至{long_date(appointment.until_on)}" if appointment.until_on else "起"
        raise DomainError(f"暂停之日须在任职期内（{long_date(appointment.from_on)}{last}）。", field="from_on")
    Suspension.objects.create(appointment=appointment, from_on=from_on, entered_by=by)
    appointment.suspended_from_on, appointment.suspended_until_on = from_on, None
    appointment.save(update_fields=["suspended_from_on", "suspended_until_on"])
    record_action("暂停履职", by=by, subject=reference_to(appointment, str(appointment)))
    return appointment


_STILL = "该成员的上一次暂停到{}才结束，结束以后再登记。"


@transaction.atomic
def reinstate(appointment: Appointment, *, suspended_until_on: date, by: User | None) -> Appointment:
    """End a suspension on its last day, where the assembly did not end the seat (clause 4.2.2)."""
    appointment = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if appointment.suspended_from_on is None or appointment.suspended_until_on is not None:
        raise DomainError("该成员不在暂停履职期间。")
    if suspended_until_on < appointment.suspended_from_on:
        raise DomainError("恢复前的最后一日不能早于暂停之日。", field="suspended_until_on")
    appointment.suspensions.filter(until_on__isnull=True).update(until_on=suspended_until_on)
    appointment.suspended_until_on = suspended_until_on
    appointment.save(update_fields=["suspended_until_on"])
    record_action("恢复履职", by=by, subject=reference_to(appointment, str(appointment)))
    return appointment


@transaction.atomic
def register_firm(name: str, *, credit_code: str, contact: str = "", phone: str = "", by: User | None) -> PropertyFirm:
    """Enter a firm with its two posts: who answers for it, and who keeps its books.

    Raises DomainError for a wrong credit code or one entered already.
    """
    if not is_credit_code(credit_code):
        raise DomainError("统一社会信用代码应为 18 位，且校验位须正确。", field="credit_code")
    if PropertyFirm.objects.filter(credit_code=credit_code).exists():
        raise DomainError("该信用代码的企业已登记。", field="credit_code")
    firm = PropertyFirm.objects.create(name=name, credit_code=credit_code, contact=contact, phone=phone)
    Post.objects.bulk_create(
        [
            Post(firm=firm, title="项目负责人", role=Role.FIRM_MANAGER, order=1),
            Post(firm=firm, title="经办人", role=Role.FIRM_CLERK, order=2),
        ]
    )
    record_action("登记物业企业", by=by, subject=reference_to(firm, firm.name))
    return firm


@transaction.atomic
def sign_contract(
    compound: Compound,
    *,
    firm: PropertyFirm,
    from_on: date,
    until_on: date | None,
    fee_per_m2: Decimal,
    by: User | None,
) -> ServiceContract:
    """Enter a service contract. The firm before must have handed over (Civil Code arts. 949, 950)."""
    Compound.objects.select_for_update().get(pk=compound.pk)
    standing = compound.contracts.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=from_on)).first()
    if standing is not None:
        raise DomainError(f"{standing.firm} 尚未交接完毕，请先登记其最后服务日。", field="from_on")
    made = ServiceContract.objects.create(
        compound=compound, firm=firm, from_on=from_on, until_on=until_on, fee_per_m2=fee_per_m2
    )
    record_action("登记物业合同", by=by, subject=reference_to(made, str(made)))
    return made


@transaction.atomic
def hand_over(contract: ServiceContract, *, ended_on: date, by: User | None) -> ServiceContract:
    """Enter the firm's last day of service; its rights in the compound end, its open obligations stay its own."""
    contract = ServiceContract.objects.select_for_update().get(pk=contract.pk)
    if contract.ended_on is not None:
        raise DomainError(f"已登记最后服务日{long_date(contract.ended_on)}。", field="ended_on")
    if ended_on < contract.from_on:
        raise DomainError("最后服务日不能早于服务开始日。", field="ended_on")
    contract.ended_on = ended_on
    contract.save(update_fields=["ended_on"])
    record_action("物业交接", by=by, subject=reference_to(contract, str(contract)))
    return contract


def committee_of(compound: Compound, on: date) -> Body | None:
    """The committee in office on a day, or None."""
    return Body.objects.committees().filter(in_office(on), compound=compound).first()


def firm_of(compound: Compound, on: date) -> PropertyFirm | None:
    """The firm in office on a day, or None."""
    contract = ServiceContract.objects.in_office(on).filter(compound=compound).select_related("firm").first()
    return contract.firm if contract else None


def reference_to(thing: Appointment | Body | Compound | ServiceContract | PropertyFirm, title: str) -> Reference:
    """A frozen pointer for the action trail and messages."""
    return Reference(thing._meta.label_lower, thing.public_id, title)
