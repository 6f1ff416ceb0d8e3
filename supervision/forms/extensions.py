"""What an officer types to extend deadlines, and why an extension is withdrawn."""

from typing import Any

from django import forms

from communities.models import Compound, Town, Village
from kernel.text import tidy
from supervision.rules import Duty
from supervision.services.extensions import Days

_DAY = {"required": "请选择日期。", "invalid": "日期无法识别，请按 2026-11-01 的样子填写。"}


class ExtensionForm(forms.Form):
    """Which deadlines move to which day, for whom, why and by which document or log."""

    from_on = forms.DateField(
        label="原期限自",
        error_messages=_DAY,
        widget=forms.DateInput,
        help_text="原定期限落在这一天至下一栏那一天（含）的事项都延期，例如停机的头一天。",
    )
    until_on = forms.DateField(
        label="原期限至（含当日）", error_messages=_DAY, widget=forms.DateInput, help_text="例如停机的最后一天。"
    )
    new_on = forms.DateField(
        label="延至（含当日）", error_messages=_DAY, widget=forms.DateInput, help_text="过了这一天 24 时才算逾期。"
    )
    reason = forms.CharField(
        label="原因",
        max_length=200,
        help_text="责任单位和业主都能看到，例如“系统故障，10月30日至31日不能登录”。",
        error_messages={"required": "请写明延期的原因。", "max_length": "原因最多 200 个字。"},
    )
    basis = forms.CharField(
        label="依据",
        max_length=120,
        help_text="通知的文号，或系统运行记录的日期与编号。",
        error_messages={"required": "请写明依据：文号或运行记录。", "max_length": "依据最多 120 个字。"},
    )
    village = forms.ModelChoiceField(
        label="只限一个村（社区）",
        required=False,
        queryset=Village.objects.none(),
        to_field_name="public_id",
        empty_label="不限，全镇",
        error_messages={"invalid_choice": "请从列出的村（社区）中选择。"},
    )
    compound = forms.CharField(
        label="只限一个小区", required=False, max_length=60, help_text="填小区全名；不填即不限。"
    )
    duty = forms.ChoiceField(
        label="只限一种事项",
        required=False,
        choices=[("", "不限，全部事项"), *Duty.choices],
        error_messages={"invalid_choice": "请从列出的事项中选择。"},
    )

    def __init__(self, *args: Any, town: Town, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.town = town
        self.fields["village"].queryset = town.villages.order_by("id")  # type: ignore[attr-defined] # a ModelChoiceField

    def clean(self) -> dict[str, Any]:
        """The compound by its name, in the chosen village where two are called alike."""
        cleaned = super().clean() or self.cleaned_data
        if name := tidy(cleaned.get("compound") or ""):
            found = Compound.objects.filter(village__town=self.town, name=name).select_related("village")
            if village := cleaned.get("village"):
                found = found.filter(village=village)
            named = list(found[:2])
            if not named:
                where = cleaned.get("village") or self.town
                self.add_error("compound", f"{where}没有名为“{name}”的小区，请填登记的全名。")
            elif len(named) > 1:
                self.add_error("compound", f"有多个小区名为“{name}”，请同时选所在的村（社区）。")
            else:
                cleaned["compound"] = named[0]
        return cleaned

    def facts(self) -> dict[str, Any]:
        """As `enter_extension` takes them."""
        told = self.cleaned_data
        return {
            "days": Days(told["from_on"], told["until_on"], told["new_on"]),
            "reason": told["reason"],
            "basis": told["basis"],
            "village": told["village"],
            "compound": told["compound"] or None,
            "duty": told["duty"],
        }


class WithdrawExtensionForm(forms.Form):
    """Why an extension is withdrawn."""

    reason = forms.CharField(
        label="撤回的理由",
        max_length=200,
        error_messages={"required": "请写明撤回的理由。", "max_length": "理由最多 200 个字。"},
    )
