"""Signing in and out, one's own account, and the switch to 关怀版."""

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.forms import LoginForm, PasswordForm
from accounts.permissions import PersonRequest
from accounts.rules import CARE_COOKIE
from accounts.services import (
    TooManyAttemptsError,
    change_password,
    enter,
    onward_of,
    record_action,
    set_care_mode,
    sign_in,
)
from kernel.errors import DomainError

_YEAR = 365 * 24 * 3600


@never_cache
@sensitive_post_parameters("password")
def login_page(request: HttpRequest) -> HttpResponse:
    """User name and password. Whoever is signed in already goes to the desk."""
    onward = onward_of(request, reverse("desk"))
    if request.user.is_authenticated:
        return redirect(onward)
    form = LoginForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            user = sign_in(request, **form.cleaned_data, at=timezone.now())
        except DomainError as refusal:
            form.add_error(None, refusal.message)
            status = 429 if isinstance(refusal, TooManyAttemptsError) else 200
        else:
            return enter(request, user, method="password", onward=onward)
    return render(request, "accounts/login.html", {"form": form, "next": onward}, status=status)


@require_POST
def logout_act(request: HttpRequest) -> HttpResponse:
    """End the session; the page after it is the public one."""
    if request.user.is_authenticated:
        record_action("退出", by=request.user)
        logout(request)
        messages.success(request, "您已安全退出。")
    return redirect("public_home")


@login_required
@sensitive_post_parameters()
def password_page(request: PersonRequest) -> HttpResponse:
    """A new password for oneself; other sessions end, this one goes on. Whoever had to change it goes on as well."""
    form, onward = PasswordForm(request.POST or None), onward_of(request, reverse("me"))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            typed = form.cleaned_data
            try:
                change_password(request.user, old=typed["old_password"], new=typed["new_password"], at=timezone.now())
            except DomainError as refusal:
                form.add_error(refusal.field, refusal.message)
            else:
                update_session_auth_hash(request, request.user)
                messages.success(request, "密码已修改，下次请用新密码登录。别处的登录已全部退出。")
                return redirect(onward)
    return render(request, "accounts/password.html", {"form": form, "next": onward}, status=status)


@require_POST
def care_mode(request: HttpRequest) -> HttpResponse:
    """Turn 关怀版 on or off: kept with the person, for others in a cookie of this browser."""
    wanted = request.POST.get("wanted") == "1"
    answer = redirect(onward_of(request, reverse("public_home")))
    if request.user.is_authenticated:
        set_care_mode(request.user, wanted=wanted)
    answer.set_cookie(
        CARE_COOKIE, "1" if wanted else "0", max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure()
    )
    return answer
