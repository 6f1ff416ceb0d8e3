"""发布稿的编制: what may be made, the draft with its papers side by side, the steps until another person approves."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import PersonRequest
from baogai.edition_forms import NewEditionForm, ReturnEditionForm, WordingForm
from baogai.editions import begin_edition, redraw_draft, usual_wording
from communities.models import Town
from communities.permissions import Standing, standing_of
from files.naming import safe_name
from kernel.days import today
from kernel.errors import ConflictError, DomainError
from notices.models import Edition, EditionDraft
from notices.permissions import may_approve_edition, may_prepare_edition
from notices.rules import EditionStage, PaperKind
from notices.services.editions import drop_draft, return_draft, submit_draft
from notices.services.editions.news import length_words, news_text
from notices.services.editions.papers import FORMS, paper_bytes
from notices.services.editions.sheet import EditionSheet

_PAGE = 20
_STEPS = ("编制", "另一人批准", "文件、报送、刊登")


def found_draft(request: PersonRequest, draft_id: str) -> tuple[EditionDraft, Standing]:
    """A draft of the person's town; strangers get 404."""
    standing = standing_of(request.user, today())
    reach = EditionDraft.objects.visible_to(standing).select_related("town__city", "prepared_by", "corrects", "edition")
    return get_object_or_404(reach, public_id=draft_id), standing


