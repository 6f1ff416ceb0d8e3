"""导入导出: all long jobs in one's scope, and the files that came of them."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from accounts.permissions import PersonRequest
from accounts.services import record_action
from baogai.jobs import SOURCES, STAGES, job_of, jobs_of, keys_of, may_take
from communities.permissions import standing_of
from files.exporting import request_export, serve_export
from files.models import Export
from kernel.days import today

_PAGE = 20


class HtmxRequest(PersonRequest):
    """A person's request that says whether htmx made it."""

    htmx: HtmxDetails


class JobForm(forms.Form):
    """Filters live in the address; a value that is not on offer is treated as not given."""

    kind = forms.ChoiceField(
        label="种类", required=False, choices=[("", "全部"), *((one.key, one.label) for one in SOURCES)]
    )
    stage = forms.ChoiceField(label="状态", required=False, choices=[("", "全部"), *STAGES.items()])

    def wanted(self) -> dict[str, str]:
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in ("kind", "stage")}


@login_required
@require_safe
def jobs(request: PersonRequest) -> HttpResponse:
    """Every long job in one's scope, the newest first."""
    standing = standing_of(request.user, today())
    form = JobForm(request.GET)
    page = Paginator(keys_of(standing, request.user, **form.wanted()), _PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "jobs": jobs_of(list(page), standing)}
    return render(request, "baogai/jobs.html", context)


def _own(request: PersonRequest, export_id: str) -> Export:
    own = Export.objects.filter(requested_by=request.user).select_related("requested_by")
    return get_object_or_404(own, public_id=export_id)


@login_required
@require_safe
def export_job(request: HtmxRequest, export_id: str) -> HttpResponse:
    """How far an export is, and its file."""
    export = _own(request, export_id)
    context: dict[str, Any] = {"export": export, "job": job_of(export, standing_of(request.user, today()))}
    if request.htmx and not export.is_working:
        return HttpResponse(headers={"HX-Redirect": request.path})
    template = "export_fragment" if request.htmx else "export"
    return render(request, f"baogai/{template}.html", context)


@login_required
@require_safe
def export_file(request: PersonRequest, export_id: str) -> FileResponse:
    """The file, while the right to all of its rows lasts."""
    export = _own(request, export_id)
    if not may_take(export, standing_of(request.user, today())):
        raise PermissionDenied("文件已过保留期、还没有生成，或您的权限范围有变动，请重新导出。")
    record_action("下载导出文件", by=request.user, detail=f"{export.title}，{export.rows_total} 行")
    return serve_export(export)


@login_required
@require_POST
def export_again(request: PersonRequest, export_id: str) -> HttpResponse:
    """Ask for the same list anew, as it is now."""
    export = _own(request, export_id)
    fresh = request_export(
        export.task,
        title=export.title,
        asked=export.asked,
        rows=export.rows_total,
        by=request.user,
        at=timezone.now(),
    )
    return redirect("export_job", fresh.public_id)
