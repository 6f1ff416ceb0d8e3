"""Urging from the list or from one obligation: what will be sent is shown first, then sent in one act."""

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.permissions import PersonRequest
from communities.permissions import Standing, standing_of
from kernel.days import today
from kernel.errors import ConflictError, DomainError
from supervision.forms.obligations import DeclineForm, UrgeForm
from supervision.models import Obligation, Proposal
from supervision.permissions import may_urge, oversees_anything
from supervision.services.urging import decline, urge, urge_all, urging_text

#: As many are urged in one act; more are urged in a second one.
_MOST_AT_ONCE = 200


def _chosen(request: PersonRequest, standing: Standing) -> list[Obligation]:
    """The ticked obligations the person sees and may urge; foreign and finished ones fall out."""
    wanted = [told for told in request.POST.getlist("obligation")[:_MOST_AT_ONCE] if told.isalnum()]
    found = Obligation.objects.visible_to(standing).open().for_display().filter(public_id__in=wanted)
    return [one for one in found.order_by("deadline_on", "pk") if may_urge(standing, one)]


@login_required
@require_POST
def urge_chosen(request: PersonRequest) -> HttpResponse:
    """First shows what will be sent to whom; with `confirmed` it is sent."""
    standing = standing_of(request.user, today())
    if not oversees_anything(standing):
        raise PermissionDenied("督促由镇小区服务岗、镇领导或所在村（社区）干部作出。")
    chosen = _chosen(request, standing)
    if not chosen:
        messages.warning(request, "没有选中可以督促的事项：请勾选未完成的事项。")
        return redirect("supervision:obligations")
    now = timezone.now()
    if "confirmed" not in request.POST:
        lines = [(one, urging_text(one, at=now)) for one in chosen]
        return render(request, "supervision/urge_chosen.html", {"lines": lines})
    done, refused = urge_all(chosen, by=request.user, at=now)
    if done:
        messages.success(request, f"已督促 {len(done)} 件，已送到责任单位人员的消息箱。")
    _tell_refusals(request, refused)
    return redirect("supervision:obligations")


def _tell_refusals(request: PersonRequest, refused: Sequence[str]) -> None:
    for message in refused[:5]:
        messages.warning(request, message)
    if len(refused) > 5:
        messages.warning(request, f"另有 {len(refused) - 5} 件没有督促。")


@login_required
def urge_one(request: PersonRequest, public_id: str) -> HttpResponse:
    """The text for one bearer, ready to be sent or changed."""
    standing = standing_of(request.user, today())
    obligation = get_object_or_404(Obligation.objects.visible_to(standing).for_display(), public_id=public_id)
    if not may_urge(standing, obligation):
        raise PermissionDenied("督促由镇小区服务岗、镇领导或所在村（社区）干部作出。")
    now = timezone.now()
    form = UrgeForm(request.POST or None, initial={"text": urging_text(obligation, at=now)})
    if request.method == "POST" and form.is_valid():
        try:
            urge(obligation, text=form.cleaned_data["text"], by=request.user, at=now)
        except ConflictError as error:
            messages.warning(request, error.message)
            return redirect("supervision:obligation", obligation.public_id)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "已督促，已送到责任单位人员的消息箱。")
            return redirect("supervision:obligation", obligation.public_id)
    return render(request, "supervision/urge_one.html", {"obligation": obligation, "form": form})


@login_required
@require_POST
def decline_urging(request: PersonRequest, public_id: str) -> HttpResponse:
    """Decide, with a reason, not to urge."""
    standing = standing_of(request.user, today())
    obligation = get_object_or_404(Obligation.objects.visible_to(standing).for_display(), public_id=public_id)
    if not may_urge(standing, obligation):
        raise PermissionDenied("由镇小区服务岗、镇领导或所在村（社区）干部决定。")
    proposal = obligation.proposals.filter(act=Proposal.Act.URGE).last()
    if proposal is None:
        raise Http404
    form = DeclineForm(request.POST)
    if not form.is_valid():
        messages.error(request, "请写明不督促的理由（200 字以内）。")
        return redirect("supervision:obligation", obligation.public_id)
    try:
        decline(proposal, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "已记录：不督促。")
    return redirect("supervision:obligation", obligation.public_id)
