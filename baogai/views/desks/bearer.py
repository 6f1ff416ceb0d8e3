"""The desk of a committee or a firm: what is due, the next step of each, and the account (clause 4.3.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from baogai.permissions import Desk
from baogai.views.desks.appraising import appraisals_to_reply
from baogai.views.desks.reviews import reviews_for
from baogai.views.desks.todo import Todo, by_deadline
from communities.permissions import BOOKKEEPERS, HEADS, Standing
from finance.models import Disclosure, DisclosureDraft, Entry, LedgerAccount, StatementLine
from finance.querysets import SIGNED
from kernel.fields import MoneyField
from supervision.models import Obligation
from supervision.rules import Duty, clause_of

STEPS = ("编制", "审核", "发布", "张贴")
_SHOWN = 20
_PUBLISHED_SHOWN = 4
_STEP_OF_STAGE = {
    DisclosureDraft.Stage.PREPARING: 0,
    DisclosureDraft.Stage.SUBMITTED: 1,
    DisclosureDraft.Stage.REVIEWED: 2,
}
_POSTING_STEP = 3
#: Whether the bearer has an account of its own to publish; one that has none adopts the other's: 会签 (clause 4.3.1).
_HAS_ACCOUNT = Exists(
    LedgerAccount.objects.filter(
        Q(holder_body=OuterRef("bearer_body")) | Q(holder_firm=OuterRef("bearer_firm")),
        Q(closed_on__isnull=True) | Q(closed_on__gte=OuterRef("period_first_on")),
        compound=OuterRef("compound"),
        opened_on__lte=OuterRef("period_last_on"),
    )
)
_OTHER_PUBLISHED = Exists(
    Disclosure.objects.filter(compound=OuterRef("compound"), period=OuterRef("period")).exclude(
        obligation=OuterRef("pk")
    )
)


@dataclass(frozen=True)
class DisclosureStep:
    """How far a quarter's disclosure is, and what this person can do about it next."""

    obligation: Obligation
    step: int
    action: str
    words: str

    @property
    def is_untouched(self) -> bool:
        return self.obligation.progress == Obligation.Progress.NONE

    @property
    def url(self) -> str:
        return reverse("finance:draft", args=[self.obligation.public_id])


def bearer_desk(request: HttpRequest, standing: Standing, desk: Desk, desks: list[Desk]) -> HttpResponse:
    """For whoever acts for a committee or a firm; also for what was left from an ended post or contract."""
    side = Q(bearer_body__isnull=False) if desk is Desk.COMMITTEE else Q(bearer_firm__isnull=False)
    borne = Obligation.objects.borne_by(standing, BOOKKEEPERS).filter(side)
    due = list(
        borne.open()
        .for_display()
        .annotate(has_account=_HAS_ACCOUNT, other_published=_OTHER_PUBLISHED)
        .order_by("deadline_on", "pk")[: _SHOWN + 1]
    )
    drafts = _drafts_of(due)
    disclosures = [
        _step_of(obligation, drafts.get(obligation.pk), standing)
        for obligation in due
        if obligation.duty == Duty.DISCLOSURE
    ]
    next_steps = {one.obligation.pk: one for one in disclosures}
    first = disclosures[0] if disclosures else None
    others = [one for one in due[:_SHOWN] if first is None or one.pk != first.obligation.pk]
    own = [*reviews_for(standing), *(appraisals_to_reply(standing) if desk is Desk.FIRM else ())]
    todos = by_deadline([*(_todo(one, next_steps) for one in others), *own])
    context = {
        "desk": desk,
        "desks": desks,
        "todos": todos,
        "todo_count": len(todos) + (first is not None),
        "has_more": len(due) > _SHOWN,
        "steps": STEPS,
        "first": first,
        "accounts": _accounts(standing, desk),
        "published": _published(standing, desk),
        "places": sorted({h.place for h in standing.current if _belongs(h, desk)}),
    }
    return render(request, "baogai/desks/bearer.html", context)


def _belongs(holding: Any, desk: Desk) -> bool:
    return bool(holding.compound_id and holding.body_id) if desk is Desk.COMMITTEE else bool(holding.firm_id)


