"""The second factor (动态口令): whether a person has one, and taking it away from whoever lost the phone."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.models import User
from accounts.services.sessions import end_sessions
from accounts.services.trail import record_action
from kernel.errors import DomainError, NotAllowedError


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


@transaction.atomic
def reset_second_factor(user: User, *, by: User) -> None:
    """Take a lost second factor away; every session of the person ends, and a new one is set up at the next sign-in.

    Raises NotAllowedError for one's own, DomainError where there is none.
    """
    if user.pk == by.pk:
        raise NotAllowedError("不能重设自己的动态口令，请由另一名权限管理员办理。")
    if not Authenticator.objects.filter(user=user).delete()[0]:
        raise DomainError(f"{user.name} 没有设置动态口令。")
    end_sessions(user, but=None, by=by)
    record_action("重设动态口令", by=by, detail=f"{user.name}（{user.username}）")
