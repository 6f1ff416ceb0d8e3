"""The trail of what was done, and the chain that seals it."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KeyTextTransform

from accounts.models.people import User
from accounts.querysets import ActionRecordQuerySet
from kernel.fields import ReferenceField


class ActionRecord(models.Model):
    """One line of the action trail: who did what, on what, from where, with what result. Append-only.

    `parts` are the further acts the same request did on the way: [{"act", "subject", "detail"}, …].
    """

    append_only = True

    class Result(models.TextChoices):
        DONE = "done", "完成"
        REFUSED = "refused", "被拒绝"
        FAILED = "failed", "失败"

    at = models.DateTimeField("时间", auto_now_add=True)
    by = models.ForeignKey(
        User,
        verbose_name="何人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="actions",
        db_index=False,  # the index by person and time below begins with it
    )
    by_text = models.CharField("所称用户", max_length=80, blank=True)
    act = models.CharField("何事", max_length=60)
    subject = ReferenceField("对象", null=True, blank=True)
    parts = models.JSONField("同时办理", default=list, blank=True)
    result = models.CharField("结果", max_length=10, choices=Result.choices, default=Result.DONE)
    detail = models.CharField("说明", max_length=500, blank=True)
    address = models.GenericIPAddressField("来源地址", null=True, blank=True)

    objects = ActionRecordQuerySet.as_manager()

    class Meta:
        verbose_name = "操作记录"
        verbose_name_plural = "操作记录"
        ordering = ["-id"]
        # Every search is one of these, read newest first: a page of five million lines costs what it shows.
        indexes = [
            models.Index(F("at"), F("id"), name="trail_by_time"),
            models.Index(F("by"), F("at"), F("id"), name="trail_by_person"),
            models.Index(F("act"), F("at"), F("id"), name="trail_by_act"),
            models.Index(F("address"), F("at"), F("id"), name="trail_by_address"),
            models.Index(KeyTextTransform("public_id", "subject"), F("at"), F("id"), name="trail_by_object"),
            GinIndex(
                fields=["parts"],
                opclasses=["jsonb_path_ops"],
                name="trail_by_object_of_a_part",
                condition=~Q(parts=[]),
            ),
            models.Index(F("at"), F("id"), name="trail_of_refusals", condition=~Q(result="done")),
            models.Index(F("act"), F("at"), F("id"), name="trail_of_refusals_by_act", condition=~Q(result="done")),
            models.Index(F("by_text"), F("at"), F("id"), name="trail_by_claimed_name", condition=~Q(by_text="")),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.act}"
