"""The channels behind one small interface: take a parcel, or say that it could not be sent.

A channel raises GatewayError (not sent, may be tried again), RefusedError (never), FateUnknownError (may have been).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings

from accounts.gateways import has_mail_server, send_email, send_sms
from notices.models import GroupRobot
from notices.rules import Channel, RobotKind
from notices.services.robots import say


@dataclass(frozen=True)
class Parcel:
    """What goes to whom. `address` is never logged nor shown; `reference` is one and the same for a repetition."""

    address: str
    subject: str
    text: str
    reference: str


def _by_email(parcel: Parcel) -> None:
    send_email(parcel.address, parcel.subject, parcel.text)


def _by_sms(parcel: Parcel) -> None:
    send_sms(parcel.address, parcel.text, reference=parcel.reference)


def _by_robot(parcel: Parcel) -> None:
    say(parcel.address, parcel.text)


CHANNELS: Mapping[Channel, Callable[[Parcel], None]] = {
    Channel.EMAIL: _by_email,
    Channel.SMS: _by_sms,
    Channel.ROBOT: _by_robot,
}


def address_of_robot(robot: GroupRobot) -> str:
    """The robot's address as apprise writes it; the host is the vendor's, whatever was typed."""
    if robot.kind == RobotKind.WECOM:
        return f"wecombot://{robot.token}"
    secret = f"{robot.signing_secret}@" if robot.signing_secret else ""
    return f"dingtalk://{secret}{robot.token}/"


def leaves_the_house(channel: Channel | str) -> bool:
    """Whether a real person somewhere would get it; else it lands in the test inbox."""
    return {Channel.SMS: bool(settings.SMS_GATEWAY_URL), Channel.EMAIL: has_mail_server()}.get(Channel(channel), True)
