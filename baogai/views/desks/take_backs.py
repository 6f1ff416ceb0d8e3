"""What bearers ask of the town: to take a voucher back from the public."""

from collections.abc import Iterable

from django.urls import reverse

from baogai.views.desks.todo import Todo
from communities.permissions import Standing
from finance.models import TakeBack
from supervision.rules import Duty, clause_of

_SHOWN = 6


def take_backs_for(standing: Standing) -> Iterable[Todo]:
    """Requests to close a public voucher, for the town's office; never one's own. The oldest first."""
    if not standing.office_town_ids:
        return
    waiting = (
        TakeBack.objects.filter(
            decision=TakeBack.Decision.OPEN,
            voucher__entry__account__compound__village__town_id__in=standing.office_town_ids,
        )
        .exclude(asked_by=standing.user_id)
        .select_related("voucher__entry__account__compound", "asked_by")
        .order_by("asked_at")[:_SHOWN]
    )
    for asked in waiting:
        yield Todo(
            title=f"{asked.voucher.entry.account.compound}：凭证“{asked.voucher.title}”是否收回公开",
            url=reverse("finance:take_back", args=[asked.voucher.public_id]),
            action="去决定",
            detail=f"{asked.asked_by}申请：{asked.reason}",
            clause=clause_of(Duty.DISCLOSURE),
        )
