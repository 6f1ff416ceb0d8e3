"""Master data of the ground. Owners come by the roster, posts, contracts and committees by their services."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from import_export.admin import ImportExportMixin
from import_export.forms import ExportForm
from import_export.tmp_storages import CacheStorage

from accounts.admin import MasterDataAdmin
from accounts.models import User
from accounts.permissions import keeps_master_data
from accounts.services import record_action
from communities.exchange import FORMATS, CompoundResource, FirmResource, TableImportForm, VillageResource
from communities.models import Building, City, Compound, PropertyFirm, Town, Village
from kernel.credit_code import parse_credit_code
from kernel.errors import DomainError
from kernel.rooms import building_key


class ExchangeAdmin(ImportExportMixin, MasterDataAdmin):
    """Import with preview, and export, through the house's reader and writer; both leave a line in the trail."""

    formats = FORMATS
    import_form_class = TableImportForm
    export_form_class = ExportForm  # the package's own form has scripts inside the page
    tmp_storage_class = CacheStorage

    def has_import_permission(self, request: HttpRequest) -> bool:
        return keeps_master_data(request.user)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return keeps_master_data(request.user)

    def add_data_read_fail_error_to_form(self, form: forms.Form, e: Exception) -> None:
        if isinstance(e, DomainError):
            form.add_error("import_file", e.message)
        else:
            super().add_data_read_fail_error_to_form(form, e)

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        totals = f"新增 {result.totals['new']} 行，更新 {result.totals['update']} 行"
        self._record(request, "导入", totals)
        return super().process_result(result, request)

    def get_export_data(self, file_format: Any, request: HttpRequest, queryset: Any, **kwargs: Any) -> Any:
        data = super().get_export_data(file_format, request, queryset, **kwargs)
        self._record(request, "导出", f"{queryset.count()} 行")
        return data

    def _record(self, request: HttpRequest, act: str, detail: str) -> None:
        if isinstance(request.user, User):
            record_action(f"{act}{self.opts.verbose_name}", by=request.user, detail=detail)


@admin.register(City)
class CityAdmin(MasterDataAdmin):
    list_display = ("name", "code", "housing_bureau")


@admin.register(Town)
class TownAdmin(MasterDataAdmin):
    list_display = ("name", "code", "city")


@admin.register(Village)
class VillageAdmin(ExchangeAdmin):
    resource_classes = [VillageResource]
    list_display = ("name", "duty_area", "town")
    list_filter = ("duty_area", "town")
    search_fields = ("name",)
    ordering = ("town", "name")


@admin.register(Compound)
class CompoundAdmin(ExchangeAdmin):
    resource_classes = [CompoundResource]
    list_display = (
        "name",
        "village",
        "kind",
        "built_year",
        "has_maintenance_fund",
        "has_lift",
        "has_owner_group",
    )
    list_filter = ("kind", "village", "has_maintenance_fund", "has_lift")
    search_fields = ("name", "address")
    list_select_related = ("village",)
    ordering = ("village", "name")


class BuildingForm(forms.ModelForm):
    """The key is made from the name as written, so that 3#, 3栋 and ３号楼 cannot be entered side by side."""

    class Meta:
        model = Building
        fields = ("compound", "text")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        key = building_key(cleaned.get("text", ""))
        if not key:
            self.add_error("text", "请填写楼栋，如 3号楼。")
        twins = Building.objects.filter(compound=cleaned.get("compound"), key=key).exclude(pk=self.instance.pk)
        if twin := twins.first():
            self.add_error("text", f"本小区已有“{twin.text}”，与所填是同一楼栋。")
        self.instance.key = key
        return cleaned


@admin.register(Building)
class BuildingAdmin(MasterDataAdmin):
    form = BuildingForm
    list_display = ("text", "compound")
    list_filter = ("compound__village",)
    search_fields = ("text", "compound__name")
    autocomplete_fields = ("compound",)
    list_select_related = ("compound",)
    ordering = ("compound", "key")


class FirmForm(forms.ModelForm):
    """A code is taken as people copy it, with blanks or in small letters."""

    class Meta:
        model = PropertyFirm
        fields = ("name", "credit_code", "contact", "phone")

    credit_code = forms.CharField(label="统一社会信用代码", max_length=30)

    def clean_credit_code(self) -> str:
        try:
            return parse_credit_code(self.cleaned_data["credit_code"])
        except DomainError as error:
            raise forms.ValidationError(error.message) from error


@admin.register(PropertyFirm)
class FirmAdmin(ExchangeAdmin):
    form = FirmForm
    resource_classes = [FirmResource]
    list_display = ("name", "credit_code", "contact", "phone")
    search_fields = ("name", "credit_code")
    ordering = ("name",)
