"""The devices a person is signed in on: listing them and ending them. allauth keeps the rows, we the rules."""

from datetime import datetime, timedelta
from hashlib import sha256

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.models import User
from accounts.services.trail import record_action
from kernel.errors import DomainError

#: More than a page shows; who has more has left them behind, and ends them all at once.
_MOST_SHOWN = 50


def sessions_of(user: User, *, at: datetime, idle: timedelta | None = None) -> list[UserSession]:
    """The person's sessions that still open something, the last used first. One statement."""
    alive = Session.objects.filter(expire_date__gt=at).values("session_key")
    found = UserSession.objects.filter(user=user, session_key__in=alive)
    if idle is not None:
        found = found.filter(last_seen_at__gt=at - idle)
    return list(found.order_by("-last_seen_at", "-pk")[:_MOST_SHOWN])


def session_id(session: UserSession) -> str:
    """What stands in a form for a session: its key opens it, and its number would be one of a row."""
    return sha256(session.session_key.encode()).hexdigest()[:16]


def note_seen(session_key: str, *, at: datetime) -> None:
    """The session was used just now."""
    UserSession.objects.filter(session_key=session_key).update(last_seen_at=at)


@transaction.atomic
def end_session(user: User, wanted: str, *, at: datetime) -> None:
    """End one of the person's own sessions, named by `session_id`. Raises DomainError where it is over already."""
    for session in sessions_of(user, at=at):
        if session_id(session) == wanted:
            _end([session.session_key])
            record_action("退出其他设备", by=user, detail=f"1 处，来自 {session.ip}")
            return
    raise DomainError("这处登录已经退出了。")


@transaction.atomic
def end_sessions(user: User, *, but: str | None, by: User) -> int:
    """End all of a person's sessions except the one with the key `but`; how many."""
    keys = list(UserSession.objects.filter(user=user).values_list("session_key", flat=True))
    ended = _end([key for key in keys if key != but])
    if ended:
        whose = "" if by.pk == user.pk else f"{user.name}（{user.username}）："
        record_action("退出其他设备", by=by, detail=f"{whose}{ended} 处")
    return ended


def _end(keys: list[str]) -> int:
    """How many of them still opened something."""
    UserSession.objects.filter(session_key__in=keys).delete()
    return Session.objects.filter(session_key__in=keys).delete()[0]
