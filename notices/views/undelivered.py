"""未送达: what could not be delivered, and what to do about it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import PersonRequest
from communities.permissions import standing_of
from kernel.days import today
from kernel.errors import DomainError
from notices.forms import UndeliveredFilter
from notices.models import Delivery
from notices.permissions import may_see_undelivered, may_settle_undelivered
from notices.rules import DeliveryState
from notices.services import give_up, send_again

_PAGE = 25
_ACTS = {
    "again": (send_again, "条已放回待发，几秒内重发。"),
    "give_up": (give_up, "条已放弃，仍留在收件人的站内消息里。"),
}


@login_required
@require_safe
def undelivered(request: PersonRequest) -> HttpResponse:
    """Parked and of unknown fate, in the towns one oversees; the newest first."""
    standing = standing_of(request.user, today())
    if not may_see_undelivered(standing):
        raise PermissionDenied
    form = UndeliveredFilter(request.GET)
    found = Delivery.objects.undelivered().visible_to(standing).order_by("-id")
    if form.is_valid():
        chosen = {name: value for name, value in form.cleaned_data.items() if value}
        found = found.filter(**chosen)
    page = Paginator(found.select_related("message__recipient", "announcement__compound"), _PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "form": form,
        "page": page,
        "is_filtered": form.has_changed(),
        "may_settle": may_settle_undelivered(standing),
        "unknown": DeliveryState.UNKNOWN,
    }
    return render(request, "notices/undelivered.html", context)


@login_required
@require_POST
def settle(request: PersonRequest) -> HttpResponse:
    """Send the chosen again, or give them up; "all" means everything parked, never what may have arrived."""
    standing = standing_of(request.user, today())
    if not may_settle_undelivered(standing):
        raise PermissionDenied
    found = Delivery.objects.undelivered()
    if request.POST.get("act") == "all_again":
        act, words, chosen = *_ACTS["again"], found.filter(state=DeliveryState.PARKED)
    elif request.POST.get("act") in _ACTS:
        ids = [one for one in request.POST.getlist("delivery") if one.isascii() and one.isalnum()]
        act, words, chosen = *_ACTS[request.POST["act"]], found.filter(public_id__in=ids)
    else:
        messages.error(request, "没有这种办法，请用页面上的按钮。")
        return redirect("notices:undelivered")
    try:
        count = act(chosen, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{count} {words}")
    return redirect("notices:undelivered")
