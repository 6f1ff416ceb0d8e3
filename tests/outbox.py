"""Helpers for what leaves the house: tell somebody, and run the relay at a moment."""

from datetime import date, datetime, time

from django.utils import timezone

from accounts.models import User
from kernel.days import SHANGHAI
from notices.models import Delivery
from notices.rules import Channel, DeliveryState, MessageKind
from notices.services import send_message
from notices.services.relay import relay

State = DeliveryState


def tell(*people: User, kind: MessageKind = MessageKind.URGING, key: str = "test", title: str = "督促：请公示") -> None:
    send_message(people, kind=kind, title=title, body="请于三日内公示。", clause="四（三）1", dedupe_key=key)


def relay_now() -> bool:
    return relay(timezone.now)


def sms_of(person: User) -> Delivery:
    return Delivery.objects.get(message__recipient=person, channel=Channel.SMS)


def states(channel: Channel = Channel.SMS) -> list[str]:
    return list(Delivery.objects.filter(channel=channel).order_by("id").values_list("state", flat=True))


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute, second), tzinfo=SHANGHAI)
