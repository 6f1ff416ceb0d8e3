"""可公开: whether residents may open a voucher, and how it is closed again once they could (clause 4.3.1)."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services import record_action
from finance.models import Disclosure, Entry, TakeBack, Voucher
from finance.permissions import deciders_of_take_backs
from finance.services.accounts import locked
from finance.services.vouchers import reference_to
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.periods import Cadence, Period
from kernel.text import tidy
from notices.models import Message
from notices.services import send_message
from supervision.rules import Duty, clause_of


def is_disclosed(entry: Entry) -> bool:
    """Whether a published disclosure holds the entry."""
    quarter = Period.containing(entry.on, Cadence.QUARTER).code
    published = Disclosure.objects.of_quarter(entry.account_id, quarter)
    return published.filter(published_at__gte=entry.entered_at).exists()


def is_out(voucher: Voucher) -> bool:
    """Whether residents can open it now: marked 可公开, of an entry that is disclosed."""
    return voucher.is_public and is_disclosed(voucher.entry)


@transaction.atomic
def mark_voucher(voucher: Voucher, *, is_public: bool, by: User) -> None:
    """Let residents open a voucher (可公开) or keep it with bearer, town and auditor.

    Raises DomainError for closing one that residents can open already: that is asked of the town.
    """
    # A publication at the same moment waits, or has committed: it holds the account's row as well.
    locked(voucher.entry.account)
    voucher.refresh_from_db(fields=["is_public"])
    if voucher.is_public == is_public:
        return
    if is_out(voucher):
        raise DomainError("这张凭证已随公示公开，不能自行收回。请写明原因，向镇小区岗申请收回公开。")
    Voucher.objects.filter(pk=voucher.pk).update(is_public=is_public)
    voucher.is_public = is_public
    record_action("凭证设为可公开" if is_public else "凭证设为不公开", by=by, subject=reference_to(voucher))


@transaction.atomic
def ask_to_take_back(voucher: Voucher, *, reason: str, by: User, at: datetime) -> TakeBack:
    """Ask the town to close a voucher that residents can open. It stays public until somebody there agrees.

    Raises DomainError without a reason or for a voucher that is not out, ConflictError while a request is open.
    """
    reason = tidy(reason)
    if not reason:
        raise DomainError("请写明为什么要收回公开。", field="reason")
    if not is_out(voucher):
        raise DomainError("这张凭证还没有随公示公开，记账人员可以直接改为不公开。")
    try:
        with transaction.atomic():
            asked = TakeBack.objects.create(voucher=voucher, reason=reason, asked_by=by, asked_at=at)
    except IntegrityError as error:
        raise ConflictError("这张凭证已有一份申请在等镇小区岗决定。") from error
    record_action("申请凭证收回公开", by=by, subject=reference_to(voucher), detail=reason)
    compound = voucher.entry.account.compound
    send_message(
        deciders_of_take_backs(compound, local_day(at)),
        kind=Message.Kind.TASK,
        title=f"{compound}：请决定凭证“{voucher.title}”是否收回公开",
        body=f"申请原因：{reason}",
        clause=clause_of(Duty.DISCLOSURE),
        subject=reference_to(voucher),
        dedupe_key=f"take-back:{asked.public_id}",
    )
    return asked


@transaction.atomic
def decide_take_back(asked: TakeBack, *, agreed: bool, remark: str, by: User, at: datetime) -> None:
    """Agree, which closes the voucher, or refuse, which leaves it public; with the reason, which both sides read.

    Raises DomainError without a reason, NotAllowedError for whoever asked, ConflictError where it was decided already.
    """
    remark = tidy(remark)
    if not remark:
        raise DomainError("请写明同意或不同意的理由。", field="remark")
    if asked.asked_by_id == by.pk:
        raise NotAllowedError("申请人不能决定自己的申请，请由另一人办理。")
    decision = TakeBack.Decision.AGREED if agreed else TakeBack.Decision.REFUSED
    claimed = TakeBack.objects.filter(pk=asked.pk, decision=TakeBack.Decision.OPEN).update(
        decision=decision, remark=remark, decided_by=by, decided_at=at
    )
    if not claimed:
        raise ConflictError("这份申请刚刚已由他人决定，请刷新页面查看。")
    voucher = asked.voucher
    if agreed:
        Voucher.objects.filter(pk=voucher.pk).update(is_public=False)
    record_action(f"凭证收回公开：{decision.label}", by=by, subject=reference_to(voucher), detail=remark)
    send_message(
        [asked.asked_by],
        kind=Message.Kind.NEWS,
        title=f"凭证“{voucher.title}”收回公开：{decision.label}",
        body=f"理由：{remark}",
        clause=clause_of(Duty.DISCLOSURE),
        subject=reference_to(voucher),
        dedupe_key=f"take-back-decided:{asked.public_id}",
    )