def _drafts_of(due: Iterable[Obligation]) -> dict[int, DisclosureDraft]:
    wanted = [obligation.pk for obligation in due if obligation.duty == Duty.DISCLOSURE]
    drafts = DisclosureDraft.objects.open().filter(obligation__in=wanted) if wanted else ()
    return {draft.obligation_id: draft for draft in drafts}


def _step_of(obligation: Any, draft: DisclosureDraft | None, standing: Standing) -> DisclosureStep:
    """The words of the next step, as this person meets it; the page behind decides what is allowed."""
    if draft is None:
        if obligation.progress == Obligation.Progress.UNPOSTED:
            return DisclosureStep(obligation, _POSTING_STEP, "传张贴照片", "已发布，各处张贴照片传齐才算完成。")
        if obligation.has_account:
            return DisclosureStep(obligation, 0, "开始办理", "从账目生成底稿，核对后提交另一人审核。")
        if obligation.other_published:
            return DisclosureStep(obligation, 0, "去会签", "共用账户的另一方已经公示，请核对后会签。")
        words = "本单位在这个小区还没有公共收益账户：有账户的先建账，与对方共用的等对方公示后会签。"
        return DisclosureStep(obligation, 0, "看怎么办", words)
    step = _STEP_OF_STAGE[DisclosureDraft.Stage(draft.stage)]
    if step == 0:
        reason = f"已退回：{draft.returned_reason}" if draft.returned_reason else "底稿编制中。"
        return DisclosureStep(obligation, step, "继续编制", reason)
    if step == 1:
        if draft.prepared_by_id == standing.user_id:
            return DisclosureStep(obligation, step, "看进度", "已提交，等他人审核；编制人不能审核自己的底稿。")
        return DisclosureStep(obligation, step, "去审核", "已提交，等您或其他经办人审核。")
    if any(h.role in HEADS for h in standing.current):
        return DisclosureStep(obligation, step, "去发布", "已审核，等负责人发布。")
    return DisclosureStep(obligation, step, "看进度", "已审核，等负责人发布。")


def _todo(obligation: Obligation, next_steps: dict[int, DisclosureStep]) -> Todo:
    title = f"{obligation.period_value.label}{obligation.get_duty_display()}"
    place = f"{obligation.compound}" if obligation.compound else ""
    step = next_steps.get(obligation.pk)
    if step is not None:
        detail = place if step.is_untouched else f"{place} · {step.words.rstrip('。')}"
        return Todo(title, step.url, step.action, obligation.deadline_on, detail, clause_of(obligation.duty))
    url = reverse("supervision:obligation", args=[obligation.public_id])
    return Todo(title, url, "去登记", obligation.deadline_on, place, clause_of(obligation.duty))


def _accounts(standing: Standing, desk: Desk) -> list[LedgerAccount]:
    """The accounts of one's bearer with balance and lines still to be taken in, in one statement."""
    mine = (
        Q(holder_body_id__in=standing.body_ids) | Q(compound_id__in=standing.committee_compound_ids)
        if desk is Desk.COMMITTEE
        else Q(compound_id__in=standing.firm_compound_ids)
    )
    entries = Entry.objects.filter(account=OuterRef("pk")).order_by().values("account")
    lines = StatementLine.objects.not_booked().filter(account=OuterRef("pk")).order_by().values("account")
    money = MoneyField()
    return list(
        LedgerAccount.objects.visible_to(standing)
        .filter(mine)
        .open_on(standing.on)
        .select_related("compound", "holder_body", "holder_firm")
        .annotate(
            balance=F("opening_balance")
            + Coalesce(Subquery(entries.annotate(net=Sum(SIGNED)).values("net"), output_field=money), Decimal(0)),
            to_book=Coalesce(Subquery(lines.annotate(n=Count("pk")).values("n")), 0),
        )
        .order_by("compound__name", "pk")[:_SHOWN]
    )


def _published(standing: Standing, desk: Desk) -> list[Disclosure]:
    compounds = standing.committee_compound_ids if desk is Desk.COMMITTEE else standing.firm_compound_ids
    found = Disclosure.objects.current().filter(compound__in=compounds).for_display()
    return list(found.order_by("-period", "-published_at")[:_PUBLISHED_SHOWN])
