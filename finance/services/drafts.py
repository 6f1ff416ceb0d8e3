"""The work on a disclosure before it is public: prepared by one, reviewed by another (clauses 4.3.1, 4.3.6)."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services import record_action
from communities.permissions import HEADS, Standing, standing_of
from finance.models import DisclosureDraft, LedgerAccount, ReconcilingItem, StatementLine
from finance.permissions import may_prepare, may_publish, may_review, people_of_bearer, reviewers_of
from finance.rules import Direction
from finance.services.checks import nil_refusal, refuse_problems
from finance.services.coverage import account_to_begin
from finance.services.figures import figures_of, figures_sha
from finance.services.quarter import read_quarter
from finance.services.statements import lines_not_booked
from kernel.days import local_day, long_date
from kernel.errors import ConflictError, DomainError, NotAllowedError
from notices.models import Message
from notices.services import send_message
from supervision.models import Obligation
from supervision.rules import Duty, clause_of
from supervision.services import note_progress
from supervision.services.obligations import reference_to

Stage = DisclosureDraft.Stage
Progress = Obligation.Progress

#: The one table of what may follow what. Back to 编制中 is a return; 已审核 → 待审核 asks for another review.
TRANSITIONS: dict[Stage, frozenset[Stage]] = {
    Stage.PREPARING: frozenset({Stage.SUBMITTED}),
    Stage.SUBMITTED: frozenset({Stage.PREPARING, Stage.REVIEWED}),
    Stage.REVIEWED: frozenset({Stage.PREPARING, Stage.SUBMITTED, Stage.PUBLISHED}),
    Stage.PUBLISHED: frozenset(),
}
_REFUSALS: dict[Stage, str] = {
    Stage.PREPARING: "底稿还在编制，请先提交审核。",
    Stage.SUBMITTED: "底稿已提交，正等待审核。",
    Stage.REVIEWED: "底稿已经审核，等待发布。",
    Stage.PUBLISHED: "本期公示已经发布。",
}


def advance(draft: DisclosureDraft, to: Stage) -> None:
    """Move a locked draft on; the only place where a stage is set. Raises ConflictError off the table."""
    if to not in TRANSITIONS[Stage(draft.stage)]:
        raise ConflictError(_REFUSALS[Stage(draft.stage)])
    draft.stage = to
    draft.save()


def lock(draft: DisclosureDraft) -> DisclosureDraft:
    """The draft as it is now, held until the transaction ends. Raises ConflictError where it was given up."""
    held = DisclosureDraft.objects.for_work().select_for_update(of=("self",)).filter(pk=draft.pk).first()
    if held is None:
        raise ConflictError("这份底稿已被放弃，请重新开始编制。")
    return held


def refuse_unless(allowed: bool, message: str) -> None:
    """Raise NotAllowedError with the message where the right is missing."""
    if not allowed:
        raise NotAllowedError(message)


def standing_at(user: User, at: datetime) -> Standing:
    """The person's standing on the day of an act."""
    return standing_of(user, local_day(at))


# -- Beginning and editing ---------------------------------------------------------------------------------------------


@transaction.atomic
def start_draft(
    obligation: Obligation, *, account: LedgerAccount | None = None, by: User, at: datetime, reason: str = ""
) -> DisclosureDraft:
    """Begin the disclosure of one of the bearer's accounts (the next one unless told), or with a reason its correction.

    Raises NotAllowedError for whoever does not act for the bearer, ConflictError where a draft is open already,
    DomainError where there is no account of one's own, the obligation is released, or a correction has no reason.
    """
    refuse_unless(may_prepare(standing_at(by, at), obligation), "只有公示单位的经办人可以编制本期公示。")
    if obligation.duty != Duty.DISCLOSURE or obligation.released_on is not None:
        raise DomainError("该事项不需要编制公示。")
    if obligation.period_last_on >= local_day(at):
        raise DomainError(f"本季度到 {long_date(obligation.period_last_on)} 结束，之后才能编制公示。")
    account = account or account_to_begin(obligation)
    if account is None:
        raise DomainError("本季度没有以本单位为户主的公共收益账户：请先建账，或对另一方的公示会签。")
    is_correction = obligation.disclosures.filter(account=account).exists()
    if is_correction and not reason.strip():
        raise DomainError("请写明更正原因，它将与更正版一同公布。", field="reason")
    try:
        with transaction.atomic():
            draft = DisclosureDraft.objects.create(
                obligation=obligation,
                account=account,
                started_at=at,
                correction_reason=reason.strip() if is_correction else "",
                contact=_last_contact(account),
            )
    except IntegrityError as error:
        raise ConflictError("本期公示的底稿已经在编制；有几个账户的，办完一个再办下一个。") from error
    _tell_progress(draft, Progress.PREPARING)
    record_action("开始编制公示", by=by, subject=reference_to(obligation), detail=reason)
    return draft


