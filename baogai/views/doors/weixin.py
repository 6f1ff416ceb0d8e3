"""WeChat's door: allauth's provider, asking WeChat for nothing but the person's id."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.weixin.client import WeixinOAuth2Client
from allauth.socialaccount.providers.weixin.views import WeixinOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.permissions import PersonRequest
from accounts.services import record_action


class Client(WeixinOAuth2Client):
    """Pages opened inside WeChat want a mark at the end of the address."""

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        return f"{super().get_redirect_url(*args, **kwargs)}#wechat_redirect"


class Adapter(WeixinOAuth2Adapter):
    """Asks for the id only: no picture, no nickname, hence no second request."""

    client_class = Client
    access_token_method = "GET"  # noqa: S105 - as WeChat documents it

    @property
    def access_token_url(self) -> str:
        return f"{settings.WEIXIN_API_URL}/sns/oauth2/access_token"

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        openid = kwargs.get("response", {}).get("openid")
        if not isinstance(openid, str) or not openid:
            raise OAuth2Error("WeChat's answer names nobody")
        return self.get_provider().sociallogin_from_response(request, {"openid": openid})


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
