"""What is typed about an appraisal: points with reasons and evidence, replies and answers; what narrows the list."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.forms import BoundField

from evaluations.appraisal_querysets import AppraisalQuerySet
from evaluations.appraisal_rules import Grade, Item, Source, Stage
from evaluations.appraisal_scoring import Line
from evaluations.forms.listing import read_period
from evaluations.models import AppraisalReply
from evaluations.services.appraisals.replying import LONGEST_REPLY
from evaluations.services.appraisals.scoring import LONGEST_REASON, Points
from files.forms import FilesField, KeepsFilesForm
from files.rules import DOORS
from kernel.decimals import Fault, NotExactError, two_places
from kernel.text import clean

_ANY = ("", "全部")
_DIGITS = 5
_FAULTS = {
    Fault.NOT_A_NUMBER: "请填数字，例如 2.5。",
    Fault.TOO_PRECISE: "最多两位小数。",
    Fault.TOO_LARGE: "数字太大，请核对。",
}


class PointsField(forms.CharField):
    """Points with at most two decimals, full-width digits included; None where nothing was typed."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 20)
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        messages = {"max_length": "数字太长，请核对。"} | kwargs.pop("error_messages", {})
        super().__init__(error_messages=messages, **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        typed = clean(super().clean(value) or "")
        if not typed:
            return None
        try:
            return two_places(typed, digits=_DIGITS)
        except NotExactError as error:
            raise forms.ValidationError(_FAULTS[error.fault]) from error


class AppraisalFilter(forms.Form):
    """By what the list is narrowed; it lives in the address."""

    q = forms.CharField(label="小区、村（社区）或企业", required=False, max_length=40)
    stage = forms.ChoiceField(label="状态", required=False, choices=[_ANY, *Stage.choices])
    grade = forms.ChoiceField(label="等次", required=False, choices=[_ANY, *Grade.choices])
    period = forms.CharField(
        label="期间", required=False, max_length=8, widget=forms.TextInput(attrs={"placeholder": "2026H2"})
    )

    def narrowed(self, found: AppraisalQuerySet) -> AppraisalQuerySet:
        """What the form asks for; what it cannot read narrows nothing."""
        self.is_valid()
        told = self.cleaned_data
        if words := told.get("q", "").strip():
            named = Q(compound__name__icontains=words) | Q(compound__village__name__icontains=words)
            found = found.filter(named | Q(firm__name__icontains=words))
        if stage := told.get("stage"):
            found = found.filter(stage=stage)
        if grade := told.get("grade"):
            found = found.filter(result__grade=grade)
        if code := read_period(told.get("period", "").strip().upper()):
            found = found.filter(period=code)
        return found


class ScoreForm(forms.Form):
    """Every item a person scores, on one page: points and reason by the item's code. What is left empty is kept."""

    def __init__(self, *args: Any, lines: Iterable[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(lines)
        for line in self.lines:
            item = line.item
            self.fields[f"points_{item.code}"] = PointsField(
                label=f"得分（满分 {item.points:.2f}）",
                required=False,
                initial=f"{line.mark.points:.2f}" if line.mark else "",
            )
            self.fields[f"reason_{item.code}"] = forms.CharField(
                label="依据或扣分事实",
                required=False,
                max_length=LONGEST_REASON,
                initial=line.mark.reason if line.mark else "",
                error_messages={"max_length": f"最多 {LONGEST_REASON} 个字。"},
            )

    @property
    def by_hand(self) -> list[tuple[Item, BoundField, BoundField]]:
        return [self._row(line.item) for line in self.lines if line.item.source is Source.HAND]

    @property
    def automatic(self) -> list[tuple[Item, BoundField, BoundField]]:
        """Those without facts, or scored otherwise already."""
        return [self._row(line.item) for line in self.lines if line.item.source is not Source.HAND]

    def _row(self, item: Item) -> tuple[Item, BoundField, BoundField]:
        return item, self[f"points_{item.code}"], self[f"reason_{item.code}"]

    def given(self) -> list[Points]:
        """What differs from the marks that stand."""
        found = []
        for line in self.lines:
            points, reason = (
                self.cleaned_data[f"points_{line.item.code}"],
                self.cleaned_data[f"reason_{line.item.code}"],
            )
            mark = line.mark
            if points is None or (mark is not None and (mark.points, mark.reason) == (points, reason.strip())):
                continue
            found.append(Points(line.item.code, points, reason))
        return found

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        for line in self.lines:
            code = line.item.code
            if told.get(f"reason_{code}") and f"points_{code}" in told and told[f"points_{code}"] is None:
                self.add_error(f"points_{code}", f"写了“{line.item.label}”的依据，请填得分。")
        return told


class _MarkForm(KeepsFilesForm):
    """A reason and its evidence."""

    files_field = "files"

    reason = forms.CharField(
        label="事实和依据",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="时间、地点、看到的事实。企业和业主都能看到。",
        error_messages={"required": "请写明事实和依据。", "max_length": f"最多 {LONGEST_REASON} 个字。"},
    )
    files = FilesField(  # type: ignore[assignment]  # a declared field is taken off the class
        label="照片或材料", required=False, help_text=f"可一次选几个（{DOORS['voucher'].words}）。"
    )


class ItemForm(_MarkForm):
    """Points of one item, with evidence."""

    points = PointsField(label="得分", error_messages={"required": "请填得分。"})
    field_order = ("points", "reason", "files")


class AdjustForm(_MarkForm):
    """A bonus or a penalty."""

    points = PointsField(
        label="加减分",
        help_text="加分直接填，例如 2；减分前面加减号，例如 -1.5。",
        error_messages={"required": "请填写加几分或减几分。"},
    )
    field_order = ("points", "reason", "files")


class VetoForm(_MarkForm):
    """One of the method's veto matters."""

    matter = forms.ChoiceField(
        label="一票否决事项",
        error_messages={"required": "请选择事项。", "invalid_choice": "请从列出的事项里选。"},
    )
    field_order = ("matter", "reason", "files")

    def __init__(self, *args: Any, vetoes: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["matter"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [(one, one) for one in vetoes]


class WordsForm(forms.Form):
    """Why something is returned, taken back or corrected."""

    words = forms.CharField(
        label="理由",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明理由。", "max_length": f"最多 {LONGEST_REASON} 个字。"},
    )


class ReplyForm(KeepsFilesForm):
    """What the firm says, of an item or of the whole."""

    files_field = "files"

    code = forms.ChoiceField(
        label="对哪一项申辩", required=False, error_messages={"invalid_choice": "请从列出的项目里选。"}
    )
    text = forms.CharField(
        label="申辩理由",
        max_length=LONGEST_REPLY,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "请写明申辩的理由。", "max_length": f"最多 {LONGEST_REPLY} 个字。"},
    )
    files = FilesField(  # type: ignore[assignment]  # a declared field is taken off the class
        label="照片或材料", required=False, help_text=f"可一次选几个（{DOORS['voucher'].words}）。"
    )

    def __init__(self, *args: Any, lines: Iterable[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [("", "总体"), *((line.item.code, _line_words(line)) for line in lines)]


def _line_words(line: Line) -> str:
    got = "不计" if line.shown is None else f"{line.shown:.2f}"
    return f"{line.item.label}（{got} / {line.item.points:.2f}）"


class AnswerForm(forms.Form):
    """Keep the points (left empty), or the points the item has from now on."""

    points = PointsField(label="改为几分", required=False, help_text="维持原分就空着。")
    reason = forms.CharField(
        label="答复",
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "请写明维持或者改分的理由。", "max_length": f"最多 {LONGEST_REASON} 个字。"},
    )

    def __init__(self, *args: Any, objection: AppraisalReply, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not objection.code:
            del self.fields["points"]
