"""Addresses of WeChat's door, below /weixin/; they exist only where the town has registered with WeChat.

The names are those allauth looks for.
"""

from django.urls import path

from baogai.views.doors import weixin

urlpatterns = [
    path("login/", weixin.login, name="weixin_login"),
    path("callback/", weixin.callback, name="weixin_callback"),
    path("cancelled/", weixin.cancelled, name="socialaccount_login_cancelled"),
    path("off/", weixin.disconnect, name="weixin_off"),
]
