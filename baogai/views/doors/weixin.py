"""WeChat's door: out to WeChat, back from it, and away with it."""

from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.permissions import PersonRequest
from accounts.services import record_action
from baogai.weixin import Adapter

login = never_cache(OAuth2LoginView.adapter_view(Adapter))
callback = never_cache(OAuth2CallbackView.adapter_view(Adapter))


def cancelled(request: HttpRequest) -> HttpResponse:
    """The person said no at WeChat."""
    messages.warning(request, "没有用微信登录。")
    return redirect("login")


@login_required
@require_POST
def disconnect(request: PersonRequest) -> HttpResponse:
    """WeChat opens this account no more; what was kept of it is deleted."""
    gone, _ = SocialAccount.objects.filter(user=request.user).delete()
    if gone:
        record_action("断开微信", by=request.user)
        messages.success(request, "已断开微信。")
    return redirect("me")
