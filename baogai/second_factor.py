"""What allauth asks about the second factor (动态口令): how its secrets are kept, and the forms in our words."""

import base64
from hashlib import sha256
from typing import Any

from allauth.account.forms import ReauthenticateForm as PasswordAgain
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import Fernet, InvalidToken
from django import forms
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.limits import SECOND_FACTOR, give_back, take_one
from accounts.models import User
from accounts.rules import ADMINISTRATOR
from accounts.services import claim_code, wait_words
from communities.permissions import Standing

_LONGEST_CODE = 20
_WORDS = {"incorrect_code": "口令不对或已经用过。口令每 30 秒换一个，请看准最新的一个。"}


class SecondFactorAdapter(DefaultMFAAdapter):
    """allauth's keeper of second factors."""

    error_messages = DefaultMFAAdapter.error_messages | _WORDS

    def get_totp_label(self, user: User) -> str:
        return user.username

    def encrypt(self, text: str) -> str:
        """A copy of the database alone gives no second factor away."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Under another SECRET_KEY nothing can be read: then a fresh secret, which no code fits, until it is reset."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return generate_totp_secret()


def _cipher() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(sha256(f"second-factor:{settings.SECRET_KEY}".encode()).digest()))


def must_have_second_factor(standing: Standing) -> bool:
    """Whether a setting asks it of this person's posts."""
    wanted = settings.TOTP_REQUIRED_FOR
    return any(held.role in wanted for held in standing.current) or (
        standing.is_administrator and ADMINISTRATOR in wanted
    )


def _describe(form: forms.Form, label: str, help_text: str = "") -> None:
    field = form.fields["code"]
    field.label, field.help_text, field.max_length = label, help_text, _LONGEST_CODE  # type: ignore[attr-defined] # text
    field.widget.attrs = {"inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": str(_LONGEST_CODE)}


class SetUpForm(ActivateTOTPForm):
    """The first code proves that the phone has the secret."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _describe(self, "手机上显示的 6 位口令")


class _CountedCode(BaseAuthenticateForm):
    """Five wrong codes close the door for a while; a right one lets in once, as long as it could be typed again."""

    def clean_code(self) -> str:
        """What counts the tries stands outside the transaction: a refusal must not take its own count back."""
        slot, wait = take_one(SECOND_FACTOR, str(self.user.pk), at=timezone.now())
        if slot is None:
            raise forms.ValidationError(f"试的次数太多，请 {wait_words(wait)}后再试。", code="too_many")
        code = self._check()
        if not claim_code(self.user, code):
            raise get_adapter().validation_error("incorrect_code")
        give_back(slot)
        return code

    @transaction.atomic
    def _check(self) -> str:
        """One at a time: of two at once, a recovery code lets one in."""
        User.objects.select_for_update().get(pk=self.user.pk)
        return str(super().clean_code())


class SignInCodeForm(_CountedCode, AuthenticateForm):
    """The second step of signing in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _describe(self, "动态口令", "手机上身份验证器里的 6 位数字；手机不在身边时填一个恢复码。")


class ConfirmCodeForm(_CountedCode, ReauthenticateForm):
    """Once more, before the second factor is changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _describe(self, "动态口令", "手机上的 6 位数字，或一个恢复码。")


class ConfirmPasswordForm(PasswordAgain):
    """One's password once more, before the second factor is changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label, self.fields["password"].help_text = "密码", ""
        self.fields["password"].max_length = 256
