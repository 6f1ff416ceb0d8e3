"""What a delivery says and to whom, made at the moment of sending and kept nowhere."""

from collections.abc import Sequence
from datetime import datetime, time
from hashlib import sha256

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse

from accounts.models import User
from communities.permissions import standing_of
from kernel.days import local_day
from kernel.text import tidy
from notices.models import ChannelWish, Delivery, Message, Wishes
from notices.permissions import may_be_told
from notices.rules import DEFAULT_CHANNELS, QUIET_CHANNELS, QUIET_FROM, QUIET_UNTIL, Channel, MessageKind, quiet_until
from notices.services.channels import Parcel, address_of_robot, leaves_the_house

_SMS_TITLE = 60
_MOST_LISTED = 20


class NotNeededError(Exception):
    """It need not be sent any more, or may not be; the reason is Chinese and names nobody."""


def make_parcel(deliveries: Sequence[Delivery]) -> Parcel:
    """One delivery, or the several of one person's digest. Raises NotNeededError where nobody is to get it."""
    first = deliveries[0]
    reference = sha256(",".join(sorted(one.public_id for one in deliveries)).encode()).hexdigest()[:32]
    if first.announcement is not None:
        robot = getattr(first.announcement.compound, "group_robot", None)
        if robot is None:
            raise NotNeededError("群机器人已取消登记")
        text = f"{first.announcement.title}\n{_address(first.announcement.path)}"
        return Parcel(address_of_robot(robot), "", text, reference)
    messages = [one.message for one in deliveries if one.message is not None]
    return _letter(messages, channel=Channel(first.channel), reference=reference)


def _letter(messages: Sequence[Message], *, channel: Channel, reference: str) -> Parcel:
    person = messages[0].recipient
    if len(messages) == 1:
        subject, link = tidy(messages[0].title), reverse("notices:message", args=[messages[0].public_id])
        body = messages[0].body
    else:
        subject, link = f"{len(messages)} 条新消息", reverse("notices:inbox")
        lines = [f"· {tidy(one.title)}" for one in messages[:_MOST_LISTED]]
        body = "\n".join(lines) + ("\n……" if len(messages) > _MOST_LISTED else "")
    link = _address(link)
    if channel is Channel.SMS:
        short = subject if len(subject) <= _SMS_TITLE else f"{subject[: _SMS_TITLE - 1]}…"
        return Parcel(person.phone, "", f"{short} 详见 {link}", reference)
    parts = [body, messages[0].clause and f"依据：方案{messages[0].clause}", f"办理或查看：{link}"]
    text = "\n\n".join(part for part in parts if part)
    foot = f"本邮件由系统发出，请勿回复。不想再收：{_address(reverse('notices:wishes'))}"
    return Parcel(person.email, subject, f"{text}\n\n{foot}\n", reference)


def _address(path: str) -> str:
    return f"{settings.SITE_URL.rstrip('/')}{path}"


def check_needed(delivery: Delivery, *, at: datetime) -> None:
    """Raises NotNeededError where a message has become pointless or its recipient may not be told any more."""
    message = delivery.message
    if message is None:
        return
    person, channel = message.recipient, Channel(delivery.channel)
    if not person.is_active:
        raise NotNeededError("收件人的账号已停用")
    if message.read_at is not None:
        raise NotNeededError("收件人已在站内读过")
    if not (person.phone if channel is Channel.SMS else person.email):
        raise NotNeededError("收件人没有登记" + ("手机号" if channel is Channel.SMS else "邮箱"))
    if person.is_example and leaves_the_house(channel):
        raise NotNeededError("示例人员，不向外发")
    if not wants(person, MessageKind(message.kind), channel):
        raise NotNeededError("收件人已关闭这类消息")
    if not may_be_told(standing_of(person, local_day(at)), message.kind):
        raise NotNeededError("收件人已不在任")


def wants(person: User, kind: MessageKind, channel: Channel) -> bool:
    wish = ChannelWish.objects.filter(user=person, kind=kind).first()
    if wish is None:
        return channel in DEFAULT_CHANNELS[kind]
    return wish.by_sms if channel is Channel.SMS else wish.by_email


def may_not_disturb_until(delivery: Delivery, *, at: datetime) -> datetime | None:
    """The end of the quiet hours, where this channel and this moment fall into them."""
    if delivery.channel not in QUIET_CHANNELS:
        return None
    return quiet_until(at, *_quiet_hours(delivery))


def _quiet_hours(delivery: Delivery) -> tuple[time | None, time | None]:
    if delivery.message is None:
        return QUIET_FROM, QUIET_UNTIL
    try:
        wishes: Wishes = delivery.message.recipient.message_wishes
    except ObjectDoesNotExist:
        return QUIET_FROM, QUIET_UNTIL
    return wishes.quiet_from, wishes.quiet_until
