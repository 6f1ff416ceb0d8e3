"""One's own mailbox: entered, proved by a code sent to it, and taken back. Nothing is delivered before the proof."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.gateways import sends_mail
from accounts.permissions import PersonRequest
from accounts.rules import CodePurpose
from accounts.services import address_asked, ask_for_code, change_email, prove_address
from baogai.door_forms import CodeForm, EmailForm
from baogai.tasks import tell_old_mailbox
from baogai.views.doors.showing import send_soon, show
from kernel.errors import DomainError
from kernel.masking import mask_email
from notices.models import Message
from notices.services import send_message


@login_required
def email(request: PersonRequest) -> HttpResponse:
    """The mailbox as it stands, and the one to be proved."""
    form, status = EmailForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _send_code(request, form.cleaned_data["email"])
            except DomainError as refusal:
                status = show(refusal, form)
            else:
                return redirect("doors:email_check")
    context = {"form": form, "old": request.user.email, "sends_mail": sends_mail()}
    return render(request, "baogai/doors/email.html", context, status=status)


def _send_code(request: PersonRequest, wanted: str) -> None:
    if not sends_mail():
        raise DomainError("本系统还没有配置邮件，暂时不能登记邮箱。", field="email")
    if wanted == request.user.email:
        raise DomainError("这就是您现在的邮箱。", field="email")
    send_soon(ask_for_code(request, wanted, purpose=CodePurpose.EMAIL, at=timezone.now()))


@login_required
def email_check(request: PersonRequest) -> HttpResponse:
    """The code that went to the mailbox; with it letters go there."""
    asked = address_asked(request, CodePurpose.EMAIL)
    if not asked:
        return redirect("doors:email")
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                proven = prove_address(request, form.cleaned_data["code"], purpose=CodePurpose.EMAIL, at=timezone.now())
            except DomainError as refusal:
                status = show(refusal, form)
            else:
                _change(request, proven)
                messages.success(request, "邮箱已登记，以后的邮件发到这里。发哪些，可在消息设置里选。")
                return redirect("notices:wishes")
    context = {"form": form, "phone": asked, "again": reverse("doors:email"), "heading": "验证邮箱", "is_mail": True}
    return render(request, "baogai/doors/code.html", context, status=status)


@login_required
@require_POST
def email_off(request: PersonRequest) -> HttpResponse:
    """Letters go nowhere any more; messages stay in the inbox."""
    if request.user.email:
        _change(request, "")
    messages.success(request, "邮箱已删除，不再给您发邮件。站内消息照常。")
    return redirect("doors:email")


@transaction.atomic
def _change(request: PersonRequest, email: str) -> None:
    old = change_email(request.user, email=email, by=request.user)
    send_message(
        [request.user],
        kind=Message.Kind.NEWS,
        title="您的邮箱已更换" if email else "您的邮箱已删除",
        body=f"由 {mask_email(old) or '未登记'} 改为 {mask_email(email) or '不再接收邮件'}。"
        "不是本人办理的，请马上联系镇小区服务岗。",
        dedupe_key=f"email:{request.user.public_id}:{timezone.now().isoformat()}",
    )
    if old:
        transaction.on_commit(lambda: tell_old_mailbox.delay(old), robust=True)
