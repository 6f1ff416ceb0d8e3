"""A voucher that residents may open is not taken from them silently."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from finance.models.ledger import Voucher
from kernel.fields import PublicIdField


class TakeBack(models.Model):
    """收回公开: the bearer asks to close a voucher that is public with a disclosure; the town agrees or refuses.

    Until it is agreed the voucher stays public. Decided once; neither row nor decision goes away.
    """

    class Decision(models.TextChoices):
        OPEN = "", "待镇小区岗决定"
        AGREED = "agreed", "已同意收回"
        REFUSED = "refused", "未同意，继续公开"

    public_id = PublicIdField(verbose_name="编号")
    voucher = models.ForeignKey(Voucher, verbose_name="凭证", on_delete=models.PROTECT, related_name="take_backs")
    reason = models.CharField("申请原因", max_length=200)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="申请人", on_delete=models.PROTECT, related_name="take_backs_asked"
    )
    asked_at = models.DateTimeField("申请时间")
    decision = models.CharField("决定", max_length=7, choices=Decision.choices, blank=True, default=Decision.OPEN)
    remark = models.CharField("决定理由", max_length=200, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="决定人",
        on_delete=models.PROTECT,
        related_name="take_backs_decided",
        null=True,
        blank=True,
    )
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)

    class Meta:
        verbose_name = "收回公开申请"
        verbose_name_plural = "收回公开申请"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["voucher"], condition=Q(decision=""), name="one_take_back_of_a_voucher_is_open_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_take_back_states_its_reason"),
            models.CheckConstraint(
                condition=Q(decision="", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(decision="") & Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(remark="")),
                name="a_decided_take_back_says_by_whom_when_and_why",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="nobody_decides_the_take_back_they_asked_for",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voucher} {self.get_decision_display()}"

    @property
    def is_open(self) -> bool:
        return self.decision == self.Decision.OPEN
