"""By what the list of surveys is narrowed; it lives in the address."""

from django import forms
from django.db.models import Q

from evaluations.querysets import SurveyQuerySet
from evaluations.rules import State, SurveyKind
from kernel.periods import Period

_ANY = ("", "全部")


def read_period(code: str) -> str:
    """A period's code, or nothing for what is none."""
    try:
        return Period.parse(code).code
    except ValueError:
        return ""


class SurveyFilter(forms.Form):
    q = forms.CharField(label="小区或村（社区）", required=False, max_length=40)
    kind = forms.ChoiceField(label="种类", required=False, choices=[_ANY, *SurveyKind.choices])
    state = forms.ChoiceField(label="状态", required=False, choices=[_ANY, *State.choices])
    period = forms.CharField(
        label="期间", required=False, max_length=8, widget=forms.TextInput(attrs={"placeholder": "2026H2"})
    )

    def narrowed(self, found: SurveyQuerySet) -> SurveyQuerySet:
        """What the form asks for; what it cannot read narrows nothing."""
        self.is_valid()
        told = self.cleaned_data
        if words := told.get("q", "").strip():
            found = found.filter(Q(compound__name__icontains=words) | Q(compound__village__name__icontains=words))
        for name in ("kind", "state"):
            if told.get(name):
                found = found.filter(**{name: told[name]})
        if code := read_period(told.get("period", "").strip().upper()):
            found = found.filter(period=code)
        return found
