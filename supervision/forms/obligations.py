"""The filter of the list of obligations, and what is typed when urging or declining to."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from communities.models import Village
from communities.permissions import Standing
from kernel.errors import DomainError
from kernel.periods import Period
from supervision.models import Obligation
from supervision.querysets import ObligationQuerySet
from supervision.rules import Duty
from supervision.services.batch_urging import BLANKS, check_text
from supervision.services.urging import LONGEST_TEXT

STATES = {
    "open": "未完成",
    "running": "未完成，未到期",
    "soon": "七天内到期",
    "overdue": "已逾期",
    "unposted": "已发布、未张贴",
    "done": "按期完成",
    "late_done": "逾期完成",
    "corrected": "逾期更正",
    "released": "已解除",
}
BEARERS = {"committee": "业主委员会", "firm": "物业服务企业", "town": "镇本级"}
SORTS = {
    "deadline": ("deadline_on", "pk"),
    "compound": ("compound__village__name", "compound__name", "deadline_on", "pk"),
    "duty": ("duty", "period", "pk"),
    "bearer": ("bearer_firm__name", "bearer_body__name", "deadline_on", "pk"),
    "done": ("fulfilled_at", "pk"),
}


def in_state(obligations: ObligationQuerySet, state: str, on: date) -> ObligationQuerySet:
    """The obligations in one of STATES on a day; an unknown word narrows nothing."""
    if state == "soon":
        return obligations.due_soon(on)
    if state == "done":
        return obligations.fulfilled_on_time()
    if state == "late_done":
        return obligations.fulfilled_late()
    if state == "overdue":
        return obligations.overdue(on)
    if state == "running":
        return obligations.open().filter(deadline_on__gte=on)
    if state == "unposted":
        return obligations.open().filter(progress=Obligation.Progress.UNPOSTED)
    if state == "corrected":
        return obligations.filter(corrected_late_at__isnull=False)
    if state == "released":
        return obligations.filter(released_on__isnull=False)
    return obligations.open() if state == "open" else obligations


class ObligationFilterForm(forms.Form):
    """Filters live in the address; a value that is not on offer is treated as not given."""

    q = forms.CharField(label="小区或单位", max_length=60, required=False)
    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部"), *STATES.items()])
    village = forms.ModelChoiceField(
        label="村（社区）",
        required=False,
        queryset=Village.objects.none(),
        to_field_name="public_id",
        empty_label="全部",
    )
    duty = forms.ChoiceField(label="事项", required=False, choices=[("", "全部"), *Duty.choices])
    period = forms.ChoiceField(label="期间", required=False)
    due = forms.DateField(label="期限在哪一天", required=False, widget=forms.DateInput)
    bearer = forms.ChoiceField(label="责任方", required=False, choices=[("", "全部"), *BEARERS.items()])
    compound = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, standing: Standing, periods: QuerySet[Any, str]) -> None:
        super().__init__(data)
        villages = Village.objects.filter(Q(town_id__in=standing.town_ids) | Q(pk__in=standing.village_ids))
        self.fields["village"].queryset = villages.order_by("id")  # type: ignore[attr-defined] # a ModelChoiceField
        listed = sorted({Period.parse(code) for code in periods}, key=lambda one: (one.last, one.code), reverse=True)
        self.fields["period"].choices = [("", "全部"), *((one.code, one.label) for one in listed)]  # type: ignore[attr-defined]
        if not standing.town_ids and len(standing.village_ids) < 2:
            del self.fields["village"]
        self.is_valid()

    def apply(self, obligations: ObligationQuerySet) -> ObligationQuerySet:
        """Everything but the state: the counts above the list are by state."""
        wanted = self.cleaned_data
        if words := wanted.get("q"):
            obligations = obligations.filter(
                Q(compound__name__icontains=words)
                | Q(bearer_firm__name__icontains=words)
                | Q(bearer_body__name__icontains=words)
            )
        if village := wanted.get("village"):
            obligations = obligations.filter(compound__village=village)
        if due := wanted.get("due"):
            obligations = obligations.filter(deadline_on=due)
        for name in ("duty", "period"):
            if value := wanted.get(name):
                obligations = obligations.filter(**{name: value})
        if compound := wanted.get("compound"):
            obligations = obligations.filter(compound__public_id=compound)
        return _borne_by_kind(obligations, wanted.get("bearer", ""))

    @property
    def chosen_state(self) -> str:
        return self.cleaned_data.get("state") or ""


def _borne_by_kind(obligations: ObligationQuerySet, kind: str) -> ObligationQuerySet:
    if kind == "firm":
        return obligations.filter(bearer_firm__isnull=False)
    if kind == "committee":
        return obligations.filter(bearer_body__compound__isnull=False)
    if kind == "town":
        return obligations.filter(bearer_body__isnull=False, bearer_body__compound__isnull=True)
    return obligations


class UrgeForm(forms.Form):
    """The text of one urging; empty sends the usual words."""

    text = forms.CharField(
        label="督促内容", max_length=LONGEST_TEXT, required=False, widget=forms.Textarea(attrs={"rows": 5})
    )


class BatchForm(forms.Form):
    """One text for many: its blanks are filled for each bearer."""

    text = forms.CharField(
        label="督促内容",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=f"花括号里的由系统逐件填写，可用：{'、'.join(f'{{{one}}}' for one in BLANKS)}。",
    )

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n").strip()
        try:
            check_text(text)
        except DomainError as error:
            raise forms.ValidationError(error.message) from error
        return text


class DeclineForm(forms.Form):
    """Why the town does not urge."""

    reason = forms.CharField(label="不督促的理由", max_length=200)
