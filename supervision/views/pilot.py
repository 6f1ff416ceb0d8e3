"""The pilot register of clause 4.3.5."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import PersonRequest
from communities.models import Compound, Town
from communities.permissions import Standing, standing_of
from kernel.days import today
from kernel.errors import DomainError
from supervision.forms.policies import LeavePilotForm, PilotForm
from supervision.models import PilotEntry
from supervision.permissions import may_keep_pilot_register
from supervision.services.pilot import enter_pilot, leave_pilot


def _keeps(standing: Standing) -> list[Town]:
    return [town for town in Town.objects.order_by("pk") if may_keep_pilot_register(standing, town)]


def _entries(standing: Standing) -> QuerySet[PilotEntry]:
    """Entries of the compounds one oversees, those in the pilot first."""
    reach = Compound.objects.visible_to(standing)
    return (
        PilotEntry.objects.filter(compound__in=reach)
        .select_related("compound__village__town", "entered_by")
        .order_by(F("left_on").desc(nulls_first=True), "entered_on", "pk")
    )


@require_http_methods(["GET", "POST"])
@login_required
def pilot(request: PersonRequest) -> HttpResponse:
    """Which compounds are in the pilot since when; an officer enters another."""
    standing = standing_of(request.user, today())
    towns = _keeps(standing)
    if request.method == "POST" and not towns:
        raise PermissionDenied("试点登记由镇小区服务岗办理。")
    inside = PilotEntry.objects.filter(Q(left_on__isnull=True) | Q(left_on__gte=standing.on)).values("compound")
    free = Compound.objects.filter(village__town__in=towns).exclude(pk__in=inside).order_by("village", "name")
    form = PilotForm(request.POST or None, compounds=free, initial={"entered_on": standing.on})
    if form.is_valid():
        try:
            enter_pilot(form.cleaned_data["compound"], on=form.cleaned_data["entered_on"], by=request.user)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "已登记，从进入之日所在的月份起公示公摊水电费月度明细。")
            return redirect("supervision:pilot")
    context = {"entries": _entries(standing), "form": form if towns else None}
    return render(request, "supervision/pilot.html", context)


@login_required
@require_POST
def leave(request: PersonRequest, compound_id: str) -> HttpResponse:
    """Note a compound's last day in the pilot."""
    standing = standing_of(request.user, today())
    entry = get_object_or_404(_entries(standing), compound__public_id=compound_id, left_on__isnull=True)
    if not may_keep_pilot_register(standing, entry.compound.village.town):
        raise PermissionDenied("试点登记由镇小区服务岗办理。")
    form = LeavePilotForm(request.POST)
    if not form.is_valid():
        messages.error(request, "请填写退出试点的最后一日，例如 2026-11-30。")
        return redirect("supervision:pilot")
    try:
        leave_pilot(entry, on=form.cleaned_data["left_on"], by=request.user)
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "已登记退出试点。")
    return redirect("supervision:pilot")