def _last_contact(account: LedgerAccount) -> str:
    last = account.drafts.filter(stage=Stage.PUBLISHED).order_by("-pk").first()
    return last.contact if last else ""


@transaction.atomic
def edit_draft(draft: DisclosureDraft, *, note: str, contact: str, is_nil: bool, by: User, at: datetime) -> None:
    """Change what the preparer writes beside the figures. 本季度无收支 is refused while there are lines or entries."""
    draft = _lock_for_preparing(draft, by=by, at=at)
    if is_nil and (refusal := nil_refusal(read_quarter(draft))):
        raise DomainError(refusal, field="is_nil")
    draft.note, draft.contact, draft.is_nil = note.strip(), contact.strip(), is_nil
    draft.save(update_fields=["note", "contact", "is_nil"])


def _lock_for_preparing(draft: DisclosureDraft, *, by: User, at: datetime) -> DisclosureDraft:
    draft = lock(draft)
    refuse_unless(may_prepare(standing_at(by, at), draft.obligation), "只有公示单位的经办人可以修改底稿。")
    if draft.stage != Stage.PREPARING:
        raise ConflictError(_REFUSALS[Stage(draft.stage)])
    return draft


@transaction.atomic
def list_reconciling(
    draft: DisclosureDraft,
    *,
    reason: str,
    line: StatementLine | None = None,
    amount: Decimal | None = None,
    by: User,
    at: datetime,
) -> ReconcilingItem:
    """List why books and bank differ: a bank line not booked by the quarter's end, or a booked sum not at the bank yet.

    `amount` in yuan, signed, is what is added to the bank's balance; a line's own follows from the line.
    """
    draft = _lock_for_preparing(draft, by=by, at=at)
    if not reason.strip():
        raise DomainError("请写明未达原因。", field="reason")
    if line is not None:
        last = draft.obligation.period_last_on
        waiting = lines_not_booked(draft.account, last).with_left(until=last).filter(pk=line.pk).first()
        if waiting is None:
            raise ConflictError("这一行已经入账，或不属于本季度末以前的明细。")
        amount = waiting.left_amount if line.direction == Direction.OUT else -waiting.left_amount
    if not amount:
        raise DomainError("请填写调整金额，不能为零。", field="amount")
    if line is not None:
        return ReconcilingItem.objects.update_or_create(
            draft=draft, line=line, defaults={"amount": amount, "reason": reason.strip()}
        )[0]
    # The same button pressed twice lists it once.
    return ReconcilingItem.objects.get_or_create(draft=draft, line=None, amount=amount, reason=reason.strip())[0]


@transaction.atomic
def drop_reconciling(item: ReconcilingItem, *, by: User, at: datetime) -> None:
    """Take a reconciling item off the list again."""
    _lock_for_preparing(item.draft, by=by, at=at)
    item.delete()


@transaction.atomic
def discard_draft(draft: DisclosureDraft, *, by: User, at: datetime) -> None:
    """Give up a draft that nobody has signed, such as a correction begun by mistake."""
    draft = _lock_for_preparing(draft, by=by, at=at)
    _tell_progress(draft, Progress.NONE)
    record_action("放弃公示底稿", by=by, subject=reference_to(draft.obligation))
    draft.delete()


