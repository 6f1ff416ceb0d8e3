"""What a local installation would have sent."""

from django.db import models


class OutgoingSample(models.Model):
    """One SMS or letter that had no gateway to go to. Never written in production (see `accounts.gateways`)."""

    class Channel(models.TextChoices):
        SMS = "sms", "短信"
        EMAIL = "email", "邮件"

    channel = models.CharField("渠道", max_length=10, choices=Channel.choices)
    address = models.CharField("收件号码或邮箱", max_length=200)
    subject = models.CharField("标题", max_length=200, blank=True)
    text = models.TextField("内容")
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        verbose_name = "测试收件"
        verbose_name_plural = "测试收件"
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~models.Q(text=""), name="a_sample_has_a_text")]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.at:%Y-%m-%d %H:%M}"
