"""12345 工单: the list, and importing the hotline's table: upload, columns, places, preview of every row, result."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from accounts.permissions import PersonRequest
from accounts.services import record_action
from communities.models import Town
from communities.permissions import Standing, standing_of
from evaluations.fieldwork_permissions import may_keep_tickets, may_see_tickets, ticket_imports_of
from evaluations.forms.hotline import (
    TicketColumnsForm,
    TicketConfirmForm,
    TicketFilter,
    TicketPlacesForm,
    TicketUploadForm,
)
from evaluations.hotline_rules import COLUMNS
from evaluations.models import HotlineTicket, TicketImport, TicketRow
from evaluations.services.hotline import (
    CORRECTABLE,
    confirm,
    drop,
    name_places,
    request_preview,
    start_import,
    unclear_places,
)
from evaluations.services.hotline.imports import reference_to
from evaluations.services.hotline.sheets import faults_sheet, sample_sheet, tickets_sheet
from files.exporting import MOST_AT_ONCE
from files.writing import download
from kernel.days import today
from kernel.errors import DomainError
from supervision.permissions import towns_of

_PAGE = 30
_ROWS_PAGE = 50
_IMPORTS_PAGE = 20
_STEPS = ["上传工单表", "核对栏目", "预览", "导入"]
_State, _Fate = TicketImport.State, TicketRow.Fate
_STEP_OF = {
    _State.UPLOADED: 1,
    _State.FAILED: 1,
    _State.PREVIEWING: 2,
    _State.PREVIEWED: 2,
    _State.REFUSED: 3,
    _State.DONE: 4,
}


class HtmxRequest(PersonRequest):
    """A person's request that says whether htmx made it."""

    htmx: HtmxDetails


# -- The tickets -------------------------------------------------------------------------------------------------------


def _standing(request: PersonRequest) -> Standing:
    standing = standing_of(request.user, today())
    if not may_see_tickets(standing):
        raise PermissionDenied("12345 工单供镇、村（社区）、业委会和物业企业查看。")
    return standing


@login_required
@require_safe
def tickets(request: PersonRequest) -> HttpResponse:
    """Every ticket of the compounds one oversees, sits for or serves, the newest first."""
    standing = _standing(request)
    form = TicketFilter(request.GET)
    at = timezone.now()
    found = form.narrowed(HotlineTicket.objects.visible_to(standing), at=at).for_display()
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    towns = Town.objects.filter(pk__in=standing.office_town_ids)
    context = {
        "form": form,
        "page": page,
        "lines": [(one, *chip_of(one, at)) for one in page],
        "towns": [town for town in towns if may_keep_tickets(standing, town)],
        "too_many": page.paginator.count > MOST_AT_ONCE,
        "most": MOST_AT_ONCE,
    }
    return render(request, "evaluations/hotline/tickets.html", context)


def chip_of(ticket: HotlineTicket, at: Any) -> tuple[str, str]:
    """How a ticket stands: state and words of its chip."""
    due, closed = ticket.due_at, ticket.closed_at
    if closed is None:
        return ("late", "未办结，已逾期") if due and due < at else ("soon", "未办结")
    return ("late", "逾期办结") if due and due < closed else ("done", "已办结")


@login_required
@require_safe
def tickets_export(request: PersonRequest) -> HttpResponseBase:
    """The list as filtered, as a spreadsheet; of more rows than can be waited for, the person narrows it first."""
    standing = _standing(request)
    form = TicketFilter(request.GET)
    found = form.narrowed(HotlineTicket.objects.visible_to(standing), at=timezone.now()).for_display()
    if (count := found.count()) > MOST_AT_ONCE:
        messages.error(request, f"有 {count} 条，一次最多导出 {MOST_AT_ONCE} 条，请先按期间或小区筛选。")
        return redirect(f"{reverse('fieldwork:tickets')}?{request.GET.urlencode()}")
    record_action("导出 12345 工单", by=request.user, detail=f"{count} 条")
    return download("12345工单", [tickets_sheet(found)])


# -- An import ---------------------------------------------------------------------------------------------------------


def town_to_import(request: PersonRequest, town_code: str) -> Town:
    """404 for whoever has nothing to do with the town, 403 for whoever may not import its tickets."""
    standing = standing_of(request.user, today())
    town = get_object_or_404(towns_of(standing), code=town_code)
    if not may_keep_tickets(standing, town):
        raise PermissionDenied("12345 工单由镇小区服务岗导入。")
    return town


def _job(request: PersonRequest, ticket_import_id: str) -> TicketImport:
    imports = ticket_imports_of(standing_of(request.user, today()))
    return get_object_or_404(imports.select_related("town", "created_by", "confirmed_by"), public_id=ticket_import_id)


