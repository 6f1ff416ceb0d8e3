"""Where papers are posted, how messages go out, what an edition is made of and whom it goes to. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

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


# -- Editions (clauses 4.2.4, 4.4.5: 报送镇党委政府、抄送市住建局、在石狮日报和镇公众号公布) --------------


class EditionKind(TextChoices):
    DISCLOSURES = "disclosures", "公示情况通报"
    RESULTS = "results", "测评考评结果"


class EditionStage(TextChoices):
    PREPARING = "preparing", "编制中"
    SUBMITTED = "submitted", "待批准"
    ISSUED = "issued", "已发布"
    DROPPED = "dropped", "已放弃"


EDITION_STEPS: Mapping[EditionStage, frozenset[EditionStage]] = {
    EditionStage.PREPARING: frozenset({EditionStage.SUBMITTED, EditionStage.DROPPED}),
    EditionStage.SUBMITTED: frozenset({EditionStage.PREPARING, EditionStage.ISSUED, EditionStage.DROPPED}),
    EditionStage.ISSUED: frozenset(),
    EditionStage.DROPPED: frozenset(),
}


class Recipient(TextChoices):
    """To whom an edition must go, each checked off with day and proof."""

    TOWN = "town", "报送镇党委、政府"
    HOUSING = "housing", "抄送市住建局"
    NEWSPAPER = "newspaper", "石狮日报刊登"
    WECHAT = "wechat", "镇公众号推送"


class PaperKind(TextChoices):
    """The papers one press makes, in this order; a poster for each compound comes last."""

    REPORT_PDF = "report_pdf", "公文（PDF）"
    REPORT_DOCX = "report_docx", "公文（Word）"
    NEWS_TEXT = "news_text", "报纸用纯文本"
    NEWS_DOCX = "news_docx", "报纸用文稿（Word）"
    NEWS_XLSX = "news_xlsx", "报纸用表格（Excel）"
    WECHAT_HTML = "wechat_html", "公众号文章"
    CHART_PNG = "chart_png", "公众号配图"
    POSTER_PDF = "poster_pdf", "小区海报（PDF）"


class Side(TextChoices):
    """Whose result a line states."""

    FIRM = "firm", "物业"
    COMMITTEE = "committee", "业委会"


class DisclosureState(TextChoices):
    ON_TIME = "on_time", "按期完成"
    LATE = "late", "逾期完成"
    MISSING = "missing", "逾期未完成"
    RUNNING = "running", "未到期"


@dataclass(frozen=True)
class Spot:
    """The compound a line is about."""

    public_id: str
    name: str
    village: str


@dataclass(frozen=True)
class DisclosureLine:
    """One bearer's quarterly disclosure as it stood at a moment; `done_on` is the day it hung everywhere it must."""

    spot: Spot
    side: Side
    body: str
    deadline_on: date
    published_on: date | None
    done_on: date | None
    state: DisclosureState
    note: str = ""


@dataclass(frozen=True)
class ResultLine:
    """One body's half-year result: the survey's counts in whole ballots, the appraisal's score where there is one.

    `units` and `participations` are None where no survey was held, the counts of ballots also where a sample is too
    small to be shown: nothing is never printed as 0 %. `state` is the outcome in the words of who decided it, such as
    样本不足 or 满意率低于50%; `grade` the appraisal's.
    """

    spot: Spot
    side: Side
    body: str
    units: int | None
    participations: int | None
    valid: int | None
    satisfied: int | None
    dissatisfied: int | None
    score: Decimal | None
    state: str
    grade: str = ""


EditionLine = DisclosureLine | ResultLine
LONGEST_REQUEST, LONGEST_SERIES, LONGEST_ISSUER = 1500, 12, 40


def share_words(part: int, whole: int) -> str:
    """A share in per cent with two places, rounded half up, for reading only: 83.33%; nothing of nothing."""
    if whole <= 0:
        return ""
    hundredths = (20_000 * part + whole) // (2 * whole)
    return f"{hundredths // 100}.{hundredths % 100:02}%"


def letter_number(series: str, year: int, number: int) -> str:
    """发文字号 by GB/T 9704-2012: 宝小区通〔2026〕3号, the full year, no zero padding."""
    return f"{series}〔{year}〕{number}号"
