"""The village's and the office's list of binding requests, held against the roster."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts.permissions import PersonRequest
from baogai.door_forms import DecisionForm
from baogai.doors import decide
from baogai.views.doors.showing import show
from communities.models import BindingRequest, Owner, Ownership
from communities.permissions import Standing, may_hand_out_slips, standing_of
from communities.rules import Relation
from communities.services import people_of
from kernel.days import today
from kernel.errors import DomainError
from kernel.masking import mask_phone

_PAGE = 25
_STAIR = ("unit__building__compound__village", "unit__stair", "user", "decided_by")


@login_required
def requests(request: PersonRequest) -> HttpResponse:
    """Requests that wait, the oldest first; or with `?done=1` those decided, the newest first."""
    standing = standing_of(request.user, today())
    if not (standing.village_ids or standing.office_town_ids):
        raise PermissionDenied
    done = request.GET.get("done") == "1"
    found = BindingRequest.objects.decidable_by(standing).select_related(*_STAIR)
    listed = found.exclude(outcome="").order_by("-decided_at") if done else found.waiting().order_by("asked_at")
    page = Paginator(listed, _PAGE).get_page(request.GET.get("page"))
    return render(request, "baogai/doors/requests.html", {"page": page, "done": done})


@login_required
def decision(request: PersonRequest, request_id: str) -> HttpResponse:
    """One request beside the roster's owners of that home; approve, or refuse with a reason."""
    standing = standing_of(request.user, today())
    one = get_object_or_404(_visible_to(standing).select_related(*_STAIR), public_id=request_id)
    if not may_hand_out_slips(standing, one.unit.building.compound):
        raise PermissionDenied
    owners = [
        held.owner for held in Ownership.objects.current(standing.on).filter(unit=one.unit).select_related("owner")
    ]
    form = DecisionForm(request.POST or None, owners=_offered(one, owners))
    status = 200
    if request.method == "POST" and not one.outcome:
        status = 422
        if form.is_valid():
            facts = form.cleaned_data
            owner = next((each for each in owners if each.public_id == facts.get("owner")), None)
            try:
                decide(
                    one,
                    owner=owner if one.relation == Relation.OWNER else None,
                    approves=facts["decision"] == "approve",
                    reason=facts["reason"],
                    by=request.user,
                    at=timezone.now(),
                )
            except DomainError as refusal:
                status = show(refusal, form)
            else:
                messages.success(request, "已办理，申请人和这户已绑定的人都会收到消息。")
                return redirect("doors:requests")
    people = people_of(one.unit, on=standing.on)
    context = {"asked": one, "owners": owners, "people": people, "form": form}
    return render(request, "baogai/doors/decision.html", context, status=status)


def _visible_to(standing: Standing) -> QuerySet[BindingRequest]:
    """To whoever oversees the place; deciding is narrower."""
    return BindingRequest.objects.filter(
        Q(unit__building__compound__village_id__in=standing.village_ids)
        | Q(unit__building__compound__village__town_id__in=standing.town_ids)
    )


def _offered(one: BindingRequest, owners: list[Owner]) -> list[tuple[str, str]]:
    """The roster's owners nobody is bound as yet; for family and tenants none has to be named."""
    if one.relation != Relation.OWNER:
        return []
    free = [owner for owner in owners if owner.user_id is None]
    return [(owner.public_id, f"{owner.name}　{mask_phone(owner.phone) or '名册没有电话'}") for owner in free]
