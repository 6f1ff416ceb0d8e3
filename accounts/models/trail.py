"""The trail of what was done."""

from django.db import models

from accounts.models.people import User
from kernel.fields import ReferenceField


class ActionRecord(models.Model):
    """One line of the action trail: who did what, on what, from where, with what result. Append-only."""

    append_only = True

    class Result(models.TextChoices):
        DONE = "done", "完成"
        REFUSED = "refused", "被拒绝"
        FAILED = "failed", "失败"

    at = models.DateTimeField("时间", auto_now_add=True, db_index=True)
    by = models.ForeignKey(
        User, verbose_name="何人", on_delete=models.PROTECT, null=True, blank=True, related_name="actions"
    )
    by_text = models.CharField("所称用户", max_length=80, blank=True)
    act = models.CharField("何事", max_length=60, db_index=True)
    subject = ReferenceField("对象", null=True, blank=True)
    result = models.CharField("结果", max_length=10, choices=Result.choices, default=Result.DONE)
    detail = models.CharField("说明", max_length=500, blank=True)
    address = models.GenericIPAddressField("来源地址", null=True, blank=True)

    class Meta:
        verbose_name = "操作记录"
        verbose_name_plural = "操作记录"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.act}"
