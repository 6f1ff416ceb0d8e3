"""What a password must be (GB/T 22239-2019 level 2, 7.1.4.1), each rule with its words; wired in the settings."""

import re

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.rules import CLASS_WORDS, CLASSES_WANTED, character_classes

_SHORTEST_USERNAME = 3
_SHORTEST_NAME = 2
_PHONE_TAIL = 6


class LengthValidator:
    """Long enough."""

    def __init__(self, shortest: int) -> None:
        self.shortest = shortest

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) < self.shortest:
            raise ValidationError(f"密码太短，至少 {self.shortest} 个字符。", code="password_too_short")

    def get_help_text(self) -> str:
        return f"至少 {self.shortest} 个字符。"


class ClassesValidator:
    """Three of the four classes."""

    def validate(self, password: str, user: User | None = None) -> None:
        if character_classes(password) < CLASSES_WANTED:
            raise ValidationError(f"密码太简单：{CLASS_WORDS}，四类中至少要有三类。", code="password_too_few_classes")

    def get_help_text(self) -> str:
        return f"{CLASS_WORDS}，四类中至少三类。"


class OwnDataValidator:
    """Nothing of the person's own: user name, name, phone (also its last six digits), whatever stands around it."""

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None:
            return
        typed = password.casefold()
        digits = re.sub(r"\D", "", password)
        name = user.name.casefold()
        username = user.username.casefold()
        found = (
            (len(username) >= _SHORTEST_USERNAME and username in typed)
            or (len(name) >= _SHORTEST_NAME and name in typed)
            or (len(user.phone) >= _PHONE_TAIL and user.phone[-_PHONE_TAIL:] in digits)
        )
        if found:
            raise ValidationError("密码里不能有用户名、姓名或手机号。", code="password_too_similar")

    def get_help_text(self) -> str:
        return "不含用户名、姓名、手机号。"


class HistoryValidator:
    """None of the last ones, the present one included."""

    def __init__(self, remember: int) -> None:
        self.remember = remember

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or user.pk is None:
            return
        kept = list(user.passwords.values_list("password_hash", flat=True)[: self.remember])
        if any(check_password(password, one) for one in {user.password, *kept}):
            raise ValidationError(
                f"不能用现在的密码，也不能用最近 {self.remember} 次用过的密码。", code="password_used_before"
            )

    def get_help_text(self) -> str:
        return f"不同于最近 {self.remember} 次用过的密码。"
