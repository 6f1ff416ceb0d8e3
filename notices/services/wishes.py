"""What a person wishes to be told, how and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from kernel.errors import DomainError
from notices.models import ChannelWish, Wishes
from notices.rules import DEFAULT_CHANNELS, QUIET_FROM, QUIET_UNTIL, Channel, MessageKind


@dataclass(frozen=True)
class Preferences:
    """All of it: for every kind the ways beside the inbox; `quiet` is from and until, or None."""

    channels: Mapping[MessageKind, frozenset[Channel]]
    wants_digest: bool = False
    quiet: tuple[time, time] | None = (QUIET_FROM, QUIET_UNTIL)


def preferences_of(user: User) -> Preferences:
    """What the person chose, else what is usual; two statements."""
    channels = dict(DEFAULT_CHANNELS)
    for wish in ChannelWish.objects.filter(user=user):
        pairs = ((Channel.EMAIL, wish.by_email), (Channel.SMS, wish.by_sms))
        channels[MessageKind(wish.kind)] = frozenset(channel for channel, is_wanted in pairs if is_wanted)
    wishes = Wishes.objects.filter(user=user).first()
    if wishes is None:
        return Preferences(channels)
    both = wishes.quiet_from is not None and wishes.quiet_until is not None
    quiet = (wishes.quiet_from, wishes.quiet_until) if both else None
    return Preferences(channels, wants_digest=wishes.wants_digest, quiet=quiet)  # type: ignore[arg-type]


@transaction.atomic
def set_preferences(user: User, wanted: Preferences) -> None:
    """Keep what the person chose, for messages that are still to come and those still to be sent.

    The inbox cannot be switched off. Raises DomainError where quiet hours would be a whole day or none at all.
    """
    if wanted.quiet is not None and wanted.quiet[0] == wanted.quiet[1]:
        raise DomainError("免打扰的起止时间不能相同；不需要免打扰时请取消勾选。", field="quiet_until")
    quiet_from, quiet_until = wanted.quiet or (None, None)
    Wishes.objects.update_or_create(
        user=user,
        defaults={"wants_digest": wanted.wants_digest, "quiet_from": quiet_from, "quiet_until": quiet_until},
    )
    ChannelWish.objects.bulk_create(
        (
            ChannelWish(user=user, kind=kind, by_email=Channel.EMAIL in channels, by_sms=Channel.SMS in channels)
            for kind, channels in wanted.channels.items()
        ),
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["by_email", "by_sms"],
    )
    record_action("修改消息设置", by=user)
