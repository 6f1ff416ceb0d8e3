"""What allauth asks the portal: nobody signs up by themselves, whose address it is, how long a session lasts."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthProcess
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.models import User
from accounts.rules import CARE_COOKIE
from accounts.services import client_address, record_action, set_care_mode
from baogai.gates import begin_counting
from baogai.weixin import Provider
from communities.permissions import Standing, may_come_in_by_phone, standing_of
from kernel.days import today

#: Marks a session that outlives the day.
LONG_SESSION = "resident_session"
#: Where a socket of this machine asks, which has no address.
_NO_ADDRESS = "::"
_DAY = 24 * 3600
#: Seconds for which a proof of who one is opens the changing of the second factor.
_PROOF_LASTS = 300


def _is_resident_only(standing: Standing) -> bool:
    """Holds no post today and administers nothing."""
    return not standing.current and not standing.is_administrator


def _keep_care_mode(request: HttpRequest, user: User) -> None:
    """Whoever needed large letters to find the way in needs them inside too."""
    if request.COOKIES.get(CARE_COOKIE) == "1" and not user.wants_care_mode:
        set_care_mode(user, wanted=True)
        user.wants_care_mode = True


class AccountAdapter(DefaultAccountAdapter):
    """allauth's door-keeper."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts come from the town's office, an invitation or a home's slip."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address every other limit counts by; no header changes it (see ClientAddressMiddleware)."""
        return client_address.get() or _NO_ADDRESS

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Only what a template of ours says; signing in and out is seen without being told."""
        if kwargs.get("message"):
            super().add_message(request, level, *args, **kwargs)

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        if _is_resident_only(standing_of(user, today())):
            request.session[LONG_SESSION] = True
            request.session.set_expiry(settings.RESIDENT_SESSION_DAYS * _DAY)
            _keep_care_mode(request, user)
        else:
            request.session.pop(LONG_SESSION, None)
            request.session.set_expiry(settings.SESSION_COOKIE_AGE)
        begin_counting(request)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of whoever has just signed in: that was the proof."""
        proofs = get_authentication_records(context.request, context.request.user)
        is_fresh = any(time.time() - proof["at"] < _PROOF_LASTS for proof in proofs)
        return not is_fresh and bool(super().is_reauthentication_required(app=app, **kwargs))

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """The same page as for a wrong password."""
        return redirect("login")


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """WeChat lets in whoever connected it before; it opens no accounts, and no overseer's."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> Any:
        """WeChat's, which is the only one, in our own form."""
        return Provider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Whoever oversees others comes by password (等保 level 2). Kept of WeChat is the id, nothing else."""
        sociallogin.account.extra_data = {}
        wants_in = sociallogin.is_existing and sociallogin.state.get("process") != AuthProcess.CONNECT
        if not wants_in:
            return
        if not may_come_in_by_phone(standing_of(sociallogin.user, today())):
            messages.error(request, "您的账号请用用户名和密码登录。")
            raise ImmediateHttpResponse(redirect("login"))
        record_action("登录", by=sociallogin.user, detail="微信")

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return reverse("me")
