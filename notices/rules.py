"""Where papers are posted, and by which ways, when and how often a message goes out. Pure."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from django.db.models import TextChoices

from kernel.days import SHANGHAI

# -- Papers (clause 4.3.1: 公告栏、楼道、电梯等醒目位置; clause 4.3.5: 小微权力监督群) ---


class Place(TextChoices):
    NOTICE_BOARD = "notice_board", "公告栏"
    CORRIDOR = "corridor", "楼道（大堂）"
    LIFT = "lift", "电梯"
    OWNER_GROUP = "owner_group", "微信群"


def required_places(*, has_lift: bool, has_owner_group: bool) -> tuple[Place, ...]:
    """The kinds of place a disclosure must be posted in; a compound without lift owes no lift photo."""
    places = [Place.NOTICE_BOARD, Place.CORRIDOR]
    if has_lift:
        places.append(Place.LIFT)
    if has_owner_group:
        places.append(Place.OWNER_GROUP)
    return tuple(places)


# -- Messages ----------------------------------------------------------------------------------------------------------


class MessageKind(TextChoices):
    REMINDER = "reminder", "期限提醒"
    OVERDUE = "overdue", "逾期通知"
    URGING = "urging", "督促"
    TASK = "task", "待办"
    NEWS = "news", "通知"


class Channel(TextChoices):
    """The ways out. The inbox is none of them: a message is in it from the first moment, and stays."""

    EMAIL = "email", "邮件"
    SMS = "sms", "短信"
    ROBOT = "robot", "群机器人"


class RobotKind(TextChoices):
    WECOM = "wecom", "企业微信群机器人"
    DINGTALK = "dingtalk", "钉钉群机器人"


#: What goes out to whoever never said otherwise. News are read in the inbox; an SMS costs money and attention.
DEFAULT_CHANNELS: Mapping[MessageKind, frozenset[Channel]] = {
    MessageKind.REMINDER: frozenset({Channel.EMAIL, Channel.SMS}),
    MessageKind.OVERDUE: frozenset({Channel.EMAIL, Channel.SMS}),
    MessageKind.URGING: frozenset({Channel.EMAIL, Channel.SMS}),
    MessageKind.TASK: frozenset({Channel.EMAIL}),
    MessageKind.NEWS: frozenset(),
}

#: An urging is the office's word to one bearer; it is never held back for a digest.
NEVER_IN_DIGEST = frozenset({MessageKind.URGING})
DIGEST_AT = time(8)

#: SMS and group robots wait through the night; letters wake nobody. Log-in codes do not pass through here.
QUIET_FROM, QUIET_UNTIL = time(21), time(8)
QUIET_CHANNELS = frozenset({Channel.SMS, Channel.ROBOT})


def quiet_until(moment: datetime, quiet_from: time | None, until: time | None) -> datetime | None:
    """The end of the quiet hours in which a moment falls; None outside of them.

    The first moment belongs to them, the last does not. Hours of Shanghai; they may pass midnight (21:00 to 8:00)
    or not (12:00 to 14:00).
    """
    if quiet_from is None or until is None:
        return None
    here = moment.astimezone(SHANGHAI)
    clock = here.time()
    over_midnight = quiet_from > until
    inside = (clock >= quiet_from or clock < until) if over_midnight else quiet_from <= clock < until
    if not inside:
        return None
    day = here.date() + timedelta(days=1) if over_midnight and clock >= quiet_from else here.date()
    return datetime.combine(day, until, tzinfo=SHANGHAI)


# -- Delivery ----------------------------------------------------------------------------------------------------------


class DeliveryState(TextChoices):
    WAITING = "waiting", "待发"
    SENDING = "sending", "发送中"
    SENT = "sent", "已发"
    DROPPED = "dropped", "不必发"
    PARKED = "parked", "未送达"
    UNKNOWN = "unknown", "是否送达不明"
    GIVEN_UP = "given_up", "已放弃"


TRANSITIONS: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.WAITING: frozenset({DeliveryState.SENDING}),
    DeliveryState.SENDING: frozenset(
        {
            DeliveryState.WAITING,
            DeliveryState.SENT,
            DeliveryState.DROPPED,
            DeliveryState.PARKED,
            DeliveryState.UNKNOWN,
        }
    ),
    DeliveryState.PARKED: frozenset({DeliveryState.WAITING, DeliveryState.GIVEN_UP}),
    DeliveryState.UNKNOWN: frozenset({DeliveryState.WAITING, DeliveryState.GIVEN_UP}),
    DeliveryState.SENT: frozenset(),
    DeliveryState.DROPPED: frozenset(),
    DeliveryState.GIVEN_UP: frozenset(),
}
NEEDS_A_PERSON = (DeliveryState.PARKED, DeliveryState.UNKNOWN)

#: After the first, second … try that failed; after the last of them there is one try more, then a person looks at it.
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
MOST_ATTEMPTS = len(BACK_OFF) + 1
#: Longer than any call to a gateway takes; who holds a delivery longer is dead.
LEASE = timedelta(minutes=3)


def next_try(attempts: int, at: datetime) -> datetime | None:
    """When to try again after so many failures; None: it is parked."""
    return at + BACK_OFF[attempts - 1] if attempts <= len(BACK_OFF) else None
