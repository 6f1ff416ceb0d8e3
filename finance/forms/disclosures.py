"""What people type while a disclosure is prepared, reviewed, posted, countersigned and looked for."""

from typing import Any

from django import forms

from communities.models import Village
from files.rules import DOORS
from finance.models import DisclosureDraft
from kernel.errors import DomainError
from kernel.money import parse_amount
from notices.rules import Place, required_places


class DraftForm(forms.Form):
    """What the preparer adds to the figures."""

    note = forms.CharField(
        label="说明",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="公布在公示中，不要写个人姓名、电话。",
    )
    contact = forms.CharField(
        label="查询联系方式", max_length=60, required=False, help_text="办公地点或办公电话，印在公示上。"
    )
    is_nil = forms.BooleanField(label="本季度无收支", required=False)

    @classmethod
    def of(cls, draft: DisclosureDraft) -> "DraftForm":
        return cls(initial={"note": draft.note, "contact": draft.contact, "is_nil": draft.is_nil})


class ReasonForm(forms.Form):
    """Why something is returned or corrected."""

    reason = forms.CharField(label="原因", max_length=200)

    def __init__(self, *args: Any, label: str = "原因", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label


class ReconcilingForm(forms.Form):
    """A sum that books and bank do not have on the same day, outside the bank's lines."""

    amount = forms.CharField(
        label="对银行余额的调整（元）",
        max_length=30,
        help_text="已入账、银行尚未收到的写正数，银行尚未付出的写负数。",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    reason = forms.CharField(label="原因", max_length=200)

    def clean_amount(self) -> Any:
        try:
            return parse_amount(self.cleaned_data["amount"], signed=True)
        except DomainError as error:
            raise forms.ValidationError(error.message) from error


class LineReasonForm(forms.Form):
    """Why a line of the bank's is not in the books of the quarter."""

    line = forms.CharField(widget=forms.HiddenInput, max_length=16)
    reason = forms.CharField(label="未达原因", max_length=200)


class SeenForm(forms.Form):
    """The fingerprint of the figures that were on the page when the button was pressed."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)


class CountersignForm(forms.Form):
    """The other bearer's opinion; the versions it saw go along, one for each account."""

    version = forms.CharField(widget=forms.HiddenInput, max_length=400)
    note = forms.CharField(label="会签意见", max_length=200, required=False)


class PostingForm(forms.Form):
    """A photo of the posted paper in one kind of place."""

    photo = forms.FileField(
        label="照片",
        help_text=f"可用：{DOORS['photo'].words}",
        widget=forms.FileInput(attrs={"accept": "image/*", "capture": "environment"}),
        error_messages={"required": "请先拍照或选择照片。"},
    )
    note = forms.CharField(label="具体位置", max_length=120, required=False)

    def __init__(self, *args: Any, has_lift: bool, has_owner_group: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = required_places(has_lift=has_lift, has_owner_group=has_owner_group)
        self.fields["place"] = forms.ChoiceField(
            label="位置", widget=forms.HiddenInput, choices=[(place.value, place.label) for place in places]
        )

    def clean_place(self) -> Place:
        return Place(self.cleaned_data["place"])


class DisclosureFilterForm(forms.Form):
    """Filters of the public list; they live in the address."""

    field_order = ("q", "village", "period", "state")

    q = forms.CharField(label="小区名称", max_length=60, required=False)
    village = forms.ModelChoiceField(
        label="村（社区）",
        queryset=Village.objects.order_by("id"),
        to_field_name="public_id",
        required=False,
        empty_label="全部",
    )
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[
            ("", "全部"),
            ("on_time", "按时"),
            ("late", "逾期"),
            ("unposted", "未张贴齐"),
            ("corrected", "有更正"),
        ],
    )

    def __init__(self, *args: Any, periods: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["period"] = forms.ChoiceField(label="季度", choices=[("", "全部"), *periods], required=False)
