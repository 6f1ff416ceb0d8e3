"""The chain over the action trail: one per month, one link per line, so that no line changes or goes unnoticed."""

from django.db import models
from django.db.models import Q

from accounts.models.trail import ActionRecord


class TrailHead(models.Model):
    """The last link of a month's chain; locked while links are appended."""

    month = models.CharField("月份", max_length=7, primary_key=True)
    seq = models.PositiveIntegerField("序号", default=0)
    hash = models.CharField("链头", max_length=64, blank=True)

    class Meta:
        verbose_name = "操作记录链头"
        verbose_name_plural = "操作记录链头"

    def __str__(self) -> str:
        return f"{self.month}#{self.seq}"


class TrailLink(models.Model):
    """A line's place in its month's chain, and the hash of everything the line says. Append-only."""

    append_only = True

    record = models.OneToOneField(ActionRecord, verbose_name="操作记录", on_delete=models.PROTECT, related_name="link")
    month = models.CharField("月份", max_length=7)
    seq = models.PositiveIntegerField("序号")
    prev = models.CharField("上一指纹", max_length=64)
    body_sha = models.CharField("内容指纹", max_length=64)
    hash = models.CharField("指纹", max_length=64, unique=True)
    hash_version = models.PositiveSmallIntegerField("指纹版本", default=1)
    sealed_at = models.DateTimeField("入链时间")

    class Meta:
        verbose_name = "操作记录链"
        verbose_name_plural = "操作记录链"
        constraints = [
            models.UniqueConstraint(fields=["month", "seq"], name="a_month_has_no_fork_by_number"),
            models.UniqueConstraint(fields=["month", "prev"], name="a_month_has_no_fork_by_link"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="a_month_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.month}#{self.seq}"
