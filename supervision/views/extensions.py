"""延期: the open list of extensions; entering one, confirming it by a second person, withdrawing it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import PersonRequest
from communities.permissions import Standing, standing_of
from kernel.days import today
from kernel.errors import ConflictError, DomainError
from supervision.forms.extensions import ExtensionForm, WithdrawExtensionForm
from supervision.models import Extension, ExtensionRecord, Obligation
from supervision.permissions import may_confirm_extension, may_enter_extension, towns_of
from supervision.services.extensions import confirm_extension, enter_extension, withdraw_extension

_PAGE = 30


def records_of(extension: Extension) -> dict[str, ExtensionRecord]:
    """Its confirmation and its withdrawal, by kind."""
    return {record.kind: record for record in extension.records.all()}


def state_of(extension: Extension) -> tuple[str, str]:
    """The chip of an extension."""
    records = records_of(extension)
    if "withdrawn" in records:
        return "calm", "已撤回"
    return ("done", "已生效") if "confirmed" in records else ("soon", "待第二人确认")


@login_required
@require_safe
def extensions(request: PersonRequest) -> HttpResponse:
    """Every extension of the towns that concern the person, the latest first."""
    standing = standing_of(request.user, today())
    towns = list(towns_of(standing))
    page = Paginator(Extension.objects.visible_to(standing, towns).for_display(), _PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "lines": [(one, *state_of(one)) for one in page],
        "enters": [town for town in towns if may_enter_extension(standing, town)],
    }
    return render(request, "supervision/extensions.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def enter(request: PersonRequest, town_code: str) -> HttpResponse:
    """Enter an extension; another person confirms it."""
    standing = standing_of(request.user, today())
    town = get_object_or_404(towns_of(standing), code=town_code)
    if not may_enter_extension(standing, town):
        raise PermissionDenied("延期由镇小区服务岗录入。")
    form = ExtensionForm(request.POST or None, town=town)
    if form.is_valid():
        try:
            entered = enter_extension(town, **form.facts(), by=request.user, at=timezone.now())
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "已录入，须由另一位工作人员或领导确认后生效。")
            return redirect("supervision:extension", entered.public_id)
    return render(request, "supervision/extension_enter.html", {"form": form, "town": town})


def _found(request: PersonRequest, public_id: str) -> tuple[Extension, Standing]:
    standing = standing_of(request.user, today())
    reach = Extension.objects.visible_to(standing, towns_of(standing)).for_display()
    return get_object_or_404(reach, public_id=public_id), standing


@login_required
@require_safe
def extension(request: PersonRequest, public_id: str) -> HttpResponse:
    """One extension: whom it concerns, why, and for the second person the button that puts it into effect."""
    found, standing = _found(request, public_id)
    return _shown(request, found, standing, WithdrawExtensionForm())


def _shown(
    request: PersonRequest, found: Extension, standing: Standing, form: WithdrawExtensionForm, status: int = 200
) -> HttpResponse:
    state, words = state_of(found)
    records = records_of(found)
    waits = not records
    context: dict[str, Any] = {
        "extension": found,
        "state": state,
        "words": words,
        "confirmed": records.get("confirmed"),
        "withdrawn": records.get("withdrawn"),
        "counts": Obligation.objects.visible_to(standing).concerned_by(found).states(standing.on),
        "may_confirm": waits and may_confirm_extension(standing, found),
        "is_own": waits and found.entered_by_id == standing.user_id,
        "form": form if "withdrawn" not in records and may_enter_extension(standing, found.town) else None,
    }
    return render(request, "supervision/extension.html", context, status=status)


@login_required
@require_POST
def confirm(request: PersonRequest, public_id: str) -> HttpResponse:
    """Put an extension into effect: never by who entered it."""
    found, standing = _found(request, public_id)
    if not may_confirm_extension(standing, found):
        raise PermissionDenied("须由录入人以外的镇小区服务岗人员或镇领导确认。")
    try:
        confirm_extension(found, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "延期已生效，已通知有关的责任单位。")
    return redirect("supervision:extension", found.public_id)


@login_required
@require_POST
def withdraw(request: PersonRequest, public_id: str) -> HttpResponse:
    """Withdraw an extension with a reason."""
    found, standing = _found(request, public_id)
    if not may_enter_extension(standing, found.town):
        raise PermissionDenied("延期由镇小区服务岗撤回。")
    form = WithdrawExtensionForm(request.POST)
    if form.is_valid():
        try:
            withdraw_extension(found, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
        except ConflictError as error:
            messages.error(request, error.message)
            return redirect("supervision:extension", found.public_id)
        except DomainError as error:
            form.add_error("reason", error.message)
        else:
            messages.success(request, "已撤回，未完成的事项恢复原期限，已通知有关的责任单位。")
            return redirect("supervision:extension", found.public_id)
    return _shown(request, found, standing, form)
