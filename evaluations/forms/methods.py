"""The half-year's method as rows to edit: head, name, points, source; a row emptied of its name is left out."""

from decimal import Decimal
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict

from evaluations.appraisal_rules import MOST_ITEMS, Head, Source
from evaluations.forms.appraisals import PointsField
from evaluations.models import AppraisalMethod
from evaluations.services.appraisals.methods import LONGEST_LABEL, Row
from kernel.errors import DomainError

_FREE_ROWS = 3


class ItemRow(forms.Form):
    head = forms.ChoiceField(
        label="方面",
        choices=Head.choices,
        error_messages={"required": "请选择方面。", "invalid_choice": "请从五个方面里选。"},
    )
    label = forms.CharField(
        label="项目",
        max_length=LONGEST_LABEL,
        error_messages={
            "required": "请填项目名称；不要这一项就把分值也清空。",
            "max_length": f"最多 {LONGEST_LABEL} 个字。",
        },
    )
    points = PointsField(label="分值", error_messages={"required": "请填分值；不要这一项就把名称也清空。"})
    source = forms.ChoiceField(
        label="怎样得分",
        choices=Source.choices,
        initial=Source.HAND,
        error_messages={"required": "请选择怎样得分。", "invalid_choice": "请从列出的方式里选。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """A row whose name and points were emptied is one to leave out, wherever it stands."""
        super().__init__(*args, **kwargs)
        if self.is_bound and not any(self.data.get(self.add_prefix(name), "").strip() for name in ("label", "points")):
            self.fields["label"].required = self.fields["points"].required = False

    @property
    def row(self) -> Row | None:
        told = self.cleaned_data
        label, points = told.get("label", "").strip(), told.get("points")
        return (Head(told["head"]), label, points, Source(told["source"])) if label and points is not None else None


_DAMAGED = "提交的内容不完整，请打开本页重新填写。"
_MESSAGES = {"missing_management_form": _DAMAGED, "too_many_forms": f"考评项目最多 {MOST_ITEMS} 项。"}
_Rows = formset_factory(ItemRow, extra=_FREE_ROWS, max_num=MOST_ITEMS, absolute_max=MOST_ITEMS + 20)


class BoundsForm(forms.Form):
    """How far bonus and penalty go, and what fails a firm outright."""

    most_adjustment = PointsField(
        label="加减分合计不超过（分）", error_messages={"required": "请填加减分上限，不加减就填 0。"}
    )
    vetoes = forms.CharField(
        label="一票否决事项",
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="每行一项。登记了其中一项的，不论得分，等次为不合格。",
        error_messages={"max_length": "最多 400 个字。"},
    )


class MethodForm:
    """The page's two forms together."""

    def __init__(self, method: AppraisalMethod, data: QueryDict | None = None) -> None:
        rows = [
            {"head": one.head, "label": one.label, "points": f"{one.points:.2f}", "source": one.source}
            for one in method.item_list
        ]
        self.rows: BaseFormSet[ItemRow] = _Rows(
            data, prefix="items", initial=None if data is not None else rows, error_messages=_MESSAGES
        )
        bounds = {"most_adjustment": f"{method.most_adjustment:.2f}", "vetoes": "\n".join(method.vetoes)}
        self.bounds = BoundsForm(data, initial=bounds)
        self.error = ""

    def is_valid(self) -> bool:
        """Both judged, so that every message shows at once."""
        rows, bounds = self.rows.is_valid(), self.bounds.is_valid()
        if not rows:
            self.error = "；".join(map(str, self.rows.non_form_errors())) or "请改正标出的地方。"
        return rows and bounds

    def chosen(self) -> list[Row]:
        return [row for form in self.rows if (row := form.row) is not None]

    @property
    def most_adjustment(self) -> Decimal:
        return self.bounds.cleaned_data["most_adjustment"] or Decimal(0)

    @property
    def vetoes(self) -> list[str]:
        return list(self.bounds.cleaned_data["vetoes"].splitlines())

    def refuse(self, error: DomainError) -> None:
        """Show a rule's refusal beside its field, or on top."""
        if error.field in self.bounds.fields:
            self.bounds.add_error(error.field, error.message)
        self.error = error.message
