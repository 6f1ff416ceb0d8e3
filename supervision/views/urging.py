"""Urging from the list or from one obligation: what will be sent is shown first, then sent in one act."""

import re
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.permissions import PersonRequest
from communities.permissions import Standing, standing_of
from kernel.days import today
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.fields import new_public_id
from supervision.forms.obligations import BatchForm, DeclineForm, UrgeForm
from supervision.listing import listed
from supervision.models import Obligation, Proposal
from supervision.permissions import may_urge, oversees_anything, people_of_bearers, urgeable_by
from supervision.services.batch_urging import MOST_AT_ONCE, USUAL_TEXT, filled, urge_many
from supervision.services.urging import decline, urge, urging_text


@dataclass(frozen=True)
class Chosen:
    """What may be urged now of what was chosen; of a whole list only the most urgent, as many as go in one act."""

    lines: list[Obligation]
    urged_before: int
    left_out: int


def _chosen(request: PersonRequest, standing: Standing) -> Chosen:
    """The ticked obligations, or all the list's filters match; foreign and finished ones fall out."""
    if "all" in request.POST:
        found = listed(QueryDict(request.POST.get("query", "")), standing).shown
    else:
        wanted = [told for told in request.POST.getlist("obligation")[:MOST_AT_ONCE] if told.isalnum()]
        found = Obligation.objects.visible_to(standing).filter(public_id__in=wanted)
    urgeable = urgeable_by(standing, found)
    fresh = urgeable.exclude(pk__in=urgeable.urged_on(standing.on).order_by().values("pk"))
    lines = list(fresh.for_display().order_by("deadline_on", "pk")[: MOST_AT_ONCE + 1])
    left_out = fresh.count() - MOST_AT_ONCE if len(lines) > MOST_AT_ONCE else 0
    return Chosen(lines[:MOST_AT_ONCE], urgeable.urged_on(standing.on).count(), left_out)


@login_required
@require_POST
def urge_chosen(request: PersonRequest) -> HttpResponse:
    """First shows what will be sent to whom, to be changed and looked at again; with `confirmed` it is sent, once."""
    standing = standing_of(request.user, today())
    if not oversees_anything(standing):
        raise PermissionDenied("督促由镇小区服务岗、镇领导或所在村（社区）干部作出。")
    form = BatchForm(request.POST if "text" in request.POST else None, initial={"text": USUAL_TEXT})
    if _is_unseen(request, form):
        messages.warning(request, "内容改过了：请看过新的预览，再点“发出督促”。")
    elif "confirmed" in request.POST and (form.is_valid() or not form.is_bound):
        text = form.cleaned_data["text"] if form.is_bound else USUAL_TEXT
        try:
            return _send(request, text)
        except NotAllowedError:
            return _nothing_to_urge(request)
        except DomainError as error:
            form = BatchForm({"text": text})
            form.add_error("text", error.message)
    chosen = _chosen(request, standing)
    if not chosen.lines and not chosen.urged_before:
        return _nothing_to_urge(request)
    return _preview(request, standing, chosen, form)


def _is_unseen(request: PersonRequest, form: BatchForm) -> bool:
    """Whether the text was changed after the preview that is being sent: nobody sends what nobody has seen filled."""
    seen = request.POST.get("seen")
    if "confirmed" not in request.POST or seen is None or not form.is_bound or not form.is_valid():
        return False
    return seen.split() != form.cleaned_data["text"].split()


def _send(request: PersonRequest, text: str) -> HttpResponse:
    token = request.POST.get("token", "")
    wanted = [told for told in request.POST.getlist("obligation")[:MOST_AT_ONCE] if told.isalnum()]
    sent = urge_many(
        wanted,
        text=text,
        token=token if re.fullmatch(r"[0-9a-z]{16}", token) else new_public_id(),
        by=request.user,
        at=timezone.now(),
    )
    if sent.is_repeated:
        messages.success(request, f"这一批已经发出（{sent.urged} 件），没有重复发送。")
    elif sent.urged:
        messages.success(request, f"已督促 {sent.urged} 件，已送到责任单位人员的消息箱。")
    if sent.urged_before:
        messages.warning(request, f"{sent.urged_before} 件今天已经督促过，没有再发。")
    if sent.dropped:
        messages.warning(request, f"{sent.dropped} 件已经完成、解除或不归您督促，没有发。")
    return _back_to_list(request)


def _nothing_to_urge(request: PersonRequest) -> HttpResponse:
    messages.warning(request, "没有选中可以督促的事项：请勾选未完成的事项。")
    return _back_to_list(request)


def _back_to_list(request: PersonRequest) -> HttpResponse:
    """The list as it was filtered."""
    query = QueryDict(request.POST.get("query", "")).urlencode()
    return redirect(f"{reverse('supervision:obligations')}{f'?{query}' if query else ''}")


def _preview(request: PersonRequest, standing: Standing, chosen: Chosen, form: BatchForm) -> HttpResponse:
    """Who gets which words. A text that does not fit is shown beside its field, with the usual words in the lines."""
    text, lines = USUAL_TEXT, []
    if form.is_bound and form.is_valid():
        text = form.cleaned_data["text"]
    try:
        lines = [(one, filled(text, one, on=standing.on)) for one in chosen.lines]
    except DomainError as error:
        form.add_error("text", error.message)
        lines = [(one, filled(USUAL_TEXT, one, on=standing.on)) for one in chosen.lines]
    people = people_of_bearers(chosen.lines, standing.on)
    context = {
        "form": form,
        "seen": text,
        "lines": [(one, words, len(people[one.pk])) for one, words in lines],
        "chosen": chosen,
        "people": len({user.pk for told in people.values() for user in told}),
        "most": MOST_AT_ONCE,
        "token": new_public_id(),
        "query": QueryDict(request.POST.get("query", "")).urlencode(),
    }
    return render(request, "supervision/urge_chosen.html", context)


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
