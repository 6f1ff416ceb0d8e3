"""Importing a compound's roster: upload, columns, preview of every row, result."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.middleware import HtmxDetails

from accounts.permissions import PersonRequest
from accounts.services import record_action
from communities.forms import RosterColumnsForm, RosterConfirmForm, RosterHeaderForm, RosterUploadForm
from communities.models import Compound, RosterImport, RosterRow
from communities.permissions import may_import_roster, standing_of
from communities.services import reference_to
from communities.services.roster import CORRECTABLE, confirm, drop, read_again, request_preview, start_import
from communities.services.roster.columns import COLUMNS
from communities.services.roster.exports import faults_sheet, sample_sheet
from communities.tasks import process_roster_import
from communities.views.places import compound_or_404
from files.writing import download
from kernel.days import today
from kernel.errors import DomainError

_ROWS_PAGE = 50
_IMPORTS_PAGE = 20
_STEPS = ["上传文件", "核对栏目", "预览", "导入"]
_State, _Fate = RosterImport.State, RosterRow.Fate
_STEP_OF = {
    _State.UPLOADED: 1,
    _State.FAILED: 1,
    _State.PREVIEWING: 2,
    _State.PREVIEWED: 2,
    _State.APPLYING: 3,
    _State.REFUSED: 3,
    _State.DONE: 4,
}


class HtmxRequest(PersonRequest):
    """A person's request that says whether htmx made it."""

    htmx: HtmxDetails


def _compound_to_import(request: PersonRequest, compound_id: str) -> Compound:
    """404 for whoever may not see the compound, 403 for whoever may not import its roster."""
    standing = standing_of(request.user, today())
    compound = compound_or_404(standing, compound_id)
    if not may_import_roster(standing, compound):
        raise PermissionDenied
    return compound


def _job(request: PersonRequest, compound_id: str, import_id: str) -> RosterImport:
    compound = _compound_to_import(request, compound_id)
    imports = compound.imports.select_related("compound__village", "file", "created_by", "confirmed_by")
    return get_object_or_404(imports, public_id=import_id)


def _page_of(job: RosterImport) -> str:
    return reverse("communities:roster_import", args=[job.compound.public_id, job.public_id])


def _enqueue(job: RosterImport) -> None:
    """Hand the work to the queue; where it does not answer, the beat finds the row within a minute."""
    transaction.on_commit(lambda: process_roster_import.delay(job.pk), robust=True)


@require_http_methods(["GET", "POST"])
@login_required
def roster(request: PersonRequest, compound_id: str) -> HttpResponse:
    """Upload a roster; the imports so far."""
    compound = _compound_to_import(request, compound_id)
    form = RosterUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = start_import(compound, upload=form.cleaned_data["file"], by=request.user)
        except DomainError as refusal:
            form.add_error("file", refusal.message)
        else:
            return redirect("communities:roster_columns", compound.public_id, job.public_id)
    imports = compound.imports.select_related("file", "created_by")
    page = Paginator(imports, _IMPORTS_PAGE).get_page(request.GET.get("page"))
    context = {"compound": compound, "form": form, "page": page, "steps": _STEPS, "columns": COLUMNS}
    return render(request, "communities/roster/upload.html", context, status=422 if form.errors else 200)


@require_GET
@login_required
def sample(request: PersonRequest, compound_id: str) -> HttpResponseBase:
    """An empty roster with the right header, for whoever starts from nothing."""
    compound = _compound_to_import(request, compound_id)
    return download(f"{compound.name}名册样表", [sample_sheet(compound)])


@require_http_methods(["GET", "POST"])
@login_required
def columns(request: PersonRequest, compound_id: str, import_id: str) -> HttpResponse:
    """Correct what was recognised, then ask for the preview."""
    job = _job(request, compound_id, import_id)
    if job.state not in CORRECTABLE:
        return redirect(_page_of(job))
    form = RosterColumnsForm(request.POST or None, job=job)
    if request.method == "POST" and form.is_valid():
        try:
            request_preview(job, columns=form.columns)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            _enqueue(job)
            return redirect(_page_of(job))
    return _columns_page(request, job, form=form, header=RosterHeaderForm(job=job))


@require_POST
@login_required
def header(request: PersonRequest, compound_id: str, import_id: str) -> HttpResponse:
    """Take another sheet or another row for the header, and recognise the columns anew."""
    job = _job(request, compound_id, import_id)
    if job.state not in CORRECTABLE:
        return redirect(_page_of(job))
    form = RosterHeaderForm(request.POST, job=job)
    if form.is_valid():
        told = form.cleaned_data
        try:
            read_again(job, sheet=told.get("sheet", job.sheet), header_row=told["header_row"])
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, "已重新识别栏目，请核对。")
            return redirect("communities:roster_columns", compound_id, import_id)
    return _columns_page(request, job, form=RosterColumnsForm(job=job), header=form)


