"""A compound's group robot, and the public news it tells."""

import re
from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Compound
from communities.permissions import standing_of
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.fields import Reference
from kernel.text import clean
from notices.models import Announcement, Delivery, GroupRobot
from notices.permissions import may_keep_robot
from notices.rules import Channel, RobotKind
from notices.services.outbox import nudge_on_commit

# The vendors' own addresses and no others: nobody can make this server ask another host.
_ADDRESSES = {
    RobotKind.WECOM: re.compile(r"https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=([A-Za-z0-9-]{16,64})"),
    RobotKind.DINGTALK: re.compile(r"https://oapi\.dingtalk\.com/robot/send\?access_token=([A-Za-z0-9]{16,128})"),
}
_SIGNING_SECRET = re.compile(r"SEC[A-Za-z0-9]{16,120}")


def announce_to_group(compound: Compound, *, title: str, path: str, dedupe_key: str, at: datetime) -> None:
    """Tell a compound's group of something that is public anyway, with the address of its page.

    In the transaction of the act; nothing where the compound has no robot, or where it was told already.
    """
    if not GroupRobot.objects.filter(compound=compound).exists():
        return
    news, is_new = Announcement.objects.get_or_create(
        dedupe_key=dedupe_key, defaults={"compound": compound, "title": title[:120], "path": path}
    )
    if is_new:
        Delivery.objects.create(announcement=news, channel=Channel.ROBOT, due_at=at)
        nudge_on_commit()


@transaction.atomic
def set_robot(compound: Compound, *, address: str, signing_secret: str = "", by: User, at: datetime) -> GroupRobot:
    """Enter a compound's robot, or replace it. Raises NotAllowedError, DomainError for what is no robot's address."""
    if not may_keep_robot(standing_of(by, local_day(at)), compound):
        raise NotAllowedError("群机器人由镇小区服务岗登记。")
    kind, token = _read_address(clean(address))
    secret = clean(signing_secret)
    if secret and kind is not RobotKind.DINGTALK:
        raise DomainError("只有钉钉机器人有加签密钥，企业微信请留空。", field="signing_secret")
    if secret and not _SIGNING_SECRET.fullmatch(secret):
        raise DomainError("加签密钥以 SEC 开头，请从钉钉机器人设置页整段复制。", field="signing_secret")
    robot, is_new = GroupRobot.objects.update_or_create(
        compound=compound,
        defaults={"kind": kind, "token": token, "signing_secret": secret, "set_by": by, "set_at": at},
    )
    # The trail says which robot, not how to speak as it.
    record_action("登记群机器人" if is_new else "更换群机器人", by=by, subject=_reference(compound), detail=str(robot))
    return robot


@transaction.atomic
def remove_robot(compound: Compound, *, by: User, at: datetime) -> None:
    """Forget a compound's robot and its token. Raises NotAllowedError, ConflictError where there is none."""
    if not may_keep_robot(standing_of(by, local_day(at)), compound):
        raise NotAllowedError("群机器人由镇小区服务岗登记。")
    robot = GroupRobot.objects.select_for_update().filter(compound=compound).first()
    if robot is None:
        raise ConflictError("这个小区没有登记群机器人。")
    record_action("取消群机器人", by=by, subject=_reference(compound), detail=str(robot))
    robot.delete()


def _read_address(address: str) -> tuple[RobotKind, str]:
    for kind, form in _ADDRESSES.items():
        if found := form.fullmatch(address):
            return kind, found.group(1)
    raise DomainError("这不是企业微信或钉钉群机器人的地址，请从机器人设置页整段复制 Webhook 地址。", field="address")


def _reference(compound: Compound) -> Reference:
    return Reference("communities.compound", compound.public_id, compound.name)
