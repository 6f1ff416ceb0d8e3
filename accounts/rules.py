"""The numbers of the doors. 本系统约定, along the reliability anchors AUTH-03 and 等保 level 2."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import TextChoices

CODE_DIGITS = 6
CODE_LASTS = timedelta(minutes=5)
CODE_TRIES = 5
#: Handed over in person, used at once.
SIGN_IN_LINK_LASTS = timedelta(minutes=30)
INVITATION_LASTS = timedelta(days=14)


class CodePurpose(TextChoices):
    """What a code sent to a phone proves. A code for one purpose opens no other door."""

    SIGN_IN = "sign_in", "登录"
    APPLY = "apply", "申请绑定房屋"
    TAKE_OVER = "take_over", "用入户条更换手机号"
    OLD_PHONE = "old_phone", "更换手机号（原号码）"
    NEW_PHONE = "new_phone", "更换手机号（新号码）"


class LinkKind(TextChoices):
    SIGN_IN = "sign_in", "当面登录"
    INVITATION = "invitation", "邀请"


LINK_LASTS = {LinkKind.SIGN_IN: SIGN_IN_LINK_LASTS, LinkKind.INVITATION: INVITATION_LASTS}


# -- Passwords: GB/T 22239-2019 level 2, 7.1.4.1 (复杂度、定期更换). It gives no numbers; the settings do. --

#: How a setting names the administrators, who hold no post; everybody else by their role.
ADMINISTRATOR = "administrator"
CLASSES_WANTED = 3
CLASS_WORDS = "大写字母、小写字母、数字、其他字符（符号或汉字）"


class PasswordDue(StrEnum):
    """Why a person has to change their password before anything else."""

    ISSUED = "issued"
    EXPIRED = "expired"


def character_classes(password: str) -> int:
    """How many of the four classes it draws on; a Chinese character counts as another character."""
    kinds = {
        "upper" if one.isascii() and one.isupper() else
        "lower" if one.isascii() and one.islower() else
        "digit" if one.isascii() and one.isdigit() else
        "other"
        for one in password
    }  # fmt: skip
    return len(kinds)


def password_due(
    *, is_issued: bool, set_at: datetime | None, lasts: timedelta | None, at: datetime
) -> PasswordDue | None:
    """Whether a password must be changed now. `lasts` is None where its owner's kind need not change it by time."""
    if is_issued:
        return PasswordDue.ISSUED
    if lasts is not None and set_at is not None and at - set_at >= lasts:
        return PasswordDue.EXPIRED
    return None
