"""Villages, compounds and firms as spreadsheets, in and out, for administrators.

django-import-export keeps the preview and the rows; reading and writing are the house's own, for the package's
reader unpacks anything and its writer lets formulas live (EXP-01, FILE-02).
"""

from io import BytesIO
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.forms import ValidationError as FormError
from import_export import fields, resources, widgets
from import_export.formats.base_formats import Format
from import_export.forms import ImportForm

from communities.models import Compound, PropertyFirm, Town, Village
from communities.rules import CompoundKind
from files.reading import read_table
from files.rules import DOORS, Kind
from files.writing import Sheet, csv_lines, write_xlsx
from kernel.credit_code import parse_credit_code
from kernel.errors import DomainError
from kernel.text import cell_text, clean, tidy

_YES, _NO = "是", "否"


class _SafeFormat(Format):
    """One of the house's two formats: read behind the table door, written by the one writer of exports."""

    KIND: Kind

    def __init__(self, encoding: str | None = None) -> None:
        self.encoding = encoding

    def get_title(self) -> str:
        return self.KIND.suffix

    def get_extension(self) -> str:
        return self.KIND.suffix

    def get_content_type(self) -> str:
        return self.KIND.content_type

    def can_import(self) -> bool:
        return True

    def can_export(self) -> bool:
        return True

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> tablib.Dataset:
        """The table with its first row as header, every cell as tidy text. Raises DomainError."""
        rows = read_table(in_stream, name=f"表.{self.KIND.suffix}").rows
        header, *body = [[cell_text(cell) for cell in row] for row in rows]
        return tablib.Dataset(*(row for row in body if any(row)), headers=header)


class SafeXlsx(_SafeFormat):
    KIND = Kind.XLSX

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        target = BytesIO()
        write_xlsx(target, [_sheet(dataset)])
        return target.getvalue()


class SafeCsv(_SafeFormat):
    KIND = Kind.CSV

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        return "".join(csv_lines(_sheet(dataset))).encode()


FORMATS = [SafeXlsx, SafeCsv]


def _sheet(dataset: tablib.Dataset) -> Sheet:
    return Sheet(dataset.title or "数据", dataset.headers or (), list(dataset))


class TableImportForm(ImportForm):
    """The upload form of the package, behind the table door's limits."""

    def clean_import_file(self) -> Any:
        """Only the size: what the file is, the reader finds out."""
        upload = self.cleaned_data["import_file"]
        rule = DOORS["table"]
        if upload.size > rule.largest:
            raise FormError(f"文件太大。可用：{rule.words}。")
        return upload


class YesNoWidget(widgets.BooleanWidget):
    """是 / 否; whatever else is refused rather than taken for 否."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        text = clean(cell_text(value))
        if text not in (_YES, _NO):
            raise ValueError(f"应填“{_YES}”或“{_NO}”，现在是“{text or '空'}”。")
        return text == _YES

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return _YES if value else _NO


class ChoiceWidget(widgets.Widget):
    """A choice by its Chinese label."""

    def __init__(self, choices: type[TextChoices]) -> None:
        super().__init__()
        self.choices = choices

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = clean(cell_text(value))
        for choice in self.choices:
            if text in (choice.label, choice.value):
                return choice.value
        raise ValueError(f"应为{'、'.join(self.choices.labels)}之一，现在是“{text or '空'}”。")

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(self.choices(value).label) if value else ""


class TextWidget(widgets.CharWidget):
    """One tidy line of text."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return tidy(cell_text(value))


class NamedWidget(widgets.ForeignKeyWidget):
    """A village or town by its name; the message says what is missing."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        name = tidy(cell_text(value))
        found = list(self.get_queryset(name, row, **kwargs).filter(**{self.field: name})[:2])
        if len(found) != 1:
            label = self.model._meta.verbose_name
            raise ValueError(f"没有名为“{name}”的{label}。" if not found else f"“{name}”不止一个，请在网页上录入。")
        return found[0]


class CreditCodeWidget(widgets.CharWidget):
    """A credit code with its check digit."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        try:
            return parse_credit_code(cell_text(value))
        except DomainError as error:
            raise ValueError(error.message) from error


class _Resource(resources.ModelResource):
    """Rows are matched by their own key, checked by the model, and left alone where nothing changed."""

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        wanted = {field.column_name for field in self.get_import_fields()}
        if missing := wanted - set(dataset.headers or ()):
            raise ValidationError(f"表头缺少：{'、'.join(sorted(missing))}。请用导出的表格作模板。")


def _column(attribute: str, label: str, widget: widgets.Widget | None = None) -> fields.Field:
    return fields.Field(attribute=attribute, column_name=label, widget=widget or TextWidget())


class VillageResource(_Resource):
    town = _column("town", "镇", NamedWidget(Town, "name"))
    name = _column("name", "村（社区）")
    duty_area = _column("duty_area", "所属片点")

    class Meta:
        model = Village
        fields = ("town", "name", "duty_area")
        import_id_fields = ("town", "name")
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        use_transactions = True


class CompoundResource(_Resource):
    village = _column("village", "村（社区）", NamedWidget(Village, "name"))
    name = _column("name", "小区")
    kind = _column("kind", "类型", ChoiceWidget(CompoundKind))
    built_year = _column("built_year", "建成年份", widgets.IntegerWidget())
    address = _column("address", "地址")
    has_maintenance_fund = _column("has_maintenance_fund", "有公维金", YesNoWidget())
    has_lift = _column("has_lift", "有电梯", YesNoWidget())
    has_owner_group = _column("has_owner_group", "有小微权力监督微信群", YesNoWidget())

    class Meta:
        model = Compound
        fields = (
            "village",
            "name",
            "kind",
            "built_year",
            "address",
            "has_maintenance_fund",
            "has_lift",
            "has_owner_group",
        )
        import_id_fields = ("village", "name")
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        use_transactions = True


class FirmResource(_Resource):
    name = _column("name", "企业名称")
    credit_code = _column("credit_code", "统一社会信用代码", CreditCodeWidget())
    contact = _column("contact", "联系人")
    phone = _column("phone", "联系电话")

    class Meta:
        model = PropertyFirm
        fields = ("name", "credit_code", "contact", "phone")
        import_id_fields = ("credit_code",)
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = True
        use_transactions = True
