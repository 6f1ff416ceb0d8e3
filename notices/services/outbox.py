"""Writing the outbox: what has still to go out, in the transaction of the act, and a nudge to who sends it."""

import logging
import time
from collections.abc import Sequence

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError as QueueDownError

from accounts.gateways import sends_mail, sends_sms
from notices.rules import DEFAULT_CHANNELS, DIGEST_AT, NEVER_IN_DIGEST, Channel, MessageKind

logger = logging.getLogger(__name__)

RELAY = "notices.tasks.deliver_due"
#: While the queue is away nobody asks it again and again; the beat finds what is due.
_LEAVE_QUEUE_ALONE = 15.0
_away_until = 0.0

# Each message's deliveries by its recipient's wishes, else by what is usual for its kind; for thousands at once.
_PUT_OUT = """
WITH usual AS (
    SELECT * FROM unnest(%(kind)s::text[], %(by_email)s::bool[], %(by_sms)s::bool[], %(may_wait)s::bool[])
    AS u (kind, by_email, by_sms, may_wait)
),
wanted AS (
    SELECT m.id, m.created_at, coalesce(w.wants_digest, false) AND u.may_wait AS in_digest,
           person.email <> '' AND coalesce(c.by_email, u.by_email) AS by_email,
           person.phone <> '' AND coalesce(c.by_sms, u.by_sms) AS by_sms
    FROM notices_message m
    JOIN usual u USING (kind)
    JOIN accounts_user person ON person.id = m.recipient_id AND person.is_active
    LEFT JOIN notices_channelwish c ON c.user_id = m.recipient_id AND c.kind = m.kind
    LEFT JOIN notices_wishes w ON w.user_id = m.recipient_id
    WHERE m.public_id = ANY(%(messages)s)
)
INSERT INTO notices_delivery (public_id, message_id, channel, state, in_digest, due_at, attempts, fault)
SELECT substr(encode(sha256(gen_random_uuid()::text::bytea), 'hex'), 1, 16),
       wanted.id, way.channel, 'waiting', wanted.in_digest,
       CASE WHEN wanted.in_digest
            THEN (date_trunc('day', wanted.created_at AT TIME ZONE 'Asia/Shanghai' - %(digest_at)s::time)
                  + interval '1 day' + %(digest_at)s::time) AT TIME ZONE 'Asia/Shanghai'
            ELSE wanted.created_at END,
       0, ''
FROM wanted CROSS JOIN LATERAL (VALUES ('email', wanted.by_email), ('sms', wanted.by_sms)) AS way (channel, is_wanted)
WHERE way.is_wanted AND way.channel = ANY(%(open)s)
ON CONFLICT DO NOTHING
"""


def put_out(messages: Sequence[str]) -> None:
    """Write the deliveries of the messages with these public ids; one statement, however many they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            _PUT_OUT,
            {
                "messages": list(messages),
                "kind": [kind.value for kind in MessageKind],
                "by_email": [Channel.EMAIL in DEFAULT_CHANNELS[kind] for kind in MessageKind],
                "by_sms": [Channel.SMS in DEFAULT_CHANNELS[kind] for kind in MessageKind],
                "may_wait": [kind not in NEVER_IN_DIGEST for kind in MessageKind],
                "digest_at": DIGEST_AT.isoformat(),
                "open": open_channels(),
            },
        )
    nudge_on_commit()


def open_channels() -> list[str]:
    """Where nothing can leave, nothing is put out: a queue that only ever fails would hide what matters."""
    return [
        channel.value for channel, is_open in ((Channel.EMAIL, sends_mail()), (Channel.SMS, sends_sms())) if is_open
    ]


def nudge_on_commit() -> None:
    """Have the relay look at the outbox once the act stands; an act that is rolled back nudges nobody."""
    transaction.on_commit(nudge, robust=True)


def nudge() -> None:
    """Ask the queue for a relay now. A queue that is away costs the act one short try, and the message nothing."""
    global _away_until  # noqa: PLW0603 - remembered per process, like the connection itself
    if time.monotonic() < _away_until:
        return
    try:
        # By name: the tasks are the room above. It expires, for the beat asks again every fifteen seconds.
        current_app.send_task(RELAY, retry=False, expires=60)
    except QueueDownError as fault:
        _away_until = time.monotonic() + _LEAVE_QUEUE_ALONE
        logger.warning("The queue is away; the relay will find what is due: %s", fault)
