"""A document with its days and numbers, as an officer enters it; the pilot register's two lines."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from communities.models import Compound
from files.forms import FilesField, KeepsFilesForm
from files.models import StoredFile
from files.rules import DOORS
from supervision.models import Policy
from supervision.rules import NUMBERS
from supervision.services.policies import numbers_of

_DAY = {"required": "请选择日期。", "invalid": "日期无法识别，请按 2026-11-01 的样子填写。"}
NUMBER_PREFIX = "number_"


class PolicyForm(KeepsFilesForm):
    """`follows` is the document the new one goes on from; its numbers stand in the fields."""

    files_field = "scan"
    door = StoredFile.Door.SCAN

    kind = forms.ChoiceField(
        label="性质",
        choices=[
            (Policy.Kind.EXTENSION, "延期：原文件继续施行一段时间"),
            (Policy.Kind.SUCCESSOR, "新文件接替：从施行之日起代替原文件"),
            (Policy.Kind.ADJUSTMENT, "只调整本系统约定的数值（文件不变）"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择性质。", "invalid_choice": "请从列出的性质中选择。"},
    )
    number = forms.CharField(
        label="文号",
        max_length=60,
        help_text="例如 宝政〔2026〕12号。只调整本系统约定时不用填。",
        error_messages={"required": "请填写文号。"},
    )
    title = forms.CharField(
        label="标题",
        max_length=160,
        help_text="只调整本系统约定时不用填。",
        error_messages={"required": "请填写文件标题。"},
    )
    from_on = forms.DateField(label="施行日期", error_messages=_DAY, widget=forms.DateInput)
    until_on = forms.DateField(
        label="有效期至（含当日）",
        required=False,
        error_messages=_DAY,
        widget=forms.DateInput,
        help_text="文件没有写有效期的不填。",
    )
    scan = FilesField(
        label="文件扫描件",
        door=StoredFile.Door.SCAN,
        required=False,
        help_text=f"供另一人核对（{DOORS['scan'].words}）。只调整本系统约定时不需要。",
    )

    def __init__(self, *args: Any, follows: Policy | None, **kwargs: Any) -> None:
        stated = numbers_of(follows)
        initial = {f"{NUMBER_PREFIX}{key}": value for key, value in stated.items()}
        super().__init__(*args, initial=initial | kwargs.pop("initial", {}), **kwargs)
        for number in NUMBERS:
            marked = "" if number.is_plan else "（本系统约定）"
            self.fields[f"{NUMBER_PREFIX}{number.key}"] = forms.IntegerField(
                label=f"{number.label}{marked}",
                min_value=number.least,
                max_value=number.most,
                help_text=f"方案{number.clause}" if "条" not in number.clause else number.clause,
                error_messages={
                    "required": "请填写数值。",
                    "invalid": "请填写整数。",
                    "min_value": f"应在 {number.least} 到 {number.most} 之间。",
                    "max_value": f"应在 {number.least} 到 {number.most} 之间。",
                },
            )
        if self.data.get("kind") == Policy.Kind.ADJUSTMENT:
            # It keeps the number and title of the document whose conventions it changes.
            self.fields["number"].required = self.fields["title"].required = False
        if follows is None:
            self.fields["kind"].choices = [(Policy.Kind.ORIGINAL, "首次印发")]  # type: ignore[attr-defined] # a ChoiceField

    def of_document(self) -> list[forms.BoundField]:
        """What the document itself says: kind, number, title, days, scan."""
        return [field for field in self.visible_fields() if not field.name.startswith(NUMBER_PREFIX)]

    def of_numbers(self) -> list[forms.BoundField]:
        return [field for field in self if field.name.startswith(NUMBER_PREFIX)]

    def has_number_errors(self) -> bool:
        """Then they are not folded away."""
        return any(field.errors for field in self.of_numbers())

    def stated(self) -> dict[str, int]:
        """The numbers by key."""
        return {number.key: self.cleaned_data[f"{NUMBER_PREFIX}{number.key}"] for number in NUMBERS}


class PilotForm(forms.Form):
    """A compound enters the pilot."""

    compound = forms.ModelChoiceField(
        label="小区",
        queryset=Compound.objects.none(),
        to_field_name="public_id",
        empty_label="请选择小区",
        error_messages={"required": "请选择小区。", "invalid_choice": "请从列出的小区中选择。"},
    )
    entered_on = forms.DateField(label="进入试点日期", error_messages=_DAY, widget=forms.DateInput)

    def __init__(self, *args: Any, compounds: QuerySet[Compound], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["compound"].queryset = compounds  # type: ignore[attr-defined] # a ModelChoiceField


class LeavePilotForm(forms.Form):
    """A compound leaves the pilot."""

    left_on = forms.DateField(label="最后一日", error_messages=_DAY, widget=forms.DateInput)
