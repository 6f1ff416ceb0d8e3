"""Full phone numbers: one at a time for a reason (查看完整号码), or a compound's by two persons (导出完整号码)."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.permissions import PersonRequest
from accounts.services import record_action
from communities.models import Appointment, Compound, Owner, PhoneExport
from communities.permissions import (
    Standing,
    may_decide_phone_export,
    may_export_phones,
    may_see_roster,
    standing_of,
)
from communities.rules import Role
from communities.services import phones
from files.writing import Sheet, download
from kernel.days import today
from kernel.errors import DomainError
from notices.models import Message
from notices.services import send_message

_REQUESTS_SHOWN = 20


class ReasonForm(forms.Form):
    """What the number or the numbers are needed for."""

    reason = forms.CharField(
        label="办什么事需要", max_length=200, help_text="例如：联系漏水报修。会记入操作记录，由审计人员查阅。"
    )


def _compound(standing: Standing, compound_id: str) -> Compound:
    return get_object_or_404(Compound.objects.visible_to(standing).select_related("village"), public_id=compound_id)


@require_http_methods(["GET", "POST"])
@login_required
def reveal_phone(request: PersonRequest, compound_id: str, owner_id: str) -> HttpResponse:
    """One owner's whole number, once, to whoever may see the roster and says what for."""
    standing = standing_of(request.user, today())
    compound = _compound(standing, compound_id)
    if not may_see_roster(standing, compound):
        raise PermissionDenied
    owner = get_object_or_404(Owner.objects.filter(compound=compound).select_related("compound"), public_id=owner_id)
    form, phone = ReasonForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            phone = phones.reveal_phone(owner, reason=form.cleaned_data["reason"], by=request.user)
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
    context = {"compound": compound, "owner": owner, "form": form, "phone": phone}
    return render(request, "baogai/phones/reveal.html", context)


# -- A whole compound's ------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@login_required
def phone_exports(request: PersonRequest, compound_id: str) -> HttpResponse:
    """Ask for a compound's numbers, and what became of earlier requests."""
    standing = standing_of(request.user, today())
    compound = _compound(standing, compound_id)
    if not may_export_phones(standing, compound):
        raise PermissionDenied
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = _ask(compound, form.cleaned_data["reason"], by=request.user)
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, "已提交，等另一名镇小区服务岗人员决定；有结果会在“消息”里告诉您。")
            return redirect("phone_export", made.public_id)
    listed = PhoneExport.objects.filter(compound=compound).select_related("asked_by", "decided_by")[:_REQUESTS_SHOWN]
    return render(request, "baogai/phones/exports.html", {"compound": compound, "form": form, "listed": listed})


@transaction.atomic
def _ask(compound: Compound, reason: str, *, by: User) -> PhoneExport:
    made = phones.ask_for_phones(compound, reason=reason, by=by, at=timezone.now())
    colleagues = User.objects.filter(
        pk__in=Appointment.objects.current(today())
        .filter(post__role=Role.TOWN_OFFICER, post__body__town=compound.village.town_id)
        .values("user")
    ).exclude(pk=by.pk)
    send_message(
        colleagues,
        kind=Message.Kind.TASK,
        title=f"请决定：{by.name} 申请导出 {compound.name} 的完整号码",
        body=f"理由：{made.reason}",
        subject=phones.reference_to_export(made),
        dedupe_key=f"phones:{made.public_id}",
    )
    return made


def _request(standing: Standing, phone_export_id: str) -> PhoneExport:
    asked = PhoneExport.objects.visible_to(standing).select_related("compound__village", "asked_by", "decided_by")
    return get_object_or_404(asked, public_id=phone_export_id)


@require_http_methods(["GET", "POST"])
@login_required
def phone_export(request: PersonRequest, phone_export_id: str) -> HttpResponse:
    """One request: its reason, its decision; the second person decides here, whoever asked downloads here."""
    standing = standing_of(request.user, today())
    asked = _request(standing, phone_export_id)
    may_decide = may_decide_phone_export(standing, asked)
    if request.method == "POST":
        if not may_decide:
            raise PermissionDenied
        if request.POST.get("agrees") not in ("0", "1"):
            raise DomainError("请选择同意或不同意。")
        decided = _decide(asked, agrees=request.POST.get("agrees") == "1", by=request.user)
        messages.success(request, f"已决定：{decided.get_decision_display()}。")
        return redirect("phone_export", asked.public_id)
    now = timezone.now()
    context = {
        "asked": asked,
        "may_decide": may_decide and not asked.decision,
        "is_open": phones.is_open_to(asked, request.user, at=now),
        "until": asked.decided_at + phones.LINK_LASTS if asked.decided_at else None,
    }
    return render(request, "baogai/phones/export.html", context)


@transaction.atomic
def _decide(asked: PhoneExport, *, agrees: bool, by: User) -> PhoneExport:
    decided = phones.decide_phone_export(asked, agrees=agrees, by=by, at=timezone.now())
    send_message(
        [asked.asked_by],
        kind=Message.Kind.NEWS,
        title=f"{decided.get_decision_display()}：导出 {asked.compound.name} 的完整号码",
        body="24 小时内可下载一份带水印的表格。" if agrees else "",
        subject=phones.reference_to_export(asked),
        dedupe_key=f"phones-decided:{asked.public_id}",
    )
    return decided


@require_safe
@login_required
def phone_export_file(request: PersonRequest, phone_export_id: str) -> HttpResponseBase:
    """The numbers, a sheet per building, each headed by who took them, when and what for. Dies after a day."""
    standing = standing_of(request.user, today())
    asked = _request(standing, phone_export_id)
    now = timezone.now()
    if not may_export_phones(standing, asked.compound) or not phones.is_open_to(asked, request.user, at=now):
        raise Http404
    record_action("导出完整号码", by=request.user, subject=phones.reference_to_export(asked), detail=asked.reason)
    marks = (
        f"仅限 {request.user.name}（{request.user.username}）本次办事使用，不得转发、上传；用毕删除。",
        f"导出时间 {timezone.localtime(now):%Y-%m-%d %H:%M}，同意人 {asked.decided_by}，编号 {asked.public_id}",
        f"理由：{asked.reason}",
    )
    sheets = [
        Sheet(building, ("房屋", "业主", "电话"), rows, widths=(24, 16, 18), notes=marks)
        for building, rows in phones.numbers_by_building(asked.compound, on=standing.on).items()
    ] or [Sheet("没有业主", ("房屋", "业主", "电话"), (), notes=marks)]
    return download(f"{asked.compound.name}业主电话", sheets)
