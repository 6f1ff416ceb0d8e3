"""The base of the data pages. Accounts: `baogai/admin.py`, which knows who audits.

The action trail is no page here: the auditors read it (`baogai/views/trail.py`), and nobody edits it.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.text import capfirst

from accounts.models import User
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


def record_change(request: HttpRequest, act: str, obj: Model, *, detail: str = "") -> None:
    label = capfirst(str(obj._meta.verbose_name))
    public_id = getattr(obj, "public_id", "")
    subject = Reference(obj._meta.label_lower, public_id, str(obj)) if public_id else None
    user = request.user if isinstance(request.user, User) else None
    record_action(f"{act}{label}", by=user, subject=subject, detail=f"{obj}：{detail}" if detail else str(obj))