def _page_of(job: TicketImport) -> str:
    return reverse("fieldwork:ticket_import", args=[job.public_id])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: PersonRequest, town_code: str) -> HttpResponse:
    """Upload the hotline's table; the imports so far."""
    town = town_to_import(request, town_code)
    form = TicketUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            job = start_import(
                town,
                upload=told["file"],
                sheet=told["sheet"].strip(),
                header_row=told["header_row"],
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            return redirect("fieldwork:ticket_columns", job.public_id)
    imports = town.ticket_imports.select_related("created_by")
    page = Paginator(imports, _IMPORTS_PAGE).get_page(request.GET.get("page"))
    context = {"town": town, "form": form, "page": page, "steps": _STEPS, "columns": COLUMNS}
    return render(request, "evaluations/hotline/upload.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def sample(request: PersonRequest, town_code: str) -> HttpResponseBase:
    """An empty table with the right header."""
    town_to_import(request, town_code)
    return download("12345工单样表", [sample_sheet()])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: PersonRequest, ticket_import_id: str) -> HttpResponse:
    """Correct what was recognised, then ask for the preview."""
    job = _job(request, ticket_import_id)
    if job.state not in CORRECTABLE:
        return redirect(_page_of(job))
    form = TicketColumnsForm(request.POST or None, job=job)
    if request.method == "POST" and form.is_valid():
        try:
            request_preview(job, columns=form.columns)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            return redirect(_page_of(job))
    context = _context(job) | {"form": form}
    return render(request, "evaluations/hotline/columns.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def places(request: PersonRequest, ticket_import_id: str) -> HttpResponse:
    """Say which compounds the names mean that none bears; then the import is previewed anew."""
    job = _job(request, ticket_import_id)
    if job.state != _State.PREVIEWED:
        return redirect(_page_of(job))
    unclear = unclear_places(job)
    form = TicketPlacesForm(request.POST or None, places=unclear)
    if request.method == "POST" and form.is_valid() and _named(request, job, form):
        return redirect(_page_of(job))
    context = _context(job) | {"form": form, "unclear": unclear}
    return render(request, "evaluations/hotline/places.html", context, status=422 if form.errors else 200)


def _named(request: PersonRequest, job: TicketImport, form: TicketPlacesForm) -> bool:
    try:
        with transaction.atomic():
            said = name_places(job, form.sayings(), by=request.user, at=timezone.now())
            if said:
                request_preview(job, columns=job.columns)
    except DomainError as refusal:
        form.refuse(refusal)
        return False
    if said:
        messages.success(request, f"已记住 {said} 个叫法，正在重新比对。")
    return True


@login_required
@require_safe
def ticket_import(request: HtmxRequest, ticket_import_id: str) -> HttpResponse:
    """Where an import stands: its progress, its preview or its result."""
    job = _job(request, ticket_import_id)
    if job.state == _State.UPLOADED:
        return redirect("fieldwork:ticket_columns", ticket_import_id)
    if job.is_working:
        template = "fragment" if request.htmx else "working"
        return render(request, f"evaluations/hotline/{template}.html", _context(job))
    if request.htmx:
        # The work is done: the waiting page becomes the page of its result.
        return HttpResponse(headers={"HX-Redirect": _page_of(job)})
    if job.state == _State.PREVIEWED:
        form = TicketConfirmForm(initial={"mode": TicketImport.Mode.GOOD_ROWS})
        return render(request, "evaluations/hotline/preview.html", _preview(request, job) | {"form": form})
    return render(request, "evaluations/hotline/result.html", _preview(request, job))


@login_required
@require_POST
def confirm_act(request: PersonRequest, ticket_import_id: str) -> HttpResponse:
    """Write the preview, by the person's choice."""
    job = _job(request, ticket_import_id)
    form = TicketConfirmForm(request.POST)
    if form.is_valid():
        try:
            confirm(job, mode=form.cleaned_data["mode"], by=request.user, at=timezone.now())
        except DomainError as refusal:
            messages.error(request, refusal.message)
        return redirect(_page_of(job))
    if job.state != _State.PREVIEWED:
        return redirect(_page_of(job))
    context = _preview(request, job) | {"form": form}
    return render(request, "evaluations/hotline/preview.html", context, status=422)


@login_required
@require_POST
def drop_act(request: PersonRequest, ticket_import_id: str) -> HttpResponse:
    """Give an import up."""
    job = _job(request, ticket_import_id)
    try:
        drop(job, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect(_page_of(job))
    messages.success(request, "已放弃这次导入，工单没有变动。")
    return redirect("fieldwork:ticket_upload", job.town.code)


@login_required
@require_safe
def faults(request: PersonRequest, ticket_import_id: str) -> HttpResponseBase:
    """Every row left out, with row number, column, reason and its own cells, to be corrected and uploaded again."""
    job = _job(request, ticket_import_id)
    record_action("下载工单错误清单", by=request.user, subject=reference_to(job))
    return download("12345工单错误清单", [faults_sheet(job)])


def _context(job: TicketImport) -> dict[str, Any]:
    return {
        "job": job,
        "town": job.town,
        "steps": _STEPS,
        "step": _STEP_OF[_State(job.state)],
        "page_url": _page_of(job),
    }


def _preview(request: HttpRequest, job: TicketImport) -> dict[str, Any]:
    """The rows of one fate, page by page: the wrong ones first, else whatever there is most reason to look at."""
    counts = {_Fate.BAD: job.rows_bad, _Fate.UNCLEAR: job.rows_unclear}
    if job.state == _State.PREVIEWED:  # of an import that is over, only the rows left out are kept
        counts |= {
            _Fate.CHANGED: job.rows_changed,
            _Fate.NEW: job.rows_new,
            _Fate.SAME: job.rows_same,
            _Fate.FOREIGN: job.rows_foreign,
        }
    first = next((fate for fate, count in counts.items() if count), _Fate.BAD)
    wanted = request.GET.get("fate", "")
    fate = next((one for one in counts if one == wanted), first)
    return _context(job) | {
        "fate": fate,
        "page": _rows(request, job, fate, counts[fate]),
        "fates": [(one, one.label, count) for one, count in counts.items() if count],
    }


def _rows(request: HttpRequest, job: TicketImport, fate: TicketRow.Fate, count: int) -> Page:
    """Fifty rows; how many there are was counted when they were compared."""
    rows = TicketRow.objects.filter(ticket_import=job, fate=fate).select_related("compound").order_by("number")
    paginator = Paginator(rows, _ROWS_PAGE)
    paginator.__dict__["count"] = count
    return paginator.get_page(request.GET.get("page"))
