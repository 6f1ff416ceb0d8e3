"""Ending a survey before its hour, and taking back one that has not opened."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.permissions import PersonRequest
from evaluations.forms.starting import EndForm
from evaluations.permissions import may_end_early
from evaluations.services.starting import ask_early_end, drop_draft
from evaluations.views.surveys import found_survey, shown_survey
from kernel.errors import ConflictError, DomainError


@login_required
@require_POST
def end_early(request: PersonRequest, public_id: str) -> HttpResponse:
    """End an open survey with a reason; the worker counts it."""
    found, standing = found_survey(request, public_id, turnout=True)
    if not may_end_early(standing, found):
        raise PermissionDenied("提前截止由镇小区服务岗办理。")
    form = EndForm(request.POST)
    if form.is_valid():
        try:
            ask_early_end(found, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
        except ConflictError as error:
            messages.error(request, error.message)
            return redirect("evaluations:survey", found.public_id)
        except DomainError as error:
            form.add_error("reason", error.message)
        else:
            messages.success(request, "已提前截止，正在计票，一两分钟后可看结果。")
            return redirect("evaluations:survey", found.public_id)
    return shown_survey(request, found, standing, form)


@login_required
@require_POST
def drop(request: PersonRequest, public_id: str) -> HttpResponse:
    """Take back a survey that has not opened."""
    found, standing = found_survey(request, public_id)
    if not may_end_early(standing, found):
        raise PermissionDenied("测评由镇小区服务岗撤回。")
    try:
        drop_draft(found, by=request.user, at=timezone.now())
    except ConflictError as error:
        messages.error(request, error.message)
        return redirect("evaluations:survey", found.public_id)
    messages.success(request, "已撤回，没有开始过。")
    return redirect("evaluations:surveys")
