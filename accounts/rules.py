"""The numbers of the doors. 本系统约定, along the reliability anchors AUTH-03 and 等保 level 2."""

from datetime import timedelta

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
