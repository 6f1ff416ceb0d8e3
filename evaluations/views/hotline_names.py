"""小区的其他叫法: what the office said the hotline's names mean, and taking back what was said wrongly."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import PersonRequest
from evaluations.forms.hotline import TicketNamesFilter
from evaluations.models import CompoundAlias
from evaluations.services.hotline import forget_name
from evaluations.views.hotline import town_to_import
from kernel.errors import DomainError
from kernel.text import tidy

_PAGE = 50


@login_required
@require_safe
def names(request: PersonRequest, town_code: str) -> HttpResponse:
    """Every name that is remembered for the town, the newest first."""
    town = town_to_import(request, town_code)
    form = TicketNamesFilter(request.GET)
    found = form.narrowed(CompoundAlias.objects.filter(town=town)).select_related("compound__village", "named_by")
    page = Paginator(found.order_by("-named_at", "pk"), _PAGE).get_page(request.GET.get("page"))
    return render(request, "evaluations/hotline/names.html", {"town": town, "form": form, "page": page})


@login_required
@require_POST
def forget(request: PersonRequest, town_code: str) -> HttpResponse:
    """Take a name back: the next table that has it asks again."""
    town = town_to_import(request, town_code)
    key = tidy(request.POST.get("key", ""))
    try:
        forget_name(town, key, by=request.user)
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"已忘记“{key}”。已经导入的工单没有变动；再导入含这个名称的表时会重新询问。")
    return redirect("fieldwork:ticket_names", town.code)