# -- Moving on ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def submit_draft(draft: DisclosureDraft, *, by: User, at: datetime) -> DisclosureDraft:
    """Hand the draft to another person for review; a reviewed draft whose books changed is submitted anew.

    Raises DomainError naming everything that is missing, ConflictError where it is with the reviewer already.
    """
    draft = lock(draft)
    refuse_unless(may_prepare(standing_at(by, at), draft.obligation), "只有公示单位的经办人可以提交审核。")
    if Stage.SUBMITTED not in TRANSITIONS[Stage(draft.stage)]:
        raise ConflictError(_REFUSALS[Stage(draft.stage)])
    quarter = read_quarter(draft)
    refuse_problems(quarter, figures_of(quarter))
    draft.prepared_by, draft.prepared_at, draft.returned_reason = by, at, ""
    _forget_review(draft)
    advance(draft, Stage.SUBMITTED)
    _tell_progress(draft, Progress.REVIEWING)
    record_action("提交公示审核", by=by, subject=reference_to(draft.obligation))
    _ask(draft, reviewers_of(draft.obligation, local_day(at)).exclude(pk=by.pk), "请审核", at)
    return draft


@transaction.atomic
def review_draft(draft: DisclosureDraft, *, seen_sha: str, by: User, at: datetime) -> DisclosureDraft:
    """Approve the figures one saw. `seen_sha` is the fingerprint shown with them on the page.

    Raises NotAllowedError for the preparer and for outsiders, ConflictError where the books moved on meanwhile.
    """
    draft = lock(draft)
    standing = standing_at(by, at)
    refuse_unless(may_review(standing, draft.obligation), "您不是本期公示的审核人。")
    if Stage.REVIEWED not in TRANSITIONS[Stage(draft.stage)]:
        raise ConflictError(_REFUSALS[Stage(draft.stage)])
    refuse_unless(draft.prepared_by_id != by.pk, "编制人不能审核自己编制的公示，请由另一人审核。")
    quarter = read_quarter(draft)
    figures = figures_of(quarter)
    if figures_sha(figures) != seen_sha:
        raise ConflictError("您打开页面后账目有变动，请重新核对后再审核。")
    refuse_problems(quarter, figures)
    draft.reviewed_by, draft.reviewed_at, draft.reviewed_sha = by, at, seen_sha
    advance(draft, Stage.REVIEWED)
    record_action("审核公示", by=by, subject=reference_to(draft.obligation))
    _ask(draft, people_of_bearer(draft.obligation, local_day(at), HEADS), "请发布", at)
    return draft


@transaction.atomic
def return_draft(draft: DisclosureDraft, *, reason: str, by: User, at: datetime) -> DisclosureDraft:
    """Send a submitted or reviewed draft back: the reviewer, the head, or the preparer who withdraws it."""
    draft = lock(draft)
    standing = standing_at(by, at)
    allowed = may_review(standing, draft.obligation) or may_publish(standing, draft.obligation)
    refuse_unless(allowed or draft.prepared_by_id == by.pk, "只有审核人、负责人或编制人可以退回底稿。")
    if not reason.strip():
        raise DomainError("请写明退回原因。", field="reason")
    if Stage.PREPARING not in TRANSITIONS[Stage(draft.stage)]:
        raise ConflictError(_REFUSALS[Stage(draft.stage)])
    draft.returned_reason = reason.strip()
    _forget_review(draft)
    advance(draft, Stage.PREPARING)
    _tell_progress(draft, Progress.PREPARING)
    record_action("退回公示底稿", by=by, subject=reference_to(draft.obligation), detail=reason)
    if draft.prepared_by is not None and draft.prepared_by_id != by.pk:
        _ask(draft, [draft.prepared_by], "已退回，请修改", at, body=f"退回原因：{draft.returned_reason}")
    return draft


def _forget_review(draft: DisclosureDraft) -> None:
    draft.reviewed_by, draft.reviewed_at, draft.reviewed_sha = None, None, ""


def _tell_progress(draft: DisclosureDraft, progress: Progress) -> None:
    """A first version's progress; a correction leaves what was reached as it is."""
    obligation = draft.obligation
    if obligation.is_open and not obligation.disclosures.filter(account=draft.account_id).exists():
        note_progress(obligation, progress=progress)


def _ask(draft: DisclosureDraft, people: Iterable[User], what: str, at: datetime, *, body: str = "") -> None:
    obligation = draft.obligation
    send_message(
        people,
        kind=Message.Kind.TASK,
        title=f"{obligation.compound} {obligation.period_value.label}公共收益公示：{what}",
        body=body,
        clause=clause_of(Duty.DISCLOSURE),
        subject=reference_to(obligation),
        dedupe_key=f"draft:{draft.public_id}:{draft.stage}:{at.timestamp():.0f}",
    )
