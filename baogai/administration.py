"""The data pages (数据管理): Django's admin behind the portal's own door."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


class AdministrationSite(AdminSite):
    """For administrators only. Signing in goes through the portal's login, which counts failed tries."""

    site_title = "宝盖小区监督"
    site_header = "宝盖小区监督 · 数据管理"
    index_title = "基础数据"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Django's own groups stay out: rights come from posts and homes, never from groups.

        So do allauth's tables: they hold the keys of other people's second factors.
        """
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        ours = [model for model in models if model is not Group and not model.__module__.startswith("allauth.")]
        super().register(ours, admin_class, **options)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated:
            raise PermissionDenied("数据管理只供管理员使用。")
        return redirect_to_login(request.GET.get("next") or request.path)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override] # a way out instead of Django's page
        """One's own password is changed where everybody changes theirs."""
        return redirect("password")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override] # a way out instead of Django's page
        """Signing out happens on one's own page, and is recorded there."""
        return redirect("me")
