"""What is chosen and typed on the pages of the 12345 tickets."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from evaluations.fieldwork_querysets import TicketQuerySet
from evaluations.forms.listing import read_period
from evaluations.hotline_rules import COLUMNS, place_key
from evaluations.models import CompoundAlias, TicketImport
from evaluations.services.hotline.places import FOREIGN, Saying, UnclearPlace
from files.forms import TableColumnsForm
from files.rules import DOORS
from kernel.errors import DomainError
from kernel.periods import Period
from kernel.text import tidy

_ANY = ("", "全部")


class TicketUploadForm(forms.Form):
    """The hotline's table; where its header stands, if it is not found."""

    file = forms.FileField(
        label="12345 工单表",
        help_text=f"{DOORS['table'].words}。表头上方可以有标题行，合计行和空行会自动跳过。",
        widget=forms.FileInput(attrs={"accept": DOORS["table"].accept}),
        error_messages={"required": "请选择工单表。", "empty": "文件是空的，请检查后重新选择。"},
    )
    header_row = forms.IntegerField(
        label="表头在第几行", required=False, min_value=1, max_value=60, help_text="一般不用填；没有认出表头时再填。"
    )
    sheet = forms.CharField(
        label="工作表", required=False, max_length=80, help_text="一个文件有几张表时，填要导入的那张表的名称。"
    )

    def refuse(self, error: DomainError) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.message)


class TicketColumnsForm(TableColumnsForm):
    """Which column of the table holds what; recognised already, correctable by hand."""

    def __init__(self, *args: Any, job: TicketImport, **kwargs: Any) -> None:
        super().__init__(*args, columns=COLUMNS, labels=job.layout["labels"], recognised=job.columns, **kwargs)


class TicketPlacesForm(forms.Form):
    """Which compound each name means that none bears: two fields a name, one to choose and one to type."""

    def __init__(self, *args: Any, places: Sequence[UnclearPlace], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = {_name_of(one.key): one for one in places}
        for name, one in self._places.items():
            self.fields[f"choice_{name}"] = forms.ChoiceField(
                label=f"“{one.written}”是",
                help_text=f"{one.rows} 行",
                required=False,
                choices=[("", "以后再说（这些行先不导入）"), *one.candidates, (FOREIGN, "不属于住宅小区（不导入）")],
            )
            self.fields[f"typed_{name}"] = forms.CharField(
                label="候选里没有的，填小区全名", required=False, max_length=60
            )

    def sayings(self) -> dict[str, Saying]:
        """Key → what was said of it."""
        told = self.cleaned_data
        return {
            one.key: Saying(told.get(f"choice_{name}", ""), told.get(f"typed_{name}", ""))
            for name, one in self._places.items()
        }

    def refuse(self, error: DomainError) -> None:
        field = f"typed_{_name_of(error.field)}" if error.field else None
        self.add_error(field if field in self.fields else None, error.message)


def _name_of(key: str) -> str:
    """A field's name for a place's: of letters that no form minds."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]


class TicketNamesFilter(forms.Form):
    """Which of the names that are remembered."""

    q = forms.CharField(label="叫法或小区", required=False, max_length=60)

    def narrowed(self, found: QuerySet[CompoundAlias]) -> QuerySet[CompoundAlias]:
        words = tidy(self.cleaned_data["q"]) if self.is_valid() else ""
        return found.filter(Q(key__icontains=place_key(words)) | Q(compound__name__icontains=words)) if words else found


class TicketConfirmForm(forms.Form):
    """What is to happen with the good rows while others are wrong."""

    mode = forms.ChoiceField(
        label="文件里有错误的行或待认的小区，怎么办？",
        choices=TicketImport.Mode.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择有错误时怎么办。"},
    )


class TicketFilter(forms.Form):
    """Filters of the list of tickets; they live in the address."""

    q = forms.CharField(label="工单号、小区或类别", required=False, max_length=60)
    period = forms.CharField(
        label="期间", required=False, max_length=8, widget=forms.TextInput(attrs={"placeholder": "2026H2"})
    )
    state = forms.ChoiceField(
        label="情况",
        required=False,
        choices=[
            _ANY,
            ("open", "未办结"),
            ("late", "逾期"),
            ("unsatisfied", "回访不满意"),
            ("repeated", "重复投诉"),
            ("unjustified", "不属实"),
        ],
    )

    def narrowed(self, found: TicketQuerySet, *, at: Any) -> TicketQuerySet:
        """What the form asks for; what it cannot read narrows nothing."""
        self.is_valid()
        told = self.cleaned_data
        if words := told.get("q", "").strip():
            found = found.filter(
                Q(number__icontains=words) | Q(compound__name__icontains=words) | Q(category__icontains=words)
            )
        if code := read_period(told.get("period", "").strip().upper()):
            found = found.received_in(Period.parse(code))
        state = told.get("state", "")
        if state == "open":
            found = found.open()
        elif state == "late":
            found = found.late(at)
        elif state in _FLAGS:
            found = found.filter(**_FLAGS[state])
        return found


_FLAGS: dict[str, dict[str, bool]] = {
    "unsatisfied": {"satisfied": False},
    "repeated": {"repeated": True},
    "unjustified": {"justified": False},
}