@login_required
@require_safe
def edition_work(request: PersonRequest) -> HttpResponse:
    """What is being prepared, what waits for approval, what was issued and how far it has gone."""
    standing = standing_of(request.user, today())
    if not standing.town_ids:
        raise PermissionDenied("发布稿由镇小区服务岗和镇领导办理，已发布的公开可查。")
    drafts = EditionDraft.objects.visible_to(standing).open().select_related("town", "prepared_by", "corrects")
    issued = Edition.objects.workable_by(standing).select_related("town", "press", "corrected_by")
    page = Paginator(issued.prefetch_related("dispatches"), _PAGE).get_page(request.GET.get("page"))
    towns = Town.objects.filter(pk__in=standing.town_ids).order_by("pk")
    context = {
        "drafts": [(draft, may_approve_edition(standing, draft)) for draft in drafts],
        "page": page,
        "prepares": [town for town in towns if may_prepare_edition(standing, town)],
    }
    return render(request, "baogai/editions/work.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def new_edition(request: PersonRequest, town_code: str) -> HttpResponse:
    """Choose what to make; its lines are drawn as they stand now."""
    standing = standing_of(request.user, today())
    towns = Town.objects.filter(pk__in=standing.town_ids).select_related("city")
    town = get_object_or_404(towns, code=town_code)
    if not may_prepare_edition(standing, town):
        raise PermissionDenied("发布稿由镇小区服务岗编制。")
    usual = usual_wording(town, standing.on)
    form = NewEditionForm(request.POST or None, initial={"series": usual.series, "issuer": usual.issuer})
    if form.is_valid():
        kind, period = form.chosen()
        try:
            draft = begin_edition(
                town, kind=kind, period=period, wording=form.wording(), by=request.user, at=timezone.now()
            )
        except DomainError as refusal:
            field = "choice" if refusal.field == "period" else refusal.field
            form.add_error(field if field in form.fields else None, refusal.message)
        else:
            messages.success(request, "数据已取好，请核对下面的预览，再提交批准。")
            return redirect("edition_draft", draft.public_id)
    return render(request, "baogai/editions/new.html", {"form": form, "town": town})


@login_required
@require_safe
def edition_draft(request: PersonRequest, draft_id: str) -> HttpResponse:
    """The papers side by side, as they will be, and the step that is next."""
    draft, standing = found_draft(request, draft_id)
    wording = {"series": draft.series, "issuer": draft.issuer, "request": draft.request}
    return shown_draft(request, draft, standing, form=WordingForm(initial=wording), returning=ReturnEditionForm())


def shown_draft(
    request: PersonRequest,
    draft: EditionDraft,
    standing: Standing,
    *,
    form: WordingForm,
    returning: ReturnEditionForm,
) -> HttpResponse:
    """The draft's page, with a form that was refused where there is one."""
    sheet = EditionSheet.of_draft(draft)
    prepares = may_prepare_edition(standing, draft.town)
    submitted = draft.stage == EditionStage.SUBMITTED
    context: dict[str, Any] = {
        "draft": draft,
        "sheet": sheet,
        "news": news_text(sheet),
        "length": length_words(sheet),
        "bars": [(share.name, share.permille, share.words) for share in sheet.shares],
        "samples": [(kind, FORMS[kind][0]) for kind in PaperKind if kind is not PaperKind.POSTER_PDF],
        "steps": _STEPS,
        "step": 1 if submitted else 2 if draft.stage == EditionStage.ISSUED else 0,
        "edition": draft.edition,
        "form": form if prepares and draft.stage == EditionStage.PREPARING else None,
        "may_submit": prepares and draft.stage == EditionStage.PREPARING,
        "may_drop": prepares and draft.is_open,
        "may_approve": submitted and may_approve_edition(standing, draft),
        "is_own": submitted and draft.prepared_by_id == standing.user_id,
        "returning": returning if submitted and (prepares or may_approve_edition(standing, draft)) else None,
    }
    return render(request, "baogai/editions/draft.html", context)


@login_required
@require_safe
def edition_sample(request: PersonRequest, draft_id: str, paper: str) -> HttpResponse:
    """One paper of the draft as a sample, really set: without number and hash, marked as a sample."""
    draft, _ = found_draft(request, draft_id)
    if paper not in PaperKind.values or paper == PaperKind.POSTER_PDF:
        raise Http404
    kind = PaperKind(paper)
    suffix, content_type = FORMS[kind]
    response = HttpResponse(paper_bytes(kind, EditionSheet.of_draft(draft)), content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(
        True, safe_name(f"样稿 {draft.title} {kind.label}.{suffix}")
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def reword_edition(request: PersonRequest, draft_id: str) -> HttpResponse:
    """Change the wording, and draw the figures as they stand now."""
    draft, standing = found_draft(request, draft_id)
    if not may_prepare_edition(standing, draft.town):
        raise PermissionDenied("发布稿由镇小区服务岗编制。")
    form = WordingForm(request.POST)
    if form.is_valid():
        try:
            redraw_draft(draft, wording=form.wording(), by=request.user, at=timezone.now())
        except ConflictError as refusal:
            messages.error(request, refusal.message)
            return redirect("edition_draft", draft.public_id)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, "已保存，数据也已重新取过。")
            return redirect("edition_draft", draft.public_id)
    return shown_draft(request, draft, standing, form=form, returning=ReturnEditionForm())


@login_required
@require_POST
def submit_edition(request: PersonRequest, draft_id: str) -> HttpResponse:
    """Hand it to a second person."""
    return _step(request, draft_id, submit_draft, "已提交，另一位工作人员或镇领导批准后发布。")


@login_required
@require_POST
def drop_edition(request: PersonRequest, draft_id: str) -> HttpResponse:
    """Give it up; no number was taken."""
    return _step(request, draft_id, drop_draft, "已放弃，没有占用文号。")


def _step(request: PersonRequest, draft_id: str, act: Callable[..., EditionDraft], done: str) -> HttpResponse:
    draft, standing = found_draft(request, draft_id)
    if not may_prepare_edition(standing, draft.town):
        raise PermissionDenied("发布稿由镇小区服务岗编制。")
    try:
        act(draft, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("edition_draft", draft.public_id)


@login_required
@require_POST
def return_edition(request: PersonRequest, draft_id: str) -> HttpResponse:
    """Give a submitted draft back with the reason."""
    draft, standing = found_draft(request, draft_id)
    if not may_approve_edition(standing, draft) and not may_prepare_edition(standing, draft.town):
        raise PermissionDenied("由镇小区服务岗人员或镇领导退回。")
    returning = ReturnEditionForm(request.POST)
    if returning.is_valid():
        try:
            return_draft(draft, reason=returning.cleaned_data["reason"], by=request.user, at=timezone.now())
        except ConflictError as refusal:
            messages.error(request, refusal.message)
            return redirect("edition_draft", draft.public_id)
        except DomainError as refusal:
            returning.add_error("reason", refusal.message)
        else:
            messages.success(request, "已退回编制人。")
            return redirect("edition_draft", draft.public_id)
    wording = WordingForm(initial={"series": draft.series, "issuer": draft.issuer, "request": draft.request})
    return shown_draft(request, draft, standing, form=wording, returning=returning)
