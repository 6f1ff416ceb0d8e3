"""What the office types about editions: what to make, the wording, why it is returned, where it went."""

from typing import Any

from django import forms

from baogai.editions import choices_on
from files.forms import FilesField, KeepsFilesForm
from files.models import StoredFile
from files.rules import DOORS
from kernel.days import today
from kernel.periods import Period
from notices.rules import LONGEST_ISSUER, LONGEST_REQUEST, LONGEST_SERIES, EditionKind
from notices.services.editions import Wording


class WordingForm(forms.Form):
    """代字, who issues it, what is asked of whom."""

    series = forms.CharField(
        label="代字",
        max_length=LONGEST_SERIES,
        help_text="文号的前半部分，例如“宝小区通”；年份和顺序号在发布时自动编定，不跳号。",
        error_messages={"required": "请填写代字，如“宝小区通”。", "max_length": f"代字最多 {LONGEST_SERIES} 个字。"},
    )
    issuer = forms.CharField(
        label="发文机关",
        max_length=LONGEST_ISSUER,
        help_text="印在公文的红头、落款和各文稿上。",
        error_messages={"required": "请填写发文机关。", "max_length": f"发文机关最多 {LONGEST_ISSUER} 个字。"},
    )
    request = forms.CharField(
        label="工作要求",
        required=False,
        max_length=LONGEST_REQUEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="写在数据之后，一行一段，例如要求逾期的单位何时前补上。数字由系统按数据写，这里不必重复。",
        error_messages={"max_length": f"工作要求最多 {LONGEST_REQUEST} 个字。"},
    )

    def wording(self) -> Wording:
        told = self.cleaned_data
        return Wording(told["series"], told["issuer"], told["request"])


class NewEditionForm(WordingForm):
    """Which sort of edition, of which period."""

    choice = forms.ChoiceField(
        label="通报什么",
        error_messages={"required": "请选择通报什么。", "invalid_choice": "请从列出的种类和期间中选择。"},
    )
    field_order = ("choice", "series", "issuer", "request")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(f"{kind}:{period.code}", f"{period.label}{kind.label}") for kind, period in choices_on(today())]
        self.fields["choice"].choices = offered  # type: ignore[attr-defined] # a choice field

    def chosen(self) -> tuple[EditionKind, Period]:
        kind, _, code = self.cleaned_data["choice"].partition(":")
        return EditionKind(kind), Period.parse(code)


class CorrectionForm(WordingForm):
    """Why a published edition is corrected; the figures are drawn anew."""

    reason = forms.CharField(
        label="更正原因",
        max_length=200,
        help_text="公开可查，例如“某小区物业的完成日期登记有误，已核实”。",
        error_messages={"required": "请写明更正的原因。", "max_length": "更正原因最多 200 个字。"},
    )
    field_order = ("reason", "series", "issuer", "request")


class ReturnEditionForm(forms.Form):
    """Why a submitted edition goes back."""

    reason = forms.CharField(
        label="退回的理由",
        max_length=200,
        error_messages={"required": "请写明退回的理由。", "max_length": "理由最多 200 个字。"},
    )


class DispatchForm(KeepsFilesForm):
    """When an edition reached a recipient, with the proof."""

    files_field = "proof"
    door = StoredFile.Door.SCAN

    done_on = forms.DateField(
        label="办理日期",
        error_messages={"required": "请选择办理日期。", "invalid": "日期无法识别，请按 2026-11-05 的样子填写。"},
        widget=forms.DateInput,
    )
    proof = FilesField(
        label="凭据",
        door=StoredFile.Door.SCAN,
        widget=forms.FileInput(attrs={"accept": DOORS["scan"].accept}),
        help_text=f"签收单、盖章件、报纸版面照片或公众号文章截图，选一个（{DOORS['scan'].words}）。",
        error_messages={"required": "请上传凭据。"},
    )
    note = forms.CharField(
        label="说明",
        required=False,
        max_length=120,
        help_text="例如签收人、报纸版次、文章网址。",
        error_messages={"max_length": "说明最多 120 个字。"},
    )
