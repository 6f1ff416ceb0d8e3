"""Filters of the pages composed here."""

from typing import Any

from django import forms


class PublicFilter(forms.Form):
    """Find one's compound."""

    q = forms.CharField(label="小区名称", required=False, max_length=60)
    village = forms.ChoiceField(label="村（社区）", required=False)

    def __init__(self, *args: Any, villages: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(village.public_id, village.name) for village in villages]
        self.fields["village"].choices = [("", "全部"), *offered]  # type: ignore[attr-defined] # a choice field
