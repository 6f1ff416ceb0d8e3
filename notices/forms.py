"""The filter above the inbox."""

from django import forms

from notices.models import Message


class InboxFilter(forms.Form):
    """Which messages to show."""

    kind = forms.ChoiceField(label="种类", required=False, choices=[("", "全部"), *Message.Kind.choices])
    unread = forms.ChoiceField(label="阅读", required=False, choices=[("", "全部"), ("1", "只看未读")])
