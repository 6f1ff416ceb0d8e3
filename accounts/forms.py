"""What a person types about their own account."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts


def password_rules() -> str:
    """What a password must be, in the words of the rules in force."""
    return "".join(password_validators_help_texts())


class LoginForm(forms.Form):
    """User name and password. Neither is checked here beyond being there: the answer never says which was wrong."""

    username = forms.CharField(
        label="用户名",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="密码",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasswordForm(forms.Form):
    """A change of one's own password."""

    old_password = forms.CharField(
        label="原密码",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new_password = forms.CharField(
        label="新密码",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    new_password_again = forms.CharField(
        label="再输一次新密码",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password"].help_text = password_rules()

    def clean_new_password_again(self) -> str:
        again = str(self.cleaned_data["new_password_again"])
        if self.cleaned_data.get("new_password") not in (None, again):
            raise forms.ValidationError("两次输入的新密码不一样。")
        return again
