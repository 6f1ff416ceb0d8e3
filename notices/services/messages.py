"""Messages in a person's inbox, written in the transaction of the act they tell of."""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import User
from kernel.fields import Reference
from notices.models import Message


def send_message(
    recipients: Iterable[User],
    *,
    kind: Message.Kind,
    title: str,
    body: str = "",
    clause: str = "",
    subject: Reference | None = None,
    dedupe_key: str,
) -> int:
    """Put one message into each recipient's inbox, in one statement; sending again with the same key does nothing.

    Returns how many recipients were addressed. The key is made personal with the recipient's id.
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
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    return len(messages)


def mark_read(message: Message, *, at: datetime) -> None:
    """Note the first moment a message was read; a second call changes nothing."""
    Message.objects.filter(pk=message.pk, read_at__isnull=True).update(read_at=at)