def _columns_page(
    request: PersonRequest, job: RosterImport, *, form: RosterColumnsForm, header: RosterHeaderForm
) -> HttpResponse:
    context = _context(job) | {"form": form, "header": header}
    status = 422 if form.errors or header.errors else 200
    return render(request, "communities/roster/columns.html", context, status=status)


@require_GET
@login_required
def roster_import(request: HtmxRequest, compound_id: str, import_id: str) -> HttpResponse:
    """Where an import stands: its progress, its preview or its result."""
    job = _job(request, compound_id, import_id)
    if job.state == _State.UPLOADED:
        return redirect("communities:roster_columns", compound_id, import_id)
    if job.is_working:
        template = "fragment" if request.htmx else "working"
        return render(request, f"communities/roster/{template}.html", _context(job))
    if request.htmx:
        # The work is done: the waiting page becomes the page of its result.
        return HttpResponse(headers={"HX-Redirect": _page_of(job)})
    if job.state == _State.PREVIEWED:
        form = RosterConfirmForm(initial={"mode": RosterImport.Mode.GOOD_ROWS})
        return render(request, "communities/roster/preview.html", _preview(request, job) | {"form": form})
    return render(request, "communities/roster/result.html", _preview(request, job))


@require_POST
@login_required
def confirm_act(request: PersonRequest, compound_id: str, import_id: str) -> HttpResponse:
    """Apply the preview, by the person's choice."""
    job = _job(request, compound_id, import_id)
    form = RosterConfirmForm(request.POST)
    if form.is_valid():
        try:
            confirm(job, mode=form.cleaned_data["mode"], by=request.user)
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            job.refresh_from_db()
            if job.is_working:
                _enqueue(job)
        return redirect(_page_of(job))
    if job.state != _State.PREVIEWED:
        return redirect(_page_of(job))
    return render(request, "communities/roster/preview.html", _preview(request, job) | {"form": form}, status=422)


@require_POST
@login_required
def drop_act(request: PersonRequest, compound_id: str, import_id: str) -> HttpResponse:
    """Give an import up."""
    job = _job(request, compound_id, import_id)
    try:
        drop(job, by=request.user)
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect(_page_of(job))
    messages.success(request, "已放弃这次导入，名册没有变动。")
    return redirect("communities:roster", compound_id)


@require_GET
@login_required
def faults(request: PersonRequest, compound_id: str, import_id: str) -> HttpResponseBase:
    """Every wrong row with row number, column, reason and its own cells, to be corrected and uploaded again."""
    job = _job(request, compound_id, import_id)
    record_action(
        "下载名册错误清单", by=request.user, subject=reference_to(job.compound, job.compound.name), detail=job.file.name
    )
    return download(f"{job.compound.name}名册错误清单", [faults_sheet(job)])


def _context(job: RosterImport) -> dict[str, Any]:
    return {
        "job": job,
        "compound": job.compound,
        "steps": _STEPS,
        "step": _STEP_OF[_State(job.state)],
        "page_url": _page_of(job),
    }


def _preview(request: PersonRequest, job: RosterImport) -> dict[str, Any]:
    """The rows of one fate, page by page: the wrong ones first, else whatever there is most reason to look at."""
    counts = {
        _Fate.BAD: job.rows_bad,
        _Fate.CHANGED: job.rows_changed,
        _Fate.NEW: job.rows_new,
        _Fate.SAME: job.rows_same,
    }
    if job.state != _State.PREVIEWED:  # of an import that is over, only these rows are kept
        counts = {_Fate.BAD: job.rows_bad, _Fate.CHANGED: job.rows_changed if job.state == _State.DONE else 0}
    first = next((fate for fate, count in counts.items() if count), _Fate.BAD)
    wanted = request.GET.get("fate", "")
    fate = next((one for one in counts if one == wanted), first)
    return _context(job) | {
        "fate": fate,
        "page": _rows(request, job, fate, counts[fate]),
        "fates": [(one, one.label, count) for one, count in counts.items() if count],
        "area_differs": job.area_stated is not None and job.area_stated != job.area_good,
        "to_write": job.rows_new + job.rows_changed,
    }


def _rows(request: PersonRequest, job: RosterImport, fate: RosterRow.Fate, count: int) -> Page:
    """Fifty rows; how many there are was counted when they were staged."""
    paginator = Paginator(RosterRow.objects.filter(roster_import=job, fate=fate).order_by("number"), _ROWS_PAGE)
    paginator.__dict__["count"] = count
    return paginator.get_page(request.GET.get("page"))
