"""People's accounts and the action trail, for administrators. Passwords are issued at random, never chosen here."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import capfirst

from accounts.models import ActionRecord, User
from accounts.services import invite, record_action
from kernel.fields import Reference


class MasterDataAdmin(admin.ModelAdmin):
    """What an administrator (`is_staff`) may keep: entered and corrected, never deleted, every change in the trail.

    The base of every admin page of the house; whatever has a service or a history is not editable here.
    """

    list_per_page = 50
    actions_on_top = True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_staff)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_staff)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_staff)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        fields = "、".join(str(form.fields[name].label or name) for name in form.changed_data if name in form.fields)
        _record(request, "修改" if change else "新增", obj, detail=fields)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        _record(request, "删除", obj)
        super().delete_model(request, obj)


class LookOnlyAdmin(MasterDataAdmin):
    """Shown to administrators, changed by nobody here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _record(request: HttpRequest, act: str, obj: Model, *, detail: str = "") -> None:
    label = capfirst(str(obj._meta.verbose_name))
    public_id = getattr(obj, "public_id", "")
    subject = Reference(obj._meta.label_lower, public_id, str(obj)) if public_id else None
    user = request.user if isinstance(request.user, User) else None
    record_action(f"{act}{label}", by=user, subject=subject, detail=f"{obj}：{detail}" if detail else str(obj))


_NOT_AT_FIRST = ("is_active", "joined_at", "last_login")


@admin.register(User)
class UserAdmin(MasterDataAdmin):
    """Accounts. A new one cannot sign in until its first password is issued."""

    list_display = ("username", "name", "phone", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_example")
    search_fields = ("username", "name", "phone")
    ordering = ("username",)
    fields = ("username", "name", "phone", "email", "is_active", "is_staff", "joined_at", "last_login")
    actions = ("issue_passwords",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A new account's right to sign in is not a tick here: it comes with the first password."""
        return self.fields if obj else tuple(name for name in self.fields if name not in _NOT_AT_FIRST)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = ("joined_at", "last_login")
        return fixed if _is_superuser(request) else (*fixed, "is_staff")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators cannot take over one another: only the superuser changes an administrator's account."""
        if obj is not None and obj.is_staff and not _is_superuser(request) and obj.pk != request.user.pk:
            return False
        return super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
            obj.is_active = False
        super().save_model(request, obj, form, change)

    @admin.action(description="开通登录并发放初始密码（所选用户）")
    def issue_passwords(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
        """Shown once, on this page only; whoever the administrator may not change is listed as refused."""
        issued, refused = [], []
        for user in queryset:
            if self.has_change_permission(request, user) and isinstance(request.user, User):
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


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


@admin.register(ActionRecord)
class ActionRecordAdmin(LookOnlyAdmin):
    """The trail. Reading it is itself an act, recorded once a page."""

    list_display = ("at", "by", "by_text", "act", "result", "detail", "address")
    list_filter = ("result", "act")
    search_fields = ("act", "detail", "by__name", "by__username")
    date_hierarchy = "at"
    list_select_related = ("by",)
    show_full_result_count = False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if isinstance(request.user, User):
            record_action("查阅操作记录", by=request.user, detail=request.GET.urlencode())
        return super().changelist_view(request, extra_context)
