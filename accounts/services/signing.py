"""Signing in by user name and password."""

from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.http import HttpRequest

from accounts.limits import begin_attempt, forgive
from accounts.models import ActionRecord, User
from accounts.services.trail import client_address, record_action
from kernel.errors import DomainError


class TooManyAttemptsError(DomainError):
    """Failed too often for now (HTTP 429)."""


def sign_in(request: HttpRequest, *, username: str, password: str, at: datetime, act: str = "登录") -> User:
    """The person behind a user name and a password.

    Unknown, locked and wrong give one answer after the same work. Raises DomainError where the password is not
    right, TooManyAttemptsError where account or address failed too often (see `accounts.limits`). Failures are
    recorded, and that the door was closed is recorded once; a flood of guesses cannot flood the trail. `act` is what
    the trail calls it where somebody proves themselves at a colleague's desk without signing in there.
    """
    attempt = begin_attempt(username, client_address.get(), at=at)
    if attempt.wait is not None:
        raise TooManyAttemptsError(
            f"试的次数太多，为安全起见请 {wait_words(attempt.wait)}后再试。忘记密码请向镇小区服务岗重设。"
        )
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        detail = "用户名或密码不对" + ("；次数已到上限，暂停登录" if attempt.is_last else "")
        known = User.objects.filter(username=username).first()
        # A name nobody bears may be a password typed into the wrong field.
        shown = username if known else f"{username[:2]}***"
        record_action(act, by=None, by_text=shown, result=ActionRecord.Result.REFUSED, detail=detail)
        raise DomainError("用户名或密码不对。请检查大小写，或向镇小区服务岗核对。")
    forgive(attempt)
    record_action(act, by=user)
    return user


def wait_words(wait: timedelta) -> str:
    """15 分钟."""
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    return f"{minutes} 分钟" if minutes < 120 else f"{-(-minutes // 60)} 小时"
