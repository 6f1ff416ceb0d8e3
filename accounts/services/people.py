"""Opening accounts and managing one's own."""

import secrets
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import PasswordRecord, User
from accounts.services.trail import record_action
from kernel.errors import DomainError
from kernel.fields import UNMISTAKABLE, new_public_id
from kernel.masking import mask_email, mask_phone


def _keep_password(user: User, new: str, *, at: datetime, is_issued: bool) -> None:
    """Set it, date it, and remember its hash, so that it does not come back too soon."""
    user.set_password(new)
    user.password_set_at, user.password_is_issued = at, is_issued
    user.save(update_fields=["password", "password_set_at", "password_is_issued"])
    PasswordRecord.objects.create(user=user, password_hash=user.password, set_at=at)


def _must_be_strong(new: str, user: User) -> None:
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise DomainError("".join(error.messages), field="new_password") from error


@transaction.atomic
def change_password(user: User, *, old: str, new: str, at: datetime) -> None:
    """Replace one's own password. Raises DomainError when the old one is wrong or the new one breaks a rule."""
    if not user.check_password(old):
        raise DomainError("原密码不对，请重新输入。", field="old_password")
    _must_be_strong(new, user)
    _keep_password(user, new, at=at, is_issued=False)
    record_action("修改密码", by=user)


@transaction.atomic
def open_account(username: str, *, name: str, phone: str = "", by: User | None, at: datetime) -> tuple[User, str]:
    """A new account and its first password, which is shown once and kept nowhere.

    Raises DomainError where the user name is taken or does not fit.
    """
    password = _first_password()
    if User.objects.filter(username__iexact=username).exists():
        raise DomainError("这个用户名已经有人用了，请换一个。", field="username")
    try:
        user = User.objects.create_user(username, None, name=name, phone=phone)
    except ValidationError as error:
        raise DomainError("".join(error.messages), field="username") from error
    _keep_password(user, password, at=at, is_issued=True)
    record_action("开设账号", by=by, detail=f"{name}（{username}）")
    return user, password


def open_resident(*, name: str, phone: str) -> User:
    """An account for somebody who comes by a home's slip or request: no password, a name nobody types."""
    user = User(username=f"r-{new_public_id()}", name=name, phone=phone)
    user.set_unusable_password()
    user.save(force_insert=True)
    record_action("开设住户账号", by=user)
    return user


@transaction.atomic
def change_phone(user: User, *, phone: str, by: User | None, detail: str) -> str:
    """A proven number takes the place of the old one, which is returned. `detail` says how it was proven."""
    person = User.objects.select_for_update().get(pk=user.pk)
    old, person.phone = person.phone, phone
    person.save(update_fields=["phone"])
    record_action(
        "更换手机号", by=by, detail=f"{person.name}：{mask_phone(old) or '未登记'} 改为 {mask_phone(phone)}，{detail}"
    )
    return old


@transaction.atomic
def change_email(user: User, *, email: str, by: User) -> str:
    """A proven mailbox takes the place of the old one, which is returned; empty: letters go nowhere any more."""
    person = User.objects.select_for_update().get(pk=user.pk)
    old, person.email = person.email, email
    person.save(update_fields=["email"])
    detail = f"{mask_email(old) or '未登记'} 改为 {mask_email(email) or '不再接收邮件'}"
    record_action("更换邮箱", by=by, detail=detail)
    return old


@transaction.atomic
def choose_first_password(user: User, new: str, *, at: datetime) -> None:
    """Whoever came by an invitation sets their password. Raises DomainError where it breaks a rule."""
    _must_be_strong(new, user)
    _keep_password(user, new, at=at, is_issued=False)
    record_action("设置密码", by=user)


@transaction.atomic
def renew_password(user: User, *, by: User, at: datetime) -> str:
    """A new first password for who forgot theirs; all their sessions end. It is shown once and kept as a hash.

    It opens the page that changes it and nothing else.
    """
    password = _first_password()
    _keep_password(user, password, at=at, is_issued=True)
    record_action("重设密码", by=by, detail=f"{user.name}（{user.username}）")
    return password


@transaction.atomic
def invite(user: User, *, by: User, at: datetime) -> str:
    """Let in somebody who was entered without a way to sign in; their first password, shown once."""
    user.is_active = True
    user.save(update_fields=["is_active"])
    record_action("开通登录", by=by, detail=f"{user.name}（{user.username}）")
    return renew_password(user, by=by, at=at)


def _first_password() -> str:
    """Twelve characters in groups of four, none of which can be taken for another when read aloud (60 bits)."""
    letters = "".join(secrets.choice(UNMISTAKABLE) for _ in range(12))
    return "-".join(letters[start : start + 4] for start in (0, 4, 8))


def set_care_mode(user: User, *, wanted: bool) -> None:
    """Keep the 关怀版 switch for the person."""
    User.objects.filter(pk=user.pk).update(wants_care_mode=wanted)
