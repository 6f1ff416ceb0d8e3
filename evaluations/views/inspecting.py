"""现场检查: choosing where one stands, writing stop by stop on a phone, handing in, reading, withdrawing."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import PersonRequest
from communities.models import Compound
from communities.permissions import Standing, standing_of
from evaluations.fieldwork_permissions import (
    inspected_by,
    may_drop,
    may_inspect,
    may_see_inspections,
    may_withdraw,
    may_write,
)
from evaluations.forms.inspecting import FindingForm, HandInForm, InspectionFilter, WhereForm, WithdrawFindingForm
from evaluations.models import Finding, FindingPhoto, Inspection
from evaluations.services.fieldwork import lost_items, method_of_facts
from evaluations.services.inspecting import (
    begin_inspection,
    drop_inspection,
    hand_in,
    record_finding,
    take_out,
    withdraw_finding,
)
from files.services import serve
from kernel.days import today
from kernel.errors import ConflictError, DomainError

_PAGE = 30
_WHERE_PAGE = 20


def _found(request: PersonRequest, public_id: str) -> tuple[Inspection, Standing]:
    """An inspection the person may see; else the same 404 as for what does not exist."""
    standing = standing_of(request.user, today())
    reach = Inspection.objects.visible_to(standing).for_display()
    return get_object_or_404(reach, public_id=public_id), standing


def _own_draft(request: PersonRequest, public_id: str) -> Inspection:
    found, standing = _found(request, public_id)
    if not may_write(standing, found):
        raise PermissionDenied("由开始这次检查的人填写。")
    return found


@login_required
@require_safe
def inspections(request: PersonRequest) -> HttpResponse:
    """Every inspection one may read, the latest first; one's own drafts on top."""
    standing = standing_of(request.user, today())
    if not may_see_inspections(standing):
        raise PermissionDenied("现场检查供镇、村（社区）、业委会和物业企业查看。")
    form = InspectionFilter(request.GET)
    seen = Inspection.objects.visible_to(standing)
    found = form.narrowed(seen).for_display().with_counts().order_by("-pk")
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "drafts": seen.drafts().filter(begun_by=request.user).for_display().with_counts().order_by("-pk"),
        "may_inspect": bool(standing.office_town_ids or standing.village_ids),
    }
    return render(request, "evaluations/inspections/list.html", context)


@login_required
@require_safe
def where(request: PersonRequest) -> HttpResponse:
    """Which compound one stands in: those one may inspect, with the firm that serves them."""
    standing = standing_of(request.user, today())
    if not (standing.office_town_ids or standing.village_ids):
        raise PermissionDenied("现场检查由镇小区服务岗和所在村（社区）干部进行。")
    form = WhereForm(request.GET)
    reach = Compound.objects.filter(inspected_by(standing)).with_service(standing.on).for_list(standing.on)
    if form.is_valid() and (words := form.cleaned_data["q"].strip()):
        reach = reach.filter(name__icontains=words)
    page = Paginator(reach.order_by("village_id", "name"), _WHERE_PAGE).get_page(request.GET.get("page"))
    return render(request, "evaluations/inspections/where.html", {"form": form, "page": page})


@login_required
@require_POST
def begin(request: PersonRequest, compound_id: str) -> HttpResponse:
    """Begin a draft for this compound, or go on with one's own."""
    standing = standing_of(request.user, today())
    reach = Compound.objects.visible_to(standing).select_related("village__town")
    compound = get_object_or_404(reach, public_id=compound_id)
    if not may_inspect(standing, compound):
        raise PermissionDenied("现场检查由镇小区服务岗和所在村（社区）干部进行。")
    try:
        draft = begin_inspection(compound, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("fieldwork:inspect_where")
    return redirect("fieldwork:inspection", draft.public_id)


# -- One inspection ----------------------------------------------------------------------------------------------------


@login_required
@require_safe
def inspection(request: PersonRequest, inspection_id: str) -> HttpResponse:
    """For its author the draft to go on with; for everybody else what was found, with photos."""
    found, standing = _found(request, inspection_id)
    return _shown(request, found, standing)


def _shown(
    request: PersonRequest,
    found: Inspection,
    standing: Standing,
    *,
    finding_form: FindingForm | None = None,
    hand_in_form: HandInForm | None = None,
) -> HttpResponse:
    photos = Prefetch("photos", FindingPhoto.objects.select_related("file"))
    findings = list(found.findings.select_related("withdrawal__withdrawn_by").prefetch_related(photos))
    items = {item.code: item for item in found.method.item_list}
    rows = [(one, items.get(one.code), getattr(one, "withdrawal", None)) for one in findings]
    writes = not found.is_handed_in and may_write(standing, found)
    status = 422 if any(form is not None and form.errors for form in (finding_form, hand_in_form)) else 200
    context: dict[str, Any] = {
        "inspection": found,
        "rows": rows,
        "total": sum(one.points for one, _, withdrawal in rows if withdrawal is None),
        "checked": [items[code] for code in found.checked if code in items],
        "lost": lost_items(found, method_of_facts(found.compound.village.town, found.period_value)),
        "may_drop": not found.is_handed_in and may_drop(standing, found),
        "may_withdraw": found.is_handed_in and bool(findings) and may_drop(standing, found),
    }
    if not writes:
        return render(request, "evaluations/inspections/page.html", context, status=status)
    context["form"] = finding_form or FindingForm(inspection=found, by=request.user)
    context["hand_in"] = hand_in_form or HandInForm(inspection=found, initial={"visited_on": standing.on})
    return render(request, "evaluations/inspections/draft.html", context, status=status)


@login_required
@require_POST
def record(request: PersonRequest, inspection_id: str) -> HttpResponse:
    """One fault with its photos."""
    draft = _own_draft(request, inspection_id)
    form = FindingForm(request.POST, request.FILES, inspection=draft, by=request.user)
    if form.is_valid():
        told = form.cleaned_data
        try:
            made = record_finding(
                draft,
                code=told["code"],
                points=told["points"],
                words=told["words"],
                photos=form.sources(),
                by=request.user,
                at=timezone.now(),
            )
        except ConflictError as refusal:
            messages.error(request, refusal.message)
            return redirect("fieldwork:inspections")
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, f"已记下：扣 {made.points} 分。")
            return redirect("fieldwork:inspection", inspection_id)
    form.keep_files()
    return _shown(request, draft, standing_of(request.user, today()), finding_form=form)


