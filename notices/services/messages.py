"""Messages in a person's inbox, written in the transaction of the act they tell of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from kernel.fields import Reference
from notices.models import Message
from notices.rules import MessageKind
from notices.services.outbox import put_out


@transaction.atomic
def send_message(
    recipients: Iterable[User],
    *,
    kind: MessageKind,
    title: str,
    body: str = "",
    clause: str = "",
    subject: Reference | None = None,
    dedupe_key: str,
) -> int:
    """Put one message into each recipient's inbox, and into the outbox what leaves the house by their wishes.

    Two statements, however many they are; sending again with the same key does nothing. Returns how many recipients
    were addressed. The key is made personal with the recipient's id.
    """
    messages = [
        Message(
            recipient=user,
            kind=kind,
            title=title[:120],
            body=body,
            clause=clause,
            subject=subject,
            dedupe_key=f"{dedupe_key}:{user.pk}",
        )
        for user in recipients
    ]
    _send(messages)
    return len(messages)


def _send(messages: Sequence[Message]) -> None:
    """What was sent before is not inserted again, and so nothing of it is put out again: its id is another one."""
    if messages:
        Message.objects.bulk_create(messages, ignore_conflicts=True)
        put_out([message.public_id for message in messages])


@dataclass(frozen=True)
class Digest:
    """A message of one person's own: everything new for them, in one."""

    recipient_id: int
    kind: MessageKind
    title: str
    body: str
    subject: Reference | None = None


@transaction.atomic
def send_digests(digests: Sequence[Digest], *, dedupe_key: str) -> int:
    """Put each person's digest into their inbox and outbox, in two statements; again with the same key does nothing.

    Returns how many people were addressed.
    """
    _send(
        [
            Message(
                recipient_id=digest.recipient_id,
                kind=digest.kind,
                title=digest.title[:120],
                body=digest.body,
                subject=digest.subject,
                dedupe_key=f"{dedupe_key}:{digest.recipient_id}",
            )
            for digest in digests
        ]
    )
    return len(digests)


def mark_read(message: Message, *, at: datetime) -> None:
    """Note the first moment a message was read; a second call changes nothing."""
    Message.objects.filter(pk=message.pk, read_at__isnull=True).update(read_at=at)


def mark_all_read(user: User, *, at: datetime) -> int:
    """Note everything in a person's inbox as read; how many were not yet."""
    return Message.objects.inbox_of(user).unread().update(read_at=at)
