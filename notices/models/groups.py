"""A compound's chat group: the robot that speaks there, and what it says."""

from django.conf import settings
from django.db import models

from communities.models import Compound
from kernel.fields import PublicIdField
from notices.rules import RobotKind


class GroupRobot(models.Model):
    """The robot of a compound's group. Whoever has its token can speak there, so no page shows it again in full."""

    compound = models.OneToOneField(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="group_robot")
    kind = models.CharField("种类", max_length=10, choices=RobotKind.choices)
    token = models.CharField("地址密钥", max_length=128)
    signing_secret = models.CharField("加签密钥", max_length=128, blank=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="登记人", on_delete=models.PROTECT)
    set_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "群机器人"
        verbose_name_plural = "群机器人"
        constraints = [models.CheckConstraint(condition=~models.Q(token=""), name="a_robot_has_a_token")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}，密钥尾号 {self.token[-4:]}"


class Announcement(models.Model):
    """One piece of public news for a compound's group, with the address of the public page it tells of."""

    public_id = PublicIdField(verbose_name="编号")
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="announcements")
    title = models.CharField("标题", max_length=120)
    path = models.CharField("页面地址", max_length=200)
    dedupe_key = models.CharField("去重键", max_length=120, unique=True)
    created_at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = "群通知"
        verbose_name_plural = "群通知"
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title