@login_required
@require_POST
def take_out_act(request: PersonRequest, inspection_id: str, finding_id: str) -> HttpResponse:
    """Take a fault out of the draft again."""
    draft = _own_draft(request, inspection_id)
    finding = get_object_or_404(draft.findings.select_related("inspection"), public_id=finding_id)
    try:
        take_out(finding, by=request.user, at=timezone.now())
    except ConflictError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "已去掉这处问题。")
    return redirect("fieldwork:inspection", inspection_id)


@login_required
@require_POST
def hand_in_act(request: PersonRequest, inspection_id: str) -> HttpResponse:
    """Hand the draft in; the firm is told."""
    draft = _own_draft(request, inspection_id)
    form = HandInForm(request.POST, inspection=draft)
    if form.is_valid():
        told = form.cleaned_data
        try:
            hand_in(
                draft,
                visited_on=told["visited_on"],
                checked=told["checked"],
                companions=told["companions"],
                by=request.user,
                at=timezone.now(),
            )
        except ConflictError as refusal:
            messages.error(request, refusal.message)
            return redirect("fieldwork:inspections")
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "检查已提交，物业企业已收到消息。")
            return redirect("fieldwork:inspection", inspection_id)
    return _shown(request, draft, standing_of(request.user, today()), hand_in_form=form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def drop_act(request: PersonRequest, inspection_id: str) -> HttpResponse:
    """Give a draft up, after asking."""
    found, standing = _found(request, inspection_id)
    if not may_drop(standing, found):
        raise PermissionDenied("由开始这次检查的人或镇小区服务岗放弃。")
    if request.method == "POST" or found.is_handed_in:
        try:
            drop_inspection(found, by=request.user, at=timezone.now())
        except ConflictError as refusal:
            messages.error(request, refusal.message)
            return redirect("fieldwork:inspection", inspection_id)
        messages.success(request, "已放弃这次检查。")
        return redirect("fieldwork:inspections")
    consequences = [f"{found.findings.count()} 处问题和照片都不提交", "物业企业不会收到消息", "不能恢复"]
    there = reverse("fieldwork:inspection", args=[inspection_id])
    context = {"inspection": found, "consequences": consequences, "there": there}
    return render(request, "evaluations/inspections/drop.html", context)


# -- One finding -------------------------------------------------------------------------------------------------------


def _finding(request: PersonRequest, finding_id: str) -> tuple[Finding, Standing]:
    standing = standing_of(request.user, today())
    reach = Finding.objects.filter(inspection__in=Inspection.objects.visible_to(standing))
    parts = reach.select_related("inspection__compound__village__town", "inspection__firm", "inspection__method")
    return get_object_or_404(parts.select_related("withdrawal"), public_id=finding_id), standing


@login_required
@require_safe
def finding(request: PersonRequest, finding_id: str) -> HttpResponse:
    """Where a line of a score sheet leads: the finding in its inspection, or the inspection that found nothing."""
    standing = standing_of(request.user, today())
    seen = Inspection.objects.visible_to(standing)
    if seen.filter(public_id=finding_id).exists():
        return redirect("fieldwork:inspection", finding_id)
    found, _ = _finding(request, finding_id)
    return redirect(f"{reverse('fieldwork:inspection', args=[found.inspection.public_id])}#{found.public_id}")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: PersonRequest, finding_id: str) -> HttpResponse:
    """Withdraw a finding handed in by mistake, with reason."""
    found, standing = _finding(request, finding_id)
    if not may_withdraw(standing, found):
        raise PermissionDenied("由检查人或镇小区服务岗撤回。")
    form = WithdrawFindingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_finding(found, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
        except ConflictError as refusal:
            messages.error(request, refusal.message)
            return redirect("fieldwork:inspection", found.inspection.public_id)
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "已撤回，理由已告知物业企业。")
            return redirect("fieldwork:inspection", found.inspection.public_id)
    item = found.inspection.method.item(found.code)
    context = {"finding": found, "item": item, "form": form}
    return render(request, "evaluations/inspections/withdraw.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def photo(request: PersonRequest, photo_id: str) -> FileResponse:
    """A photo, for whoever may read the inspection."""
    standing = standing_of(request.user, today())
    reach = FindingPhoto.objects.filter(finding__inspection__in=Inspection.objects.visible_to(standing))
    return serve(get_object_or_404(reach.select_related("file"), file__public_id=photo_id).file, inline=True)
