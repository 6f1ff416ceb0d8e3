"""What is typed on the pages of the ground, and the filters above its lists."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from communities.models import Building, Compound, PropertyFirm, RosterImport
from communities.rules import BodyKind, CompoundKind
from communities.services.roster.columns import COLUMNS
from files.forms import TableColumnsForm
from files.rules import DOORS
from kernel.errors import DomainError
from kernel.money import parse_amount

_ANY = ("", "全部")


def _villages(villages: Any) -> list[tuple[str, str]]:
    return [_ANY, *((village.public_id, village.name) for village in villages)]


class CompoundFilter(forms.Form):
    """Filters of the list of compounds."""

    q = forms.CharField(label="小区名称", required=False, max_length=60)
    village = forms.ChoiceField(label="村（社区）", required=False)
    kind = forms.ChoiceField(label="类型", required=False, choices=[_ANY, *CompoundKind.choices])
    lacking = forms.ChoiceField(
        label="缺什么",
        required=False,
        choices=[_ANY, ("firm", "无物业"), ("committee", "无业委会"), ("both", "无责任主体")],
    )

    def __init__(self, *args: Any, villages: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["village"].choices = _villages(villages)  # type: ignore[attr-defined] # a choice field


class UnitFilter(forms.Form):
    """Filters of a compound's households."""

    building = forms.ChoiceField(label="楼栋", required=False)
    q = forms.CharField(label="房号", required=False, max_length=20)

    def __init__(self, *args: Any, compound: Compound, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        buildings = Building.objects.filter(compound=compound).in_natural_order().values_list("key", "text")
        self.fields["building"].choices = [_ANY, *buildings]  # type: ignore[attr-defined] # a choice field


class BodyFilter(forms.Form):
    """Filters of the list of bodies."""

    q = forms.CharField(label="名称或人员", required=False, max_length=60)
    kind = forms.ChoiceField(label="种类", required=False, choices=[_ANY, *BodyKind.choices])
    village = forms.ChoiceField(label="村（社区）", required=False)

    def __init__(self, *args: Any, villages: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["village"].choices = _villages(villages)  # type: ignore[attr-defined] # a choice field


class FirmFilter(forms.Form):
    """Filter of the list of firms."""

    q = forms.CharField(label="企业名称或信用代码", required=False, max_length=60)


class AppointForm(forms.Form):
    """Who takes over a post, and from when."""

    username = forms.CharField(
        label="继任人的用户名",
        max_length=60,
        help_text="还没有账号的，先开设账号。",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    from_on = forms.DateField(label="任职自", help_text="现任自动任至前一日。", widget=forms.DateInput())
    until_on = forms.DateField(label="任职至（含当日）", required=False, widget=forms.DateInput())
    basis = forms.CharField(label="任职依据", required=False, max_length=120, help_text="文号、会议纪要等。")


class AccountForm(forms.Form):
    """A new account."""

    name = forms.CharField(label="姓名", max_length=60)
    username = forms.RegexField(
        label="用户名",
        regex=r"^[A-Za-z0-9._-]{3,60}$",
        help_text="3 个以上字母、数字，登录时用，例如 lin-xiaoqin。",
        error_messages={"invalid": "用户名只能用字母、数字、点、短横和下划线，至少 3 个字符。"},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    phone = forms.RegexField(
        label="手机号",
        regex=r"^1\d{10}$",
        required=False,
        error_messages={"invalid": "手机号应为 11 位数字。"},
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
    )


class DayForm(forms.Form):
    """One day, asked for by each act in its own words."""

    day = forms.DateField(widget=forms.DateInput())

    def __init__(self, *args: Any, label: str, help_text: str = "", on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("day", on)
        self.fields["day"].label, self.fields["day"].help_text = label, help_text


class FirmForm(forms.Form):
    """A firm for the register."""

    name = forms.CharField(label="企业名称", max_length=80)
    credit_code = forms.CharField(
        label="统一社会信用代码",
        max_length=18,
        min_length=18,
        help_text="营业执照上的 18 位代码，末位为校验位。",
        error_messages={"min_length": "统一社会信用代码应为 18 位。", "max_length": "统一社会信用代码应为 18 位。"},
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
    )
    contact = forms.CharField(label="联系人", required=False, max_length=40)
    phone = forms.CharField(label="联系电话", required=False, max_length=20)

    def clean_credit_code(self) -> str:
        return str(self.cleaned_data["credit_code"]).upper()


class ContractForm(forms.Form):
    """A service contract as signed."""

    firm = forms.ModelChoiceField(
        label="物业企业",
        queryset=PropertyFirm.objects.order_by("name"),
        to_field_name="public_id",
        empty_label="请选择",
        help_text="名单里没有的，先登记企业。",
    )
    from_on = forms.DateField(label="服务开始", widget=forms.DateInput())
    until_on = forms.DateField(label="约定到期（含当日）", required=False, widget=forms.DateInput())
    fee_per_m2 = forms.CharField(
        label="物业费（元/m²·月）", max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )

    def clean_fee_per_m2(self) -> Decimal:
        try:
            fee = parse_amount(self.cleaned_data["fee_per_m2"])
        except DomainError as error:
            raise forms.ValidationError(error.message) from error
        if fee >= 1_000_000:
            raise forms.ValidationError("物业费单价太大，请核对单位是元/m²·月。")
        return fee

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        if facts.get("until_on") and facts.get("from_on") and facts["until_on"] < facts["from_on"]:
            self.add_error("until_on", "约定到期日不能早于服务开始日。")
        return facts


class RosterUploadForm(forms.Form):
    """The file with a compound's homes and owners."""

    file = forms.FileField(
        label="名册文件",
        help_text=f"{DOORS['table'].words}。表头上方可以有标题行，合计行和空行会自动跳过。",
        widget=forms.FileInput(attrs={"accept": DOORS["table"].accept}),
        error_messages={"required": "请选择名册文件。", "empty": "文件是空的，请检查后重新选择。"},
    )


class RosterHeaderForm(forms.Form):
    """Where the header stands, if it was not found."""

    header_row = forms.IntegerField(label="表头在第几行", min_value=1, max_value=60)

    def __init__(self, *args: Any, job: RosterImport, **kwargs: Any) -> None:
        kwargs["initial"] = {"header_row": job.header_row, "sheet": job.sheet}
        super().__init__(*args, **kwargs)
        sheets = job.layout["sheets"]
        if len(sheets) > 1:
            self.fields["sheet"] = forms.ChoiceField(label="工作表", choices=[(name, name) for name in sheets])
            self.order_fields(["sheet", "header_row"])


class RosterColumnsForm(TableColumnsForm):
    """Which column of the file holds what; recognised already, correctable by hand."""

    def __init__(self, *args: Any, job: RosterImport, **kwargs: Any) -> None:
        super().__init__(*args, columns=COLUMNS, labels=job.layout["labels"], recognised=job.columns, **kwargs)


class RosterConfirmForm(forms.Form):
    """What is to happen with the good rows while others are wrong."""

    mode = forms.ChoiceField(
        label="文件里有错误的行，怎么办？",
        choices=RosterImport.Mode.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择有错误时怎么办。"},
    )
