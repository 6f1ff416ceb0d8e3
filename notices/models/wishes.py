"""What a person wishes to be told, how and when. Whoever never said anything has no rows here (see `notices.rules`)."""

from django.conf import settings
from django.db import models

from notices.rules import MessageKind


class Wishes(models.Model):
    """A person's quiet hours and whether they want one digest a day. Both hours empty: no quiet hours."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="message_wishes")
    wants_digest = models.BooleanField("每天汇总成一条", default=False)
    quiet_from = models.TimeField("免打扰自", null=True, blank=True)
    quiet_until = models.TimeField("免打扰至", null=True, blank=True)

    class Meta:
        verbose_name = "消息设置"
        verbose_name_plural = "消息设置"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (
                    models.Q(quiet_from__isnull=False, quiet_until__isnull=False)
                    & ~models.Q(quiet_from=models.F("quiet_until"))
                ),
                name="quiet_hours_begin_and_end",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}"


class ChannelWish(models.Model):
    """For one kind of message: whether it also goes out by e-mail and by SMS."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="channel_wishes")
    kind = models.CharField("种类", max_length=10, choices=MessageKind.choices)
    by_email = models.BooleanField("邮件")
    by_sms = models.BooleanField("短信")

    class Meta:
        verbose_name = "渠道设置"
        verbose_name_plural = "渠道设置"
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="a_kind_is_wished_once_per_person")]

    def __str__(self) -> str:
        return self.get_kind_display()
