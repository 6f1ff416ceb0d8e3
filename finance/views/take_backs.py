"""收回公开: one page for a voucher, on which the bearer asks and the town decides; everybody with the books reads."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import PersonRequest
from finance.forms.take_backs import DecisionForm, TakeBackForm
from finance.models import Entry, Voucher
from finance.permissions import book_right, may_decide_take_backs
from finance.services.publicity import ask_to_take_back, decide_take_back, is_out
from finance.views.doors import refuse_beyond, right_to_keep, standing
from kernel.errors import ConflictError, DomainError, NotAllowedError


def _voucher(request: PersonRequest, public_id: str) -> Voucher:
    """A voucher of books the person may read; an owner's right to open it is none to this page."""
    seen = Entry.objects.visible_to(standing(request))
    vouchers = Voucher.objects.filter(entry__in=seen).select_related(
        "file",
        "entry__account__compound__village__town",
        "entry__account__holder_body",
        "entry__account__holder_firm",
    )
    return get_object_or_404(vouchers, public_id=public_id)


@require_GET
@login_required
def take_back(request: PersonRequest, public_id: str) -> HttpResponse:
    """Whether the voucher is public, what was asked and decided, and the form for whoever has the next step."""
    return _page(request, _voucher(request, public_id))


def _page(request: PersonRequest, voucher: Voucher, bound: forms.Form | None = None) -> HttpResponse:
    account, who = voucher.entry.account, standing(request)
    asked = list(voucher.take_backs.select_related("asked_by", "decided_by").order_by("-pk"))
    waiting = asked[0] if asked and asked[0].is_open else None
    right = book_right(who, account)
    out = is_out(voucher)
    context: dict[str, Any] = {
        "voucher": voucher,
        "account": account,
        "asked": asked,
        "waiting": waiting,
        "is_out": out,
        "ask_form": None,
        "decision_form": None,
    }
    if waiting is None and out and right is not None and right.covers(voucher.entry.on):
        context["ask_form"] = bound if isinstance(bound, TakeBackForm) else TakeBackForm()
    if waiting is not None and may_decide_take_backs(who, account.compound) and waiting.asked_by_id != who.user_id:
        fresh = DecisionForm(initial={"seen": waiting.public_id})
        context["decision_form"] = bound if isinstance(bound, DecisionForm) else fresh
    return render(request, "finance/ledger/take_back.html", context, status=422 if bound else 200)


@require_POST
@login_required
def ask(request: PersonRequest, public_id: str) -> HttpResponse:
    """The bearer's bookkeeper asks, with the reason."""
    voucher = _voucher(request, public_id)
    refuse_beyond(right_to_keep(request, voucher.entry.account), voucher.entry.on)
    form = TakeBackForm(request.POST)
    if form.is_valid():
        try:
            ask_to_take_back(voucher, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
        except ConflictError:
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "已向镇小区岗申请。决定之前，这张凭证继续公开。")
            return redirect("finance:take_back", voucher.public_id)
    return _page(request, voucher, form)


@require_POST
@login_required
def decide(request: PersonRequest, public_id: str) -> HttpResponse:
    """The town's officer agrees or refuses, with the reason."""
    voucher = _voucher(request, public_id)
    if not may_decide_take_backs(standing(request), voucher.entry.account.compound):
        raise PermissionDenied
    form = DecisionForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        asked = get_object_or_404(voucher.take_backs.select_related("voucher", "asked_by"), public_id=told["seen"])
        try:
            decide_take_back(
                asked, agreed=told["agreed"] == "yes", remark=told["remark"], by=request.user, at=timezone.now()
            )
        except (ConflictError, NotAllowedError):
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "已决定，申请人会收到消息。")
            return redirect("finance:take_back", voucher.public_id)
    return _page(request, voucher, form)
