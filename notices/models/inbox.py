"""Messages in people's inboxes."""

from django.conf import settings
from django.db import models

from kernel.fields import PublicIdField, ReferenceField
from notices.querysets import MessageQuerySet
from notices.rules import MessageKind


class Message(models.Model):
    """One message in a person's inbox. `dedupe_key` makes sending twice impossible."""

    Kind = MessageKind

    public_id = PublicIdField(verbose_name="编号")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="收件人", on_delete=models.PROTECT, related_name="messages"
    )
    kind = models.CharField("种类", max_length=10, choices=MessageKind.choices)
    title = models.CharField("标题", max_length=120)
    body = models.TextField("内容", blank=True)
    clause = models.CharField("依据", max_length=60, blank=True)
    subject = ReferenceField("对象", null=True, blank=True)
    dedupe_key = models.CharField("去重键", max_length=120, unique=True)
    created_at = models.DateTimeField("时间", auto_now_add=True)
    read_at = models.DateTimeField("已读时间", null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "消息"
        verbose_name_plural = "消息"
        ordering = ["-id"]
        indexes = [models.Index(fields=["recipient", "-id"], name="messages_of_a_person")]

    def __str__(self) -> str:
        return self.title
