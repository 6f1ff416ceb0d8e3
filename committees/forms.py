"""Forms of the register of committees; rules are refused by the services, in words for the field."""

from datetime import date
from typing import Any

from django import forms

from accounts.rules import CONSENT_WORDS, ConsentField
from committees.models import Seat
from committees.rules import SEAT_POSTS
from communities.models import Building, Compound
from files.rules import DOORS


class TermForm(forms.Form):
    """A term as the filing shows it. The committee itself is entered with its first term."""

    from_on = forms.DateField(label="任期自", help_text="业主大会选举产生之日。", widget=forms.DateInput())
    until_on = forms.DateField(label="任期至（含当日）", help_text="每届最长五年。", widget=forms.DateInput())
    filed_on = forms.DateField(
        label="备案日期",
        required=False,
        help_text="未备案可先留空，备案后在任期旁“登记备案”；应自选举之日起 30 日内备案。",
        widget=forms.DateInput(),
    )
    filing_number = forms.CharField(label="备案号", required=False, max_length=60)


class FilingForm(forms.Form):
    """The filing of a term that was registered before it was filed."""

    filed_on = forms.DateField(label="备案日期", widget=forms.DateInput())
    filing_number = forms.CharField(label="备案号", required=False, max_length=60)


class SeatForm(forms.Form):
    """One member of a term, found in the roster by household and name."""

    title = forms.ChoiceField(label="职务", choices=[(post.title, post.title) for post in SEAT_POSTS])
    building = forms.ChoiceField(label="所在楼栋")
    room = forms.CharField(label="房号", max_length=40, help_text="如 1102；写法不限，按名册核对。")
    name = forms.CharField(label="姓名", max_length=80)
    from_on = forms.DateField(label="任职自", widget=forms.DateInput())
    affiliation = forms.ChoiceField(label="政治面貌", required=False, choices=[("", "未填"), *Seat.Affiliation.choices])
    pledge = forms.CharField(
        label="履职宣言", required=False, max_length=200, help_text="本人承诺的一两句话，在公示栏展示。"
    )

    def __init__(self, *args: Any, compound: Compound, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        buildings = Building.objects.filter(compound=compound).in_natural_order().values_list("text", flat=True)
        self.fields["building"].choices = [(text, text) for text in buildings]  # type: ignore[attr-defined] # a choice field


class LeaveForm(forms.Form):
    """The last day of a seat."""

    until_on = forms.DateField(label="最后任职日（含当日）", widget=forms.DateInput())

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"until_on": on}, **kwargs})


class EndForm(forms.Form):
    """A committee's last day in office, and why."""

    until_on = forms.DateField(label="最后履职日（含当日）", widget=forms.DateInput())
    reason = forms.CharField(
        label="原因和依据",
        max_length=200,
        help_text="例如：2026年9月12日业主大会决定解散；小区拆迁完毕。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    understood = forms.BooleanField(
        label="我已核对：登记后不能撤销", error_messages={"required": "请核对下面的后果后勾选。"}
    )

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"until_on": on}, **kwargs})


class CardForm(forms.Form):
    """What a member shows about themselves, and what of it they agree to."""

    portrait = forms.FileField(
        label="照片",
        required=False,
        help_text=f"正面免冠，{DOORS['portrait'].words}；拍摄地点等信息会自动去掉。",
        widget=forms.FileInput(attrs={"accept": DOORS["portrait"].accept}),
        error_messages={"empty": "文件是空的，请检查后重新选择。"},
    )
    affiliation = forms.ChoiceField(label="政治面貌", required=False, choices=[("", "未填"), *Seat.Affiliation.choices])
    pledge = forms.CharField(
        label="履职宣言",
        required=False,
        max_length=200,
        help_text="一两句话，不超过 200 字。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in ConsentField:
            self.fields[f"agrees_{field.value}"] = forms.BooleanField(label=CONSENT_WORDS[field], required=False)

    def agreed(self) -> set[ConsentField]:
        return {field for field in ConsentField if self.cleaned_data[f"agrees_{field.value}"]}
