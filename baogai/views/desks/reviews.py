"""Disclosures that wait for somebody outside their bearer: where the bearer is one person (clause 4.3.6)."""

from collections.abc import Iterable

from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from baogai.permissions import watched_compound_ids
from baogai.views.desks.todo import Todo
from communities.models import Appointment
from communities.permissions import BOOKKEEPERS, Standing
from finance.models import DisclosureDraft

_SHOWN = 6


def _bookkeepers(standing: Standing) -> Subquery:
    """How many people keep the bearer's books today, or did on the period's last day."""
    last = OuterRef("obligation__period_last_on")
    today = Q(from_on__lte=standing.on) & (Q(until_on__isnull=True) | Q(until_on__gte=standing.on))
    then = Q(from_on__lte=last) & (Q(until_on__isnull=True) | Q(until_on__gte=last))
    bearer = Q(post__body=OuterRef("obligation__bearer_body")) | (
        Q(post__firm=OuterRef("obligation__bearer_firm"))
        & (Q(post__compound__isnull=True) | Q(post__compound=OuterRef("obligation__compound")))
    )
    held = Appointment.objects.filter(today | then, bearer, post__role__in=BOOKKEEPERS).order_by()
    counted = held.values(one=F("pk") - F("pk")).annotate(n=Count("user", distinct=True)).values("n")
    return Subquery(counted, output_field=IntegerField())


def reviews_for(standing: Standing) -> Iterable[Todo]:
    """Submitted drafts a village's cadre or a supervisory board has to review; never one's own."""
    reached = Q(obligation__compound__village__in=standing.village_ids) | Q(
        obligation__compound__in=watched_compound_ids(standing)
    )
    drafts = (
        DisclosureDraft.objects.filter(reached, stage=DisclosureDraft.Stage.SUBMITTED)
        .exclude(prepared_by=standing.user_id)
        .annotate(bookkeepers=Coalesce(_bookkeepers(standing), 0))
        .filter(bookkeepers__lte=1)
        .select_related("obligation__compound", "obligation__bearer_body", "obligation__bearer_firm", "prepared_by")
        .order_by("obligation__deadline_on")[:_SHOWN]
    )
    for draft in drafts:
        obligation = draft.obligation
        yield Todo(
            title=f"{obligation.bearer}：{obligation.period_value.label}公示待审核",
            url=reverse("finance:draft", args=[obligation.public_id]),
            action="去审核",
            due_on=obligation.deadline_on,
            detail=f"{obligation.compound} · 编制人 {draft.prepared_by} · 该单位只有一名经办人",
            clause="四（三）6",
        )
