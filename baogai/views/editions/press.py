"""发布稿的发布与去向: the press of the second person, the papers as they come, the four it goes to, corrections."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from accounts.permissions import PersonRequest
from baogai import editions
from baogai.edition_forms import CorrectionForm, DispatchForm, ReturnEditionForm, WordingForm
from baogai.views.editions.drafts import found_draft, shown_draft
from communities.permissions import Standing, standing_of
from files.services import serve
from kernel.days import today
from kernel.errors import ConflictError, DomainError
from notices.models import Edition, EditionPaper
from notices.permissions import may_approve_edition, may_dispatch_edition, may_prepare_edition
from notices.rules import PaperKind, Recipient
from notices.services.editions import press_again
from notices.services.editions.press import serve_paper
from notices.services.editions.sheet import EditionSheet
from supervision.rules import Duty


class HtmxRequest(PersonRequest):
    """A person's request that says whether htmx made it."""

    htmx: HtmxDetails


@login_required
@require_POST
def issue_edition(request: PersonRequest, draft_id: str) -> HttpResponse:
    """The one press: approve, number, freeze, publish, and have the papers made."""
    draft, standing = found_draft(request, draft_id)
    if not may_approve_edition(standing, draft):
        raise PermissionDenied("发布稿由编制人以外的镇小区服务岗人员或镇领导批准。")
    try:
        edition = editions.issue(draft, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
        wording = {"series": draft.series, "issuer": draft.issuer, "request": draft.request}
        draft.refresh_from_db()
        if draft.edition is not None:
            return redirect("edition_press", draft.edition.public_id)
        return shown_draft(request, draft, standing, form=WordingForm(initial=wording), returning=ReturnEditionForm())
    messages.success(request, f"已发布，文号 {edition.letter_number}。公告已上网，文件正在制作。")
    return redirect("edition_press", edition.public_id)


def _found(request: PersonRequest, edition_id: str) -> tuple[Edition, Standing]:
    """Everybody reads a published edition; its papers and where they went are the town's, hidden from others."""
    standing = standing_of(request.user, today())
    found = Edition.objects.workable_by(standing).select_related(
        "town__city", "press", "corrects", "corrected_by", "prepared_by", "approved_by", "draft"
    )
    return get_object_or_404(found, public_id=edition_id), standing


@login_required
@require_safe
def edition_press(request: HtmxRequest, edition_id: str) -> HttpResponse:
    """How far the papers are, each to be taken away, and the four recipients with day and proof."""
    edition, standing = _found(request, edition_id)
    if request.htmx:
        if not edition.press.is_working:
            return HttpResponse(headers={"HX-Redirect": request.path})
        return render(request, "baogai/editions/press_fragment.html", {"edition": edition})
    papers = list(edition.papers.select_related("compound"))
    dispatches = {one.recipient: one for one in edition.dispatches.select_related("recorded_by", "proof")}
    is_current = getattr(edition, "corrected_by", None) is None
    acts = may_dispatch_edition(standing, edition)
    context: dict[str, Any] = {
        "edition": edition,
        "papers": [(paper, paper.get_kind_display()) for paper in papers if paper.compound_id is None],
        "posters": [paper for paper in papers if paper.compound_id is not None],
        "recipients": [(recipient, dispatches.get(recipient.value)) for recipient in Recipient],
        "done": len(dispatches),
        "is_current": is_current,
        "acts": acts,
        "may_dispatch": acts and is_current,
        "may_correct": is_current and may_prepare_edition(standing, edition.town),
        "duties": [Duty(one) for one in edition.settles],
    }
    return render(request, "baogai/editions/press.html", context)


@login_required
@require_safe
def edition_paper(request: PersonRequest, edition_id: str, paper: str) -> HttpResponseBase:
    """One paper, always as a download."""
    edition, _ = _found(request, edition_id)
    made: EditionPaper = get_object_or_404(edition.papers, kind=paper, compound__isnull=True)
    return serve_paper(made, name=f"{edition.letter_number} {edition.title} {PaperKind(paper).label}")


@login_required
@require_POST
def press_edition_again(request: PersonRequest, edition_id: str) -> HttpResponse:
    """Have all papers made anew from the same figures."""
    edition, standing = _found(request, edition_id)
    if not may_dispatch_edition(standing, edition):
        raise PermissionDenied("由镇小区服务岗重新制作。")
    try:
        press_again(edition, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
    return redirect("edition_press", edition.public_id)


@require_http_methods(["GET", "POST"])
@login_required
def dispatch_edition(request: PersonRequest, edition_id: str, recipient: str) -> HttpResponse:
    """Check off one of the four, with the day and the proof."""
    edition, standing = _found(request, edition_id)
    if recipient not in Recipient.values:
        raise Http404
    if not may_dispatch_edition(standing, edition):
        raise PermissionDenied("由镇小区服务岗登记。")
    whom = Recipient(recipient)
    form = DispatchForm(request.POST or None, request.FILES or None, by=request.user)
    if request.method == "POST":
        if form.is_valid() and _dispatched(request, edition, whom, form):
            return redirect("edition_press", edition.public_id)
        form.keep_files()
    context = {"form": form, "edition": edition, "recipient": whom}
    return render(request, "baogai/editions/dispatch.html", context)


def _dispatched(request: PersonRequest, edition: Edition, whom: Recipient, form: DispatchForm) -> bool:
    """Whether it was checked off, or somebody else had done so; what was wrong stands in the form."""
    told = form.cleaned_data
    try:
        editions.dispatch(
            edition,
            recipient=whom,
            done_on=told["done_on"],
            proof=form.sources()[-1],
            note=told["note"],
            by=request.user,
            at=timezone.now(),
        )
    except ConflictError as refusal:
        messages.error(request, refusal.message)
    except DomainError as refusal:
        form.refuse(refusal)
        return False
    else:
        messages.success(request, f"已登记：{whom.label}。")
    return True


@login_required
@require_safe
def edition_proof(request: PersonRequest, edition_id: str, dispatch_id: str) -> HttpResponseBase:
    """The proof of one recipient."""
    edition, _ = _found(request, edition_id)
    dispatch = get_object_or_404(edition.dispatches.select_related("proof"), public_id=dispatch_id)
    return serve(dispatch.proof, inline=True)


@require_http_methods(["GET", "POST"])
@login_required
def correct_edition(request: PersonRequest, edition_id: str) -> HttpResponse:
    """Begin an edition that corrects this one, with the reason and figures drawn anew."""
    edition, standing = _found(request, edition_id)
    if not may_prepare_edition(standing, edition.town):
        raise PermissionDenied("更正由镇小区服务岗编制。")
    sheet = EditionSheet.of(edition)
    initial = {"series": edition.series, "issuer": sheet.issuer, "request": "\n".join(sheet.request)}
    form = CorrectionForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            draft = editions.begin_correction(
                edition,
                wording=form.wording(),
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, "数据已重新取好，请核对后提交批准。")
            return redirect("edition_draft", draft.public_id)
    return render(request, "baogai/editions/correct.html", {"form": form, "edition": edition})
