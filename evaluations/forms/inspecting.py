"""What is typed on site: a fault with its photos, and the hand-over of the whole."""

from itertools import groupby
from typing import Any

from django import forms

from evaluations.appraisal_rules import Item
from evaluations.fieldwork_querysets import InspectionQuerySet
from evaluations.forms.appraisals import PointsField
from evaluations.forms.listing import read_period
from evaluations.models import Inspection
from evaluations.services.fieldwork import inspectable
from evaluations.services.inspecting import LONGEST_COMPANIONS, LONGEST_REASON, LONGEST_WORDS, MOST_PHOTOS
from files.forms import FilesField, FilesInput, KeepsFilesForm
from files.models import StoredFile
from files.rules import DOORS
from kernel.errors import DomainError

_ANY = ("", "全部")
_DAY_WORDS = {"required": "请选择日期。", "invalid": "日期无法识别，请按 2026-09-30 的样子填写。"}


def words_of(item: Item) -> str:
    """保洁（6 分）."""
    return f"{item.label}（{item.points.normalize():f} 分）"


class FindingForm(KeepsFilesForm):
    """One fault. The photos stay where another field was wrong."""

    files_field = "photos"
    door = StoredFile.Door.PHOTO

    code = forms.ChoiceField(
        label="扣分项目", error_messages={"required": "请选择扣分的项目。", "invalid_choice": "请选择扣分的项目。"}
    )
    points = PointsField(label="扣分", error_messages={"required": "请填写扣几分。"})
    words = forms.CharField(
        label="地点和情况",
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="例如“3号楼2单元楼道堆放纸箱”。不要写住户姓名。",
        error_messages={"required": "请写明地点和情况。"},
    )
    photos = FilesField(
        door=StoredFile.Door.PHOTO,
        label="照片",
        help_text=f"可一次选几张，最多 {MOST_PHOTOS} 张（{DOORS['photo'].words}）。"
        "拍摄地点等信息会自动去除；不要拍到人脸。",
        widget=FilesInput(attrs={"accept": "image/*"}),
        error_messages={"required": "请至少拍一张照片，扣分要有依据。"},
    )

    def __init__(self, *args: Any, inspection: Inspection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: list[tuple[str, Any]] = [("", "请选择")]
        for head, items in groupby(inspectable(inspection.method), key=lambda item: item.head):
            choices.append((head.label, [(item.code, words_of(item)) for item in items]))
        self.fields["code"].choices = choices  # type: ignore[attr-defined] # a choice field
        self.order_fields(["code", "points", "words", "photos", "kept"])


class HandInForm(forms.Form):
    """When, with whom, and what was looked at."""

    visited_on = forms.DateField(label="检查日期", error_messages=_DAY_WORDS, widget=forms.DateInput)
    companions = forms.CharField(
        label="同行人员", required=False, max_length=LONGEST_COMPANIONS, help_text="例如“村干部黄明辉”。"
    )
    checked = forms.MultipleChoiceField(
        label="检查了哪些项目",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="没有看的项目请取消勾选：勾选而没有问题的，按满分计。",
    )

    def __init__(self, *args: Any, inspection: Inspection, **kwargs: Any) -> None:
        items = inspectable(inspection.method)
        kwargs["initial"] = {"checked": [item.code for item in items]} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        choices = [(item.code, words_of(item)) for item in items]
        self.fields["checked"].choices = choices  # type: ignore[attr-defined] # a choice field

    def refuse(self, error: DomainError) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.message)


class WithdrawFindingForm(forms.Form):
    reason = forms.CharField(
        label="撤回的理由",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明为什么撤回。"},
        help_text="例如“楼道堆物属另一小区”。理由会告知物业企业。",
    )

    def refuse(self, error: DomainError) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.message)


class InspectionFilter(forms.Form):
    """Filters of the list of inspections."""

    q = forms.CharField(label="小区或物业企业", required=False, max_length=60)
    period = forms.CharField(
        label="期间", required=False, max_length=8, widget=forms.TextInput(attrs={"placeholder": "2026H2"})
    )
    state = forms.ChoiceField(label="状态", required=False, choices=[_ANY, ("draft", "未提交"), ("in", "已提交")])

    def narrowed(self, found: InspectionQuerySet) -> InspectionQuerySet:
        """What the form asks for; what it cannot read narrows nothing."""
        self.is_valid()
        told = self.cleaned_data
        if words := told.get("q", "").strip():
            found = found.filter(compound__name__icontains=words) | found.filter(firm__name__icontains=words)
        if code := read_period(told.get("period", "").strip().upper()):
            found = found.filter(period=code)
        if told.get("state"):
            found = found.filter(handed_in_at__isnull=told["state"] == "draft")
        return found


class WhereForm(forms.Form):
    """Which compound one stands in."""

    q = forms.CharField(label="小区名称", required=False, max_length=60)
