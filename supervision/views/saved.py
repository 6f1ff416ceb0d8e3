"""常用筛选: keeping and dropping a list's filters."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.permissions import PersonRequest
from communities.permissions import standing_of
from kernel.days import today
from kernel.errors import DomainError
from supervision.models import SavedFilter
from supervision.services.saved_filters import drop_filter, keep_filter, tidy_query


class KeepForm(forms.Form):
    """A name for the filters as they stand in the address."""

    name = forms.CharField(label="名称", max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    is_default = forms.BooleanField(label="打开义务事项时先用这一组", required=False)
    is_shared = forms.BooleanField(label="与本组织的人共用", required=False)
    query = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput)


@login_required
@require_POST
def keep(request: PersonRequest) -> HttpResponse:
    form = KeepForm(request.POST)
    query = tidy_query(request.POST.get("query", "")[:1000])
    if not form.is_valid():
        messages.error(request, "没有保存：请起一个 20 个字以内的名称。")
        return _list(query)
    told = form.cleaned_data
    try:
        kept = keep_filter(
            standing_of(request.user, today()),
            by=request.user,
            name=told["name"],
            query=query,
            is_shared=told["is_shared"],
            is_default=told["is_default"],
            at=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, f"没有保存：{error.message}")
    else:
        messages.success(request, f"已保存为“{kept.name}”。")
    return _list(query)


@login_required
@require_POST
def drop(request: PersonRequest, public_id: str) -> HttpResponse:
    """One's own only; a colleague's stays."""
    saved = get_object_or_404(SavedFilter, owner=request.user, public_id=public_id)
    drop_filter(saved)
    messages.success(request, f"已删去“{saved.name}”。")
    return _list("state=")


def _list(query: str) -> HttpResponse:
    return redirect(f"{reverse('supervision:obligations')}?{query or 'state='}")
