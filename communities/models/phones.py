"""Full phone numbers leave the portal in one way only: asked for with a reason, agreed to by a second person."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from communities.models.places import Compound
from communities.querysets import PhoneExportQuerySet
from kernel.fields import PublicIdField


class PhoneExport(models.Model):
    """One request for a compound's list of full numbers, and what a second person decided."""

    class Decision(models.TextChoices):
        AGREED = "agreed", "同意"
        DECLINED = "declined", "不同意"

    public_id = PublicIdField(verbose_name="编号")
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="phone_exports")
    reason = models.CharField("理由", max_length=200)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="申请人", on_delete=models.PROTECT, related_name="phone_exports_asked"
    )
    asked_at = models.DateTimeField("申请时间")
    decision = models.CharField("决定", max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="决定人",
        on_delete=models.PROTECT,
        related_name="phone_exports_decided",
        null=True,
        blank=True,
    )
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)

    objects = PhoneExportQuerySet.as_manager()

    class Meta:
        verbose_name = "完整号码导出"
        verbose_name_plural = "完整号码导出"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="an_export_of_numbers_states_its_reason"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="nobody_agrees_to_their_own_export",
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(decision="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="a_decided_export_names_who_and_when",
            ),
            models.UniqueConstraint(
                fields=["compound", "asked_by"],
                condition=Q(decision=""),
                name="one_export_of_numbers_waits_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.compound} 完整号码导出"
