"""The page of late corrections, for who supervises: what was published wrong, and put right after the due day."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from communities.permissions import standing_of
from finance.permissions import may_watch_corrections
from finance.services.late_corrections import late_corrections
from kernel.days import today

_MOST = 50


@require_safe
@login_required
def corrections(request: HttpRequest) -> HttpResponse:
    """The latest late corrections of the town or the village, each with its differences (clause 4.3.1)."""
    standing = standing_of(request.user, today())
    if not may_watch_corrections(standing):
        raise PermissionDenied
    context = {"corrections": late_corrections(standing, most=_MOST), "most": _MOST}
    return render(request, "finance/disclosure/corrections.html", context)
