"""The second factor (动态口令): whether a person has one, and taking it away from whoever lost the phone."""

from datetime import datetime
from hashlib import sha256

from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import transaction

from accounts.limits import SECOND_FACTOR, give_back, take_one
from accounts.models import User
from accounts.services.sessions import end_sessions
from accounts.services.signing import TooManyAttemptsError, wait_words
from accounts.services.trail import record_action
from kernel.errors import DomainError, NotAllowedError


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


#: Seconds in which a code could be taken again: its own half minute and one on either side (MFA_TOTP_TOLERANCE).
CODE_LASTS = 120


def claim_code(user: User, code: str) -> bool:
    """Whether this right code is used for the first time, at whatever door: each of them asks here."""
    mark = sha256(f"{user.pk}:{code.strip()}".encode()).hexdigest()
    return bool(cache.add(f"second-factor-used:{mark}", 1, timeout=CODE_LASTS))


def prove_second_factor(user: User, code: str, *, at: datetime) -> None:
    """Of whoever has a second factor also its code, where they prove themselves at a colleague's desk.

    Raises DomainError where it is missing or wrong, TooManyAttemptsError after too many (see `accounts.limits`).
    """
    known = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if known is None:
        return
    slot, wait = take_one(SECOND_FACTOR, str(user.pk), at=at)
    if slot is None:
        raise TooManyAttemptsError(f"试的次数太多，请 {wait_words(wait)}后再试。", field="code")
    if not (known.wrap().validate_code(code.strip()) and claim_code(user, code)):
        raise DomainError("动态口令不对或已经用过，请看准手机上最新的一个。", field="code")
    give_back(slot)


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
