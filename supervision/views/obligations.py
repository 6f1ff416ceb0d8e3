"""The register of obligations: list with counts that add up, export of exactly that list, and one obligation whole."""

from datetime import date, datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import PersonRequest
from communities.permissions import standing_of
from files.exporting import MOST_AT_ONCE, request_export
from files.writing import download
from kernel.days import long_date, start_of, today
from supervision.forms.obligations import DeclineForm
from supervision.listing import listed, sheet_of
from supervision.models import Extension, Obligation, Proposal
from supervision.permissions import may_record_performance, may_urge, oversees_anything
from supervision.rules import RECORDED_DUTIES, Duty, clause_of
from supervision.services.saved_filters import filters_of, tidy_query
from supervision.tasks import make_obligations_export
from supervision.views.saved import KeepForm

_PAGE = 50
_STEP_WORDS = {
    "remind_first": "首次提醒",
    "remind_second": "再次提醒",
    "remind_last": "末次提醒",
    "overdue": "逾期通知",
}


@login_required
@require_safe
def obligations(request: HttpRequest) -> HttpResponse:
    """What is owed in one's reach: by state, village, duty, period and bearer, the most urgent first."""
    standing = standing_of(request.user, today())
    saved = list(filters_of(standing))
    default = next((one for one in saved if one.is_default and one.owner_id == standing.user_id), None)
    if default is not None and not request.META.get("QUERY_STRING"):
        return redirect(f"{request.path}?{default.query}")
    found = listed(request.GET, standing)
    query = tidy_query(request.GET.urlencode())
    pages = Paginator(found.shown.for_display(), _PAGE)
    pages.count = found.count  # the counts above the list tell it: not asked a second time
    page = pages.get_page(request.GET.get("page"))
    context = {
        "form": found.form,
        "counts": found.counts,
        "page": page,
        "rows": [(one, may_urge(standing, one) and one.is_open) for one in page],
        "may_urge_any": oversees_anything(standing),
        "saved": [(one, one.query == query, one.owner_id == standing.user_id) for one in saved],
        "keep_form": KeepForm(initial={"query": query}, auto_id="keep_%s") if query else None,
    }
    return render(request, "supervision/obligations.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: PersonRequest) -> HttpResponseBase:
    """Exactly the filtered list, as a workbook: at once, or of a long list by a worker once the person says so."""
    standing = standing_of(request.user, today())
    found = listed(request.GET, standing)
    title = f"{found.title}-{standing.on.isoformat()}"
    count = found.count
    if count <= MOST_AT_ONCE:
        return download(title, [sheet_of(found, standing)])
    if request.method != "POST":
        return render(request, "supervision/export_later.html", {"count": count, "query": request.GET.urlencode()})
    job = request_export(
        make_obligations_export.name,
        title=title,
        asked={"query": request.GET.urlencode()},
        rows=count,
        by=request.user,
        at=timezone.now(),
    )
    return redirect("export_job", job.public_id)


# -- One obligation ----------------------------------------------------------------------------------------------------


@login_required
@require_safe
def obligation(request: HttpRequest, public_id: str) -> HttpResponse:
    """One obligation whole: by when, why, what happened, and what the reader may do about it."""
    standing = standing_of(request.user, today())
    found = get_object_or_404(Obligation.objects.visible_to(standing).for_display(), public_id=public_id)
    proposal = found.proposals.filter(act=Proposal.Act.URGE).select_related("decided_by").last()
    urges = found.is_open and may_urge(standing, found)
    context = {
        "obligation": found,
        "clause": clause_of(found.duty),
        "events": timeline_of(found, proposal),
        "work": _work_of(found),
        "may_urge": urges,
        "may_decline": urges and proposal is not None and not proposal.decision,
        "decline_form": DeclineForm(),
        "may_record": found.is_open and found.duty in RECORDED_DUTIES and may_record_performance(standing, found),
        "performances": found.performances.select_related("recorded_by").prefetch_related("files__file"),
        "shift": shift_words(found),
    }
    return render(request, "supervision/obligation.html", context)


def shift_words(obligation: Obligation) -> str:
    """Why the day that counted before any extension is not the document's; empty where it is."""
    counted_on = obligation.unextended_on or obligation.deadline_on
    if counted_on == obligation.due_on:
        return ""
    if counted_on == obligation.opened_on:
        return "文件期限之后才承担，自承担之日起算"
    return "遇休息日顺延，民法典第二百零三条"


def _work_of(obligation: Obligation) -> tuple[str, str]:
    """Where the duty itself is done, if a room above has pages for it, and what the way there is called.

    Asked of the addresses, not of the room.
    """
    try:
        if obligation.duty == Duty.DISCLOSURE:
            return reverse("finance:draft", args=[obligation.public_id]), "看公示办理"
        if obligation.duty == Duty.FIRM_APPRAISAL:
            asked = urlencode({"period": obligation.period, "q": obligation.compound or ""})
            return f"{reverse('appraisals:appraisals')}?{asked}", "看考评办理"
    except NoReverseMatch:
        pass
    return "", ""


def timeline_of(obligation: Obligation, proposal: Proposal | None) -> list[dict[str, Any]]:
    """Everything that happened to the obligation, oldest first."""
    events = [_day_event(obligation.opened_on, "事项产生", detail=f"依据文件：{obligation.policy}")]
    if obligation.extension is not None:
        events += _extension_events(obligation)
    events += [
        _day_event(one.on, _STEP_WORDS.get(one.step, one.step), state="late" if one.step == "overdue" else "")
        for one in obligation.reminders.all()
    ]
    events += [
        _event(one.urged_at, f"督促（{one.urged_as}）", detail=one.text, state="late")
        for one in obligation.urgings.all()
    ]
    if proposal is not None and proposal.decision == Proposal.Decision.DECLINED and proposal.decided_at:
        events.append(_event(proposal.decided_at, f"决定不督促（{proposal.decided_by}）", detail=proposal.reason))
    if obligation.fulfilled_at is not None:
        detail = obligation.evidence.title if obligation.evidence else ""
        events.append(_event(obligation.fulfilled_at, "完成", detail=detail, state="done"))
    if obligation.corrected_late_at is not None:
        events.append(_event(obligation.corrected_late_at, "逾期更正", state="late"))
    if obligation.released_on is not None:
        events.append(_day_event(obligation.released_on, "解除", detail=obligation.released_reason))
    return sorted(events, key=lambda event: event["at"])


def _extension_events(obligation: Obligation) -> list[dict[str, Any]]:
    """When the present deadline was confirmed, and why."""
    given = cast("Extension", obligation.extension)
    until = f"{long_date(cast('date', obligation.unextended_on))}延至{long_date(obligation.deadline_on)}"
    confirmed = given.records.filter(kind="confirmed")
    return [_event(one.at, "期限延期", detail=f"{until}。{given.reason}；依据：{given.basis}") for one in confirmed]


def _day_event(on: date, title: str, *, detail: str = "", state: str = "") -> dict[str, Any]:
    """Something that holds for a whole day; no hour stands beside it."""
    return _event(start_of(on), title, detail=detail, state=state) | {"is_day": True}


def _event(at: datetime, title: str, *, detail: str = "", state: str = "") -> dict[str, Any]:
    return {"at": at, "title": title, "detail": detail, "state": state, "clause": ""}
