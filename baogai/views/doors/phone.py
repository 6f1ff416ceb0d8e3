"""Changing one's phone: prove oneself again, then prove the new number; the old one is told."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.permissions import PersonRequest
from accounts.rules import CodePurpose
from accounts.services import address_asked, ask_for_code, change_phone, end_sessions, prove_address
from baogai.door_forms import CodeForm, NewPhoneProofForm, PhoneForm
from baogai.tasks import tell_old_number
from baogai.views.doors.showing import send_soon, show
from communities.permissions import may_be_taken_over_by_slip, standing_of
from communities.services import find_slip, use_slip
from kernel.days import today
from kernel.errors import DomainError
from kernel.masking import mask_phone
from notices.models import Message
from notices.services import send_message

_REPROVEN = "phone_reproven"
_REPROOF_LASTS = timedelta(minutes=15)


@login_required
def phone(request: PersonRequest) -> HttpResponse:
    """How one proves oneself again: a code to the old number, or a slip of one's own home."""
    may_use_slip = may_be_taken_over_by_slip(standing_of(request.user, today()))
    by_slip = request.method == "POST" and "code" in request.POST
    form, status = NewPhoneProofForm(request.POST if by_slip else None), 200
    if request.method == "POST":
        try:
            if not by_slip:
                return _send_to_old(request)
            if form.is_valid() and may_use_slip:
                _use_own_slip(request, form.cleaned_data["code"])
                return redirect("doors:new_phone")
            status = 422
        except DomainError as refusal:
            status = show(refusal, form)
    context = {"form": form, "old": mask_phone(request.user.phone), "may_use_slip": may_use_slip}
    return render(request, "baogai/doors/phone.html", context, status=status)


def _send_to_old(request: PersonRequest) -> HttpResponse:
    if not request.user.phone:
        raise DomainError("您没有登记手机号，请用入户条证明，或向镇小区服务岗求助。")
    send_soon(ask_for_code(request, request.user.phone, purpose=CodePurpose.OLD_PHONE, at=timezone.now()))
    return redirect("doors:old_phone")


def _use_own_slip(request: PersonRequest, code: str) -> None:
    """Raises DomainError for a slip that opens nothing or another home."""
    now = timezone.now()
    slip = find_slip(code, at=now, on=today())
    if slip.unit_id not in standing_of(request.user, today()).home_unit_ids:
        raise DomainError("这张入户条不是您家的。", field="code")
    use_slip(slip, by=request.user, at=now)
    request.session[_REPROVEN] = ["凭入户条", now.isoformat()]


@login_required
def old_phone(request: PersonRequest) -> HttpResponse:
    """The code that went to the old number."""
    asked = address_asked(request, CodePurpose.OLD_PHONE)
    if not asked or asked != request.user.phone:
        return redirect("doors:phone")
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                prove_address(request, form.cleaned_data["code"], purpose=CodePurpose.OLD_PHONE, at=timezone.now())
            except DomainError as refusal:
                status = show(refusal, form)
            else:
                request.session[_REPROVEN] = ["凭原手机验证码", timezone.now().isoformat()]
                return redirect("doors:new_phone")
    context = {"form": form, "phone": mask_phone(asked), "again": reverse("doors:phone"), "heading": "先验证原手机号"}
    return render(request, "baogai/doors/code.html", context, status=status)


def _how_proven(request: HttpRequest) -> str:
    """How the person proved themselves a moment ago, or nothing."""
    how, at = request.session.get(_REPROVEN, ["", ""])
    proven = parse_datetime(at)
    return str(how) if proven is not None and timezone.now() - proven <= _REPROOF_LASTS else ""


@login_required
def new_phone(request: PersonRequest) -> HttpResponse:
    """The new number, which a code goes to."""
    if not _how_proven(request):
        return redirect("doors:phone")
    form, status = PhoneForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            wanted = form.cleaned_data["phone"]
            try:
                if wanted == request.user.phone:
                    raise DomainError("这就是您现在的手机号。", field="phone")
                send_soon(ask_for_code(request, wanted, purpose=CodePurpose.NEW_PHONE, at=timezone.now()))
            except DomainError as refusal:
                status = show(refusal, form)
            else:
                return redirect("doors:new_phone_check")
    return render(request, "baogai/doors/new_phone.html", {"form": form}, status=status)


@login_required
def new_phone_check(request: PersonRequest) -> HttpResponse:
    """The code that went to the new number; with it the new one counts, and the old one is told."""
    how, asked = _how_proven(request), address_asked(request, CodePurpose.NEW_PHONE)
    if not how or not asked:
        return redirect("doors:phone")
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                proven = prove_address(
                    request, form.cleaned_data["code"], purpose=CodePurpose.NEW_PHONE, at=timezone.now()
                )
            except DomainError as refusal:
                status = show(refusal, form)
            else:
                _change(request, proven, how)
                return redirect("me")
    context = {"form": form, "phone": mask_phone(asked), "again": reverse("doors:new_phone"), "heading": "验证新手机号"}
    return render(request, "baogai/doors/code.html", context, status=status)


@transaction.atomic
def _change(request: PersonRequest, proven: str, how: str) -> None:
    old = change_phone(request.user, phone=proven, by=request.user, detail=how)
    end_sessions(request.user, but=request.session.session_key, by=request.user)
    send_message(
        [request.user],
        kind=Message.Kind.NEWS,
        title="您的手机号已更换",
        body=f"由 {mask_phone(old) or '未登记'} 改为 {mask_phone(proven)}，{how}。"
        "不是本人办理的，请马上联系镇小区服务岗。",
        dedupe_key=f"phone:{request.user.public_id}:{timezone.now().isoformat()}",
    )
    if old and old != proven:
        transaction.on_commit(lambda: tell_old_number.delay(old), robust=True)
    del request.session[_REPROVEN]
    messages.success(request, "手机号已更换，以后用新号码收验证码登录。")
