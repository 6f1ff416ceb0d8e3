"""Writing the action trail, signing in, and managing one's own account."""

import secrets
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from accounts.limits import begin_attempt, forgive
from accounts.models import ActionRecord, User
from kernel.errors import DomainError
from kernel.fields import UNMISTAKABLE, Reference
from kernel.text import tidy

# Set by the middleware for the length of a request, so that no service has to carry the address through.
client_address: ContextVar[str | None] = ContextVar("client_address", default=None)


class TooManyAttemptsError(DomainError):
    """Failed too often for now (HTTP 429)."""


def record_action(
    act: str,
    *,
    by: User | None,
    subject: Reference | None = None,
    result: ActionRecord.Result = ActionRecord.Result.DONE,
    detail: str = "",
    by_text: str = "",
) -> ActionRecord:
    """Append one line to the action trail, in the transaction of the act itself.

    Text is cleaned of control characters and cut to its column, so that hostile input cannot forge a line.
    """
    return ActionRecord.objects.create(
        act=act,
        by=by if by is not None and by.pk else None,
        by_text=tidy(by_text)[:80],
        subject=subject,
        result=result,
        detail=tidy(detail)[:500],
        address=client_address.get(),
    )


def sign_in(request: HttpRequest, *, username: str, password: str, at: datetime) -> User:
    """The person behind a user name and a password.

    Unknown, locked and wrong give one answer after the same work. Raises DomainError where the password is not
    right, TooManyAttemptsError where account or address failed too often (see `accounts.limits`). Failures are
    recorded, and that the door was closed is recorded once; a flood of guesses cannot flood the trail.
    """
    attempt = begin_attempt(username, client_address.get(), at=at)
    if attempt.wait is not None:
        raise TooManyAttemptsError(_wait_words(attempt.wait))
    user = authenticate(request, username=username, password=password)
    if not isinstance(user, User):
        detail = "用户名或密码不对" + ("；次数已到上限，暂停登录" if attempt.is_last else "")
        known = User.objects.filter(username=username).first()
        # A name nobody bears may be a password typed into the wrong field.
        shown = username if known else f"{username[:2]}***"
        record_action("登录", by=None, by_text=shown, result=ActionRecord.Result.REFUSED, detail=detail)
        raise DomainError("用户名或密码不对。请检查大小写，或向镇小区服务岗核对。")
    forgive(attempt)
    record_action("登录", by=user)
    return user


def _wait_words(wait: timedelta) -> str:
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    return f"试的次数太多，为安全起见请 {minutes} 分钟后再试。忘记密码请向镇小区服务岗重设。"


@transaction.atomic
def change_password(user: User, *, old: str, new: str) -> None:
    """Replace one's own password. Raises DomainError when the old one is wrong or the new one too weak."""
    if not user.check_password(old):
        raise DomainError("原密码不对，请重新输入。", field="old_password")
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise DomainError("".join(error.messages), field="new_password") from error
    user.set_password(new)
    user.save(update_fields=["password"])
    record_action("修改密码", by=user)


@transaction.atomic
def open_account(username: str, *, name: str, phone: str = "", by: User | None) -> tuple[User, str]:
    """A new account and its first password, which is shown once and kept nowhere.

    Raises DomainError where the user name is taken or does not fit.
    """
    password = _first_password()
    if User.objects.filter(username__iexact=username).exists():
        raise DomainError("这个用户名已经有人用了，请换一个。", field="username")
    try:
        user = User.objects.create_user(username, password, name=name, phone=phone)
    except ValidationError as error:
        raise DomainError("".join(error.messages), field="username") from error
    record_action("开设账号", by=by, detail=f"{name}（{username}）")
    return user, password


@transaction.atomic
def renew_password(user: User, *, by: User) -> str:
    """A new first password for who forgot theirs; all their sessions end. It is shown once and kept nowhere."""
    password = _first_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    record_action("重设密码", by=by, detail=f"{user.name}（{user.username}）")
    return password


@transaction.atomic
def invite(user: User, *, by: User) -> str:
    """Let in somebody who was entered without a way to sign in; their first password, shown once."""
    user.is_active = True
    user.save(update_fields=["is_active"])
    record_action("开通登录", by=by, detail=f"{user.name}（{user.username}）")
    return renew_password(user, by=by)


def _first_password() -> str:
    """Twelve characters in groups of four, none of which can be taken for another when read aloud (60 bits)."""
    letters = "".join(secrets.choice(UNMISTAKABLE) for _ in range(12))
    return "-".join(letters[start : start + 4] for start in (0, 4, 8))


def set_care_mode(user: User, *, wanted: bool) -> None:
    """Keep the 关怀版 switch for the person."""
    User.objects.filter(pk=user.pk).update(wants_care_mode=wanted)
