"""What a person types about their own account."""

from django import forms


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
        help_text="至少 10 个字符，不要用姓名、手机号或常见密码。",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    new_password_again = forms.CharField(
        label="再输一次新密码",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_new_password_again(self) -> str:
        again = str(self.cleaned_data["new_password_again"])
        if self.cleaned_data.get("new_password") not in (None, again):
            raise forms.ValidationError("两次输入的新密码不一样。")
        return again
