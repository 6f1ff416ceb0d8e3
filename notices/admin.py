"""Published editions among the data pages: to be looked at and exported by the one writer, never changed."""

from typing import Any

import tablib
from django.contrib import admin
from django.http import HttpRequest
from import_export import resources
from import_export.admin import ExportActionMixin
from import_export.forms import ExportForm

from accounts.admin import MasterDataAdmin
from accounts.models import User
from accounts.permissions import keeps_master_data
from accounts.services import record_action
from communities.admin import ExchangeAdmin
from notices.models import Edition

_ITS_EDITION = ("文号", "标题", "校验码")


class EditionLineResource(resources.ModelResource):
    """The lines of the chosen editions as they were frozen, each with the number and the hash of its edition."""

    class Meta:
        model = Edition
        name = "明细"
        fields = ()

    def export(self, *args: Any, queryset: Any = None, **kwargs: Any) -> tablib.Dataset:
        """Editions of different kinds stand under one header; what a kind does not have stays empty."""
        editions = list(Edition.objects.all() if queryset is None else queryset)
        labels = list(dict.fromkeys(column["label"] for one in editions for column in one.figures["columns"]))
        table = tablib.Dataset(headers=[*_ITS_EDITION, *labels], title="发布稿明细")
        for one in editions:
            own = [column["label"] for column in one.figures["columns"]]
            for row in one.figures["rows"]:
                cells = dict(zip(own, row["cells"], strict=True))
                table.append([one.letter_number, one.title, one.hash, *(cells.get(label, "") for label in labels)])
        return table


@admin.register(Edition)
class EditionAdmin(ExportActionMixin, MasterDataAdmin):
    """An edition is made on its own pages and never changed; here its table can be taken away."""

    resource_classes = [EditionLineResource]
    formats = ExchangeAdmin.formats
    export_form_class = ExportForm  # the package's own form has scripts inside the page
    show_change_form_export = False
    list_display = ("letter_number", "title", "issued_at", "approved_by")
    list_filter = ("kind", "year")
    list_select_related = ("town", "approved_by")
    fields = ("letter_number", "title", "period", "reason", "hash", "prepared_by", "approved_by", "issued_at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_export_permission(self, request: HttpRequest) -> bool:
        return keeps_master_data(request.user)

    @admin.display(description="文号")
    def letter_number(self, edition: Edition) -> str:
        return edition.letter_number

    @admin.display(description="标题")
    def title(self, edition: Edition) -> str:
        return edition.title

    def get_export_data(self, file_format: Any, request: HttpRequest, queryset: Any, **kwargs: Any) -> Any:
        data = super().get_export_data(file_format, request, queryset, **kwargs)
        if isinstance(request.user, User):
            record_action("导出发布稿", by=request.user, detail=f"{queryset.count()} 份")
        return data
