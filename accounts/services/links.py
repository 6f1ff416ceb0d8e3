"""One-time links that let one person in: shown or printed once, kept as a hash."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.compiled import NEVER, CompiledRead
from accounts.models import EntryLink, User
from accounts.rules import LINK_LASTS, LinkKind
from accounts.services.trail import record_action
from accounts.services.tries import begin_try, was_right
from kernel.codes import digest, new_secret, read_secret
from kernel.errors import ConflictError, DomainError

_NO_SUCH_LINK = "这个链接不能用：可能已经用过、过期或作废。请向开具的人再要一个。"


@transaction.atomic
def make_link(user: User, *, kind: LinkKind, by: User, at: datetime) -> tuple[EntryLink, str]:
    """A new link for a person and its secret, which is shown once. One that is still open is revoked."""
    User.objects.select_for_update().get(pk=user.pk)
    revoke_links(user, at=at)
    secret = new_secret()
    link = EntryLink.objects.create(
        kind=kind, user=user, secret_hash=digest(secret), made_by=by, made_at=at, expires_at=at + LINK_LASTS[kind]
    )
    record_action("开具" + kind.label + "链接", by=by, detail=f"{user.name}（{user.username}）")
    return link, secret


def revoke_links(user: User, *, at: datetime) -> int:
    """Whatever lies about for this person opens nothing any more."""
    open_ones = EntryLink.objects.filter(user=user, used_at__isnull=True, revoked_at__isnull=True)
    return open_ones.update(revoked_at=at)


def find_link(secret: str, *, at: datetime) -> EntryLink:
    """The link behind a secret, still unused. Raises DomainError with one answer for all that open nothing."""
    claimed = begin_try(at=at)
    link = _read_one(_read_by_secret(digest(read_secret(secret)), at))
    if link is None:
        raise DomainError(_NO_SUCH_LINK)
    was_right(claimed)
    return link


def is_link(secret: str, *, at: datetime) -> bool:
    """Whether this opens a link; for a try that was counted as something else already."""
    return _usable(at).filter(secret_hash=digest(read_secret(secret))).exists()


def open_link(public_id: str, *, at: datetime) -> EntryLink | None:
    """The link this browser has shown already, as long as it may still be used."""
    return _read_one(_read_by_id(public_id, at))


@transaction.atomic
def use_link(link: EntryLink, *, at: datetime) -> User:
    """Use it up; the person it lets in. Of two at once only one gets in: ConflictError for the other."""
    # Asked of the row itself, without a join: whoever waited for the lock must see that it is used.
    mine = EntryLink.objects.filter(pk=link.pk, used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at)
    if not mine.update(used_at=at):
        raise ConflictError(_NO_SUCH_LINK)
    record_action(LinkKind(link.kind).label, by=link.user)
    return link.user


def _usable(at: datetime) -> QuerySet[EntryLink]:
    return EntryLink.objects.filter(
        used_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at, user__is_active=True
    ).select_related("user")


# A village's evening at the desk is many links: each is read three times on its way in.
_LINK = [field.attname for field in EntryLink._meta.concrete_fields]
_USER = [field.attname for field in User._meta.concrete_fields]
_COLUMNS = [*_LINK, *(f"user__{name}" for name in _USER)]


def _by_secret(secret_hash: str, at: datetime) -> QuerySet[Any, tuple[Any, ...]]:
    return _usable(at).filter(secret_hash=secret_hash).values_list(*_COLUMNS)


def _by_id(public_id: str, at: datetime) -> QuerySet[Any, tuple[Any, ...]]:
    return _usable(at).filter(public_id=public_id).values_list(*_COLUMNS)


_read_by_secret = CompiledRead(_by_secret, "a secret", NEVER)
_read_by_id = CompiledRead(_by_id, "a link", NEVER)


def _read_one(rows: list[tuple[Any, ...]]) -> EntryLink | None:
    if not rows:
        return None
    link = EntryLink.from_db("default", _LINK, rows[0][: len(_LINK)])
    link.user = User.from_db("default", _USER, rows[0][len(_LINK) :])
    return link
