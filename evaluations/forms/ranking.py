"""What the rankings are narrowed by; it lives in the address."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q

from communities.models import Town
from evaluations.appraisal_querysets import AppraisalQuerySet
from evaluations.appraisal_rules import Grade
from kernel.periods import Period

_ANY = ("", "全部")


class RankingFilter(forms.Form):
    """Which half-year, and which of its compounds. A town is asked for where there are several."""

    town = forms.ChoiceField(label="镇", required=False)
    period = forms.ChoiceField(label="期间", required=False)
    q = forms.CharField(label="小区、村（社区）或企业", required=False, max_length=40)
    grade = forms.ChoiceField(label="等次", required=False, choices=[_ANY, *Grade.choices])

    def __init__(
        self, *args: Any, towns: Sequence[Town], periods: Sequence[Period], fields: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["town"].choices = [(one.code, one.name) for one in towns]  # type: ignore[attr-defined] # a choice field
        self.fields["period"].choices = [(one.code, one.label) for one in periods]  # type: ignore[attr-defined] # a choice field
        wanted = fields.split()
        for name in list(self.fields):
            if name not in wanted or (name == "town" and len(towns) < 2):
                del self.fields[name]

    @property
    def words(self) -> str:
        """What is looked for."""
        self.is_valid()
        return str(self.cleaned_data.get("q", "")).strip()

    def narrowed(self, found: AppraisalQuerySet) -> AppraisalQuerySet:
        """What the form asks for; what it cannot read narrows nothing."""
        if words := self.words:
            found = found.filter(
                Q(compound__name__icontains=words)
                | Q(compound__village__name__icontains=words)
                | Q(firm__name__icontains=words)
            )
        if grade := self.cleaned_data.get("grade"):
            found = found.filter(result__grade=grade)
        return found
