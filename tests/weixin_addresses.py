"""The portal's addresses where WeChat's door exists."""

from django.urls import include, path

from baogai.urls import urlpatterns as without

urlpatterns = [*without, path("weixin/", include("baogai.weixin_urls"))]
