"""allauth's WeChat provider, asking WeChat for nothing but the person's id."""

from typing import Any

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.weixin.client import WeixinOAuth2Client
from allauth.socialaccount.providers.weixin.provider import WeixinProvider
from allauth.socialaccount.providers.weixin.views import WeixinOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest


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


class Provider(WeixinProvider):
    """allauth's provider, with the two above."""

    oauth2_adapter_class = Adapter
