"""The calendar of rest days, as the State Council's yearly notice gives it. Policies have a page of their own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import MasterDataAdmin
from accounts.permissions import keeps_master_data
from supervision.models import Holiday


@admin.register(Holiday)
class HolidayAdmin(MasterDataAdmin):
    """A day entered by mistake may be deleted: nothing refers to it."""

    list_display = ("on", "is_rest", "name")
    list_filter = ("is_rest",)
    date_hierarchy = "on"
    search_fields = ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return keeps_master_data(request.user)
