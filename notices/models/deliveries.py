"""The outbox: one row per message and channel by which it has still to go, went, or could not go."""

from django.db import models

from kernel.fields import PublicIdField
from notices.models.groups import Announcement
from notices.models.inbox import Message
from notices.querysets import DeliveryQuerySet
from notices.rules import Channel, DeliveryState

_State = DeliveryState


class Delivery(models.Model):
    """One message on its way by one channel. Written in the transaction of the act; holds no address and no text.

    `lease_until` is set while somebody sends it; who finds it passed knows that the sender died.
    """

    public_id = PublicIdField(verbose_name="编号")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries")
    announcement = models.ForeignKey(
        Announcement, null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    channel = models.CharField("渠道", max_length=10, choices=Channel.choices)
    state = models.CharField("状态", max_length=10, choices=_State.choices, default=_State.WAITING)
    in_digest = models.BooleanField("并入汇总", default=False)
    due_at = models.DateTimeField("何时起可发")
    attempts = models.PositiveSmallIntegerField("已试次数", default=0)
    lease_until = models.DateTimeField("发送占用至", null=True, blank=True)
    ended_at = models.DateTimeField("了结时间", null=True, blank=True)
    fault = models.CharField("原因", max_length=120, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "送达"
        verbose_name_plural = "送达"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["message", "channel"], name="a_message_goes_once_by_each_channel"),
            models.UniqueConstraint(fields=["announcement", "channel"], name="news_go_once_by_each_channel"),
            models.CheckConstraint(
                condition=models.Q(message__isnull=False, announcement__isnull=True)
                | models.Q(message__isnull=True, announcement__isnull=False),
                name="a_delivery_carries_one_thing",
            ),
            models.CheckConstraint(
                condition=models.Q(state=_State.SENDING, lease_until__isnull=False)
                | (~models.Q(state=_State.SENDING) & models.Q(lease_until__isnull=True)),
                name="only_what_is_being_sent_is_leased",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state=_State.WAITING), name="what_is_to_be_sent"),
            models.Index(fields=["lease_until"], condition=models.Q(state=_State.SENDING), name="what_is_being_sent"),
            models.Index(
                fields=["-id"],
                condition=models.Q(state__in=[_State.PARKED, _State.UNKNOWN]),
                name="what_needs_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.get_state_display()}"
