"""The base of the data pages, and the action trail. Accounts: `baogai/admin.py`, which knows who audits."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

from accounts.models import ActionRecord, User
from accounts.permissions import keeps_master_data
from accounts.services import record_action
from kernel.fields import Reference


class MasterDataAdmin(admin.ModelAdmin):
    """What the system administrator keeps: entered and corrected, never deleted, every change in the trail.

    The base of every admin page of the house; whatever has a service or a history is not editable here.
    """

    list_per_page = 50
    actions_on_top = True

    def has_module_permission(self, request: HttpRequest) -> bool:
        return keeps_master_data(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return keeps_master_data(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return keeps_master_data(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return keeps_master_data(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        fields = "、".join(str(form.fields[name].label or name) for name in form.changed_data if name in form.fields)
        record_change(request, "修改" if change else "新增", obj, detail=fields)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        record_change(request, "删除", obj)
        super().delete_model(request, obj)


class LookOnlyAdmin(MasterDataAdmin):
    """Shown to administrators of either kind, changed by nobody here."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_staff)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_staff)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def record_change(request: HttpRequest, act: str, obj: Model, *, detail: str = "") -> None:
    label = capfirst(str(obj._meta.verbose_name))
    public_id = getattr(obj, "public_id", "")
    subject = Reference(obj._meta.label_lower, public_id, str(obj)) if public_id else None
    user = request.user if isinstance(request.user, User) else None
    record_action(f"{act}{label}", by=user, subject=subject, detail=f"{obj}：{detail}" if detail else str(obj))


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
