"""Accounts, for the permission administrator. Passwords are issued at random, never chosen here."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.admin import MasterDataAdmin
from accounts.models import User
from accounts.permissions import keeps_accounts
from accounts.services import end_sessions, invite, reset_second_factor
from communities.permissions import may_administer
from kernel.days import today
from kernel.errors import DomainError

_NOT_AT_FIRST = ("is_active", "duty", "joined_at", "last_login")
_NONE, _SYSTEM, _PERMISSIONS = "", "system", "permissions"


class AccountForm(forms.ModelForm):
    """One account; an administrator has one duty, and auditors have none."""

    duty = forms.ChoiceField(
        label="管理职责",
        required=False,
        choices=[
            (_NONE, "不是管理员"),
            (_SYSTEM, "系统管理员（基础数据）"),
            (_PERMISSIONS, "权限管理员（账号、动态口令）"),
        ],
        help_text="系统管理员、权限管理员、审计人员不能由同一人担任。",
    )

    class Meta:
        model = User
        fields = ("username", "name", "phone", "email", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "duty" in self.fields:
            self.fields["duty"].initial = duty_of(self.instance)

    def clean_duty(self) -> str:
        """Asked under the person's lock, so that nobody appoints them auditor in between."""
        duty = str(self.cleaned_data["duty"])
        if duty and self.instance.pk:
            person = User.objects.select_for_update().get(pk=self.instance.pk)
            if not may_administer(person, today()):
                raise forms.ValidationError("此人是审计人员，不能兼任管理员。请先在“组织与任职”登记其审计职务离任。")
        return duty


def duty_of(user: User) -> str:
    if not user.is_staff:
        return _NONE
    return _PERMISSIONS if user.is_superuser else _SYSTEM


@admin.register(User)
class AccountAdmin(MasterDataAdmin):
    """Accounts. A new one cannot sign in until its first password is issued."""

    form = AccountForm
    list_display = ("username", "name", "phone", "is_active", "shown_duty", "last_login")
    list_filter = ("is_active", "is_staff", "is_example")
    search_fields = ("username", "name", "phone")
    ordering = ("username",)
    fields = ("username", "name", "phone", "email", "is_active", "duty", "joined_at", "last_login")
    readonly_fields = ("joined_at", "last_login")
    actions = ("issue_passwords", "reset_second_factors")

    @admin.display(description="管理职责")
    def shown_duty(self, user: User) -> str:
        return {_NONE: "", _SYSTEM: "系统管理员", _PERMISSIONS: "权限管理员"}[duty_of(user)]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return keeps_accounts(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return keeps_accounts(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return keeps_accounts(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return keeps_accounts(request.user)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A new account's right to sign in is not a tick here: it comes with the first password.

        Nor does anybody give themselves another duty, or lock themselves out.
        """
        if obj is None:
            return tuple(name for name in self.fields if name not in _NOT_AT_FIRST)
        own = ("is_active", "duty") if obj.pk == request.user.pk else ()
        return tuple(name for name in self.fields if name not in own)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The duty is a field of the form, not of the table: where it is not shown, it is not there to be sent."""
        shown = self.get_fields(request, obj)
        form = super().get_form(request, obj, change, **kwargs | {"fields": [n for n in shown if n in self._columns]})
        if "duty" not in shown:
            form = type("OwnAccountForm", (form,), {"duty": None})
        return form

    _columns = AccountForm.Meta.fields

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
            obj.is_active = False
        if "duty" in form.cleaned_data:
            duty = form.cleaned_data["duty"]
            obj.is_staff, obj.is_superuser = bool(duty), duty == _PERMISSIONS
        super().save_model(request, obj, form, change)
        if change and isinstance(request.user, User) and not obj.is_active:
            end_sessions(obj, but=None, by=request.user)

    @admin.action(description="开通登录并发放初始密码（所选用户）")
    def issue_passwords(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
        """Shown once, on this page only; one's own is changed in 我的, where the old one is asked for."""
        issued, refused = [], []
        for user in queryset:
            if isinstance(request.user, User) and user.pk != request.user.pk:
                issued.append((user, invite(user, by=request.user, at=timezone.now())))
            else:
                refused.append(user)
        response = render(
            request,
            "admin/accounts/issued_passwords.html",
            {**self.admin_site.each_context(request), "title": "初始密码", "issued": issued, "refused": refused},
        )
        response.headers["Cache-Control"] = "private, no-store"
        return response

    @admin.action(description="重设动态口令（所选用户，手机丢失时）")
    def reset_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Who lost the phone signs in by password next, and sets up anew where it is required."""
        for user in queryset:
            try:
                reset_second_factor(user, by=request.user)  # type: ignore[arg-type] # behind the admin's door
            except DomainError as refusal:
                self.message_user(request, refusal.message, messages.WARNING)
            else:
                self.message_user(request, f"{user.name} 的动态口令已重设，其所有登录已退出。", messages.SUCCESS)
