"""The second factor: allauth's steps with our words, our pages and our trail. Nothing leaves the site."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import ReauthenticateView
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe

from accounts.models import ActionRecord, User
from accounts.permissions import PersonRequest
from accounts.services import has_second_factor, record_action
from baogai.second_factor import (
    ConfirmCodeForm,
    ConfirmPasswordForm,
    SetUpForm,
    SignInCodeForm,
    must_have_second_factor,
)
from communities.permissions import standing_of
from kernel.days import today
from kernel.errors import NotAllowedError
from notices.services.qr import qr_svg


@login_required
def overview(request: PersonRequest) -> HttpResponse:
    """Whether one has a second factor, since when, and how many recovery codes are left."""
    found = {one.type: one for one in Authenticator.objects.filter(user=request.user)}
    codes = found.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "totp": found.get(Authenticator.Type.TOTP),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "is_required": must_have_second_factor(standing_of(request.user, today())),
    }
    return render(request, "baogai/own/second_factor.html", context)


class SetUp(ActivateTOTPView):
    """A QR code for the phone, drawn here, and the first code back."""

    template_name = "baogai/own/second_factor_on.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if isinstance(request.user, User) and has_second_factor(request.user):
            return redirect("mfa_index")
        return super().dispatch(request, *args, **kwargs)

    def get_form_class(self) -> type[SetUpForm]:
        return SetUpForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super(ActivateTOTPView, self).get_context_data(**kwargs)
        secret = context["form"].secret
        # The drawing is made of digits by the QR library; nothing a person typed is in it.
        qr = mark_safe(qr_svg(get_adapter().build_totp_url(self.request.user, secret)))
        groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
        return context | {
            "qr": qr,
            "secret": " ".join(groups),
            "is_required": must_have_second_factor(standing_of(self.request.user, today())),
        }

    def form_valid(self, form: SetUpForm) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        # The code just given counts as this session's second step.
        record_authentication(self.request, self.request.user, "mfa", type=Authenticator.Type.TOTP)
        record_action("开启动态口令", by=self.request.user)
        return answer

    def form_invalid(self, form: SetUpForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class TurnOff(DeactivateTOTPView):
    """Give the second factor up, where nothing asks for it."""

    template_name = "baogai/own/second_factor_off.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if isinstance(request.user, User) and must_have_second_factor(standing_of(request.user, today())):
            raise NotAllowedError("您的职务必须使用动态口令，不能停用。手机丢失请找权限管理员重设。")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        record_action("停用动态口令", by=self.request.user)
        messages.success(self.request, "动态口令已停用，恢复码也已作废。")
        return answer


class Codes(ViewRecoveryCodesView):
    """The recovery codes, shown once."""

    template_name = "baogai/own/recovery_codes.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().get(request, *args, **kwargs)
        answer.headers["Cache-Control"] = "private, no-store"
        return answer


class NewCodes(GenerateRecoveryCodesView):
    """Ten new ones; the old ones are void."""

    template_name = "baogai/own/recovery_codes_new.html"

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        record_action("重新生成恢复码", by=self.request.user)
        return answer


class SecondStep(AuthenticateView):
    """Signing in goes on here after the password, for whoever has a second factor."""

    template_name = "baogai/own/second_step.html"

    def get_form_class(self) -> type[SignInCodeForm]:
        return SignInCodeForm

    def form_valid(self, form: SignInCodeForm) -> HttpResponse:
        person = self.stage.login.user
        is_recovery = form.authenticator.type == Authenticator.Type.RECOVERY_CODES
        record_action("核对动态口令", by=person, detail="用恢复码" if is_recovery else "")
        answer: HttpResponse = super().form_valid(form)
        return answer

    def form_invalid(self, form: SignInCodeForm) -> HttpResponse:
        """Wrong codes stand in the trail; those that were not even looked at do not flood it."""
        if form.has_error("code", "incorrect_code"):
            person = self.stage.login.user
            record_action(
                "核对动态口令", by=None, by_text=person.username, result=ActionRecord.Result.REFUSED, detail="口令不对"
            )
        answer = super().form_invalid(form)
        answer.status_code = 422
        return answer


class _Confirm:
    """Who is about to change the second factor proves once more who they are."""

    template_name = "baogai/own/confirm.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=422)  # type: ignore[attr-defined] # of the view
        return answer

    def get_default_success_url(self) -> str:
        return reverse("mfa_index")


class ConfirmByPassword(_Confirm, ReauthenticateView):
    def get_form_class(self) -> type[ConfirmPasswordForm]:
        return ConfirmPasswordForm


class ConfirmByCode(_Confirm, ReauthenticateByCodeView):
    def get_form_class(self) -> type[ConfirmCodeForm]:
        return ConfirmCodeForm
