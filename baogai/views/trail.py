"""操作记录: the auditors' page of the action trail, and a month of it to take away with its proof."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import ActionRecord, TrailLink
from accounts.permissions import PersonRequest
from accounts.services import record_action
from accounts.services.exporting import HEADER, WIDTHS, rows_of
from baogai.permissions import may_read_trail, trail_of
from baogai.trail import DEFAULT_SORT, TrailFilter, asked_in, month_bounds, narrowed, page_of, without_names
from communities.permissions import Standing, standing_of
from files.writing import Format, Sheet, download
from kernel.days import start_of, today
from kernel.errors import DomainError

#: A workbook holds a little over a million rows, and is written in one go; more is taken as CSV, which streams.
_MOST_IN_WORKBOOK = 100_000


def _auditor(request: PersonRequest) -> Standing:
    standing = standing_of(request.user, today())
    if not may_read_trail(standing):
        raise PermissionDenied("操作记录由审计人员查阅。")
    return standing


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def trail(request: PersonRequest) -> HttpResponse:
    """Search and read. A search leaves one line in the trail; turning its pages leaves none."""
    standing = _auditor(request)
    asked = asked_in(request)
    request.GET = without_names(asked)  # type: ignore[assignment] # what the page's links go on from
    form = TrailFilter(asked, acts=ActionRecord.objects.acts())
    sort, after = asked.get("sort", DEFAULT_SORT), asked.get("after", "")
    lines: list[ActionRecord] = []
    more = None
    if form.is_valid():
        lines, more = page_of(narrowed(trail_of(standing), form.cleaned_data), sort=sort, after=after)
        if not after:
            record_action("查阅操作记录", by=request.user, detail=form.words())
    context = {
        "form": form,
        "lines": lines,
        "more": more,
        "is_first": not after,
        "month": f"{standing.on:%Y-%m}",
        "sealed": TrailLink.objects.order_by("-id").values_list("sealed_at", flat=True).first(),
    }
    return render(request, "baogai/trail.html", context)


@login_required
@require_safe
def trail_export(request: PersonRequest) -> HttpResponseBase:
    """A month with its chain, as CSV or workbook; whoever keeps it can check it alone (`verify_trail --export`)."""
    standing = _auditor(request)
    month = request.GET.get("month", f"{standing.on:%Y-%m}")
    bounds = month_bounds(month)
    if bounds is None:
        raise DomainError("请选择月份，例如 2026-10。", field="month")
    file_type: Format = "xlsx" if request.GET.get("format") == "xlsx" else "csv"
    records = ActionRecord.objects.filter(at__gte=start_of(bounds[0]), at__lt=start_of(bounds[1])).order_by("at", "pk")
    if file_type == "xlsx" and records[_MOST_IN_WORKBOOK : _MOST_IN_WORKBOOK + 1].exists():
        raise DomainError(f"这个月超过 {_MOST_IN_WORKBOOK // 10_000} 万条，请改为导出 CSV。")
    record_action("导出操作记录", by=request.user, detail=f"{month}，{file_type}")
    hidden = records.exclude(pk__in=trail_of(standing).values("pk"))
    notes = (
        f"{month} 操作记录，导出人 {request.user.name}（{request.user.username}），{standing.on.isoformat()}",
        "每条的“指纹”由上一条的指纹和本条内容算出；单独复核：manage.py verify_trail --export 本文件。",
    )
    sheet = Sheet(f"操作记录 {month}", HEADER, rows_of(records, hidden), widths=WIDTHS, notes=notes)
    return download(f"操作记录-{month}", [sheet], file_type=file_type)
