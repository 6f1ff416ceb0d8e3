"""The relay: sends what is due in the outbox. It may run twice, late, in two workers, and die at any line.

Claim, then act: a delivery is marked as being sent, and that stands, before its gateway is asked. Whoever finds the
mark too old knows that the sender died: a letter is sent again, an SMS never by itself (decision 0013).
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from accounts.gateways import FateUnknownError, GatewayError, RefusedError
from notices.models import Delivery
from notices.querysets import DeliveryQuerySet
from notices.rules import LEASE, MOST_ATTEMPTS, TRANSITIONS, Channel, DeliveryState, next_try
from notices.services.channels import CHANNELS
from notices.services.parcels import NotNeededError, check_needed, make_parcel, may_not_disturb_until

logger = logging.getLogger(__name__)

State = DeliveryState
_LOCK = 2023_88
#: A run makes room for other work after so many seconds, and is called again at once if something is left.
_BUDGET = 10.0
#: A channel that fails so often in a row is left alone until the next run.
_PATIENCE = 3
_WAS_INTERRUPTED = "发送途中中断"


def relay(now: Callable[[], datetime]) -> bool:
    """Send what is due, one after the other; `now` is the server's clock. Returns whether something may be left.

    One relay at a time in this database: a slow gateway may hold up one worker, never all of them.
    """
    with _alone() as is_alone:
        if not is_alone:
            return False
        recover(now())
        give_up, open_channels, failed = time.monotonic() + _BUDGET, set(Channel), Counter[str]()
        while time.monotonic() < give_up:
            bundle = claim(now(), channels=open_channels)
            if not bundle:
                return False
            channel = Channel(bundle[0].channel)
            failed[channel] = 0 if deliver(bundle, now()) else failed[channel] + 1
            if failed[channel] >= _PATIENCE:
                open_channels.discard(channel)
        return True


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether this is the only relay; the lock goes with the connection, should the process die."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (is_alone,) = cursor.fetchone()
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def recover(at: datetime) -> int:
    """Settle what somebody was sending when they died; how many. Three statements."""
    dead = Delivery.objects.abandoned(at)
    unknown = _move(dead.filter(channel=Channel.SMS), State.UNKNOWN, at=at, fault=f"{_WAS_INTERRUPTED}，不知是否已发出")
    others = dead.exclude(channel=Channel.SMS)
    parked = _move(others.filter(attempts__gte=MOST_ATTEMPTS), State.PARKED, at=at, fault=_WAS_INTERRUPTED)
    again = _move(others.filter(attempts__lt=MOST_ATTEMPTS), State.WAITING, at=at, due_at=at, fault=_WAS_INTERRUPTED)
    return unknown + parked + again


@transaction.atomic
def claim(at: datetime, *, channels: Iterable[Channel] = tuple(Channel)) -> list[Delivery]:
    """Take the longest due delivery, with everything else of the same person's digest; empty if there is none.

    Whatever another relay is taking at this moment is passed over.
    """
    due = Delivery.objects.due(at).filter(channel__in=channels)
    taken = list(due.select_for_update(skip_locked=True, of=("self",))[:1])
    if not taken:
        return []
    if taken[0].in_digest and taken[0].message is not None:
        digest = due.beside(taken[0].message.recipient_id, taken[0].channel)
        taken = list(digest.select_for_update(skip_locked=True, of=("self",)))
    keys = [one.pk for one in taken]
    Delivery.objects.filter(pk__in=keys).update(
        state=State.SENDING, attempts=F("attempts") + 1, lease_until=at + LEASE, ended_at=None
    )
    return list(
        Delivery.objects.filter(pk__in=keys)
        .select_related("message__recipient__message_wishes", "announcement__compound__group_robot")
        .order_by("id")
    )


def deliver(bundle: Sequence[Delivery], at: datetime) -> bool:
    """Send what was claimed and write down what became of it. False where the gateway could not be used."""
    first = bundle[0]
    if (quiet := may_not_disturb_until(first, at=at)) is not None:
        _end(bundle, State.WAITING, at=at, due_at=quiet, untried=True)
        return True
    needed = [one for one in bundle if _is_needed(one, at)]
    if not needed:
        return True
    try:
        CHANNELS[Channel(first.channel)](make_parcel(needed))
    except NotNeededError as reason:
        _end(needed, State.DROPPED, at=at, fault=str(reason))
    except RefusedError as fault:
        _end(needed, State.PARKED, at=at, fault=str(fault))
    except FateUnknownError as fault:
        _end(needed, State.UNKNOWN, at=at, fault=str(fault))
        return False
    except GatewayError as fault:
        again = next_try(max(one.attempts for one in needed), at)
        _end(needed, State.WAITING if again else State.PARKED, at=at, due_at=again, fault=str(fault))
        return False
    else:
        _end(needed, State.SENT, at=at)
    return True


def _is_needed(delivery: Delivery, at: datetime) -> bool:
    try:
        check_needed(delivery, at=at)
    except NotNeededError as reason:
        _end([delivery], State.DROPPED, at=at, fault=str(reason))
        return False
    return True


def _end(
    bundle: Sequence[Delivery],
    state: State,
    *,
    at: datetime,
    due_at: datetime | None = None,
    fault: str = "",
    untried: bool = False,
) -> None:
    """Write down what became of claimed deliveries, unless the claim was lost to whoever found it too old."""
    ours = Q(pk__in=[one.pk for one in bundle], lease_until=bundle[0].lease_until)
    changed = _move(Delivery.objects.filter(ours), state, at=at, due_at=due_at, fault=fault, untried=untried)
    if changed != len(bundle):
        logger.warning("%s of %s deliveries had been taken over by another relay", len(bundle) - changed, len(bundle))
    if fault:
        logger.info("delivery %s by %s: %s (%s)", bundle[0].public_id, bundle[0].channel, state.value, fault)


def _move(
    deliveries: DeliveryQuerySet,
    state: State,
    *,
    at: datetime,
    due_at: datetime | None = None,
    fault: str = "",
    untried: bool = False,
) -> int:
    """The one way out of `sending`; how many moved."""
    if state not in TRANSITIONS[State.SENDING]:
        raise ValueError(f"nothing goes from sending to {state}")
    changes: dict[str, Any] = {
        "state": state,
        "lease_until": None,
        "fault": fault,
        "ended_at": None if state == State.WAITING else at,
    }
    if due_at is not None:
        changes["due_at"] = due_at
    if untried:
        changes["attempts"] = F("attempts") - 1
    return deliveries.filter(state=State.SENDING).update(**changes)
