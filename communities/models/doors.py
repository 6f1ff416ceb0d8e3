"""How people come to their homes: slips on paper, who lives there without owning, requests without a slip."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from communities.models.places import Unit
from communities.querysets import BindingRequestQuerySet, ResidenceQuerySet, SlipQuerySet
from communities.rules import RESIDENT_RELATIONS, Relation
from kernel.fields import PublicIdField

_A_DAY = timedelta(days=1)


class Slip(models.Model):
    """One home's slip (一户一码): printed once, used once. Only the hash of its secret is kept."""

    public_id = PublicIdField(verbose_name="编号")
    unit = models.ForeignKey(Unit, verbose_name="户", on_delete=models.CASCADE, related_name="slips")
    secret_hash = models.CharField("密钥摘要", max_length=64, unique=True)
    batch = models.CharField("批次", max_length=16, db_index=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="制作人", on_delete=models.PROTECT, related_name="made_slips"
    )
    made_on = models.DateField("制作日")
    expires_on = models.DateField("有效至（含当日）")
    used_at = models.DateTimeField("使用时间", null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="使用人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="used_slips",
    )
    revoked_at = models.DateTimeField("作废时间", null=True, blank=True)

    objects = SlipQuerySet.as_manager()

    class Meta:
        verbose_name = "入户条"
        verbose_name_plural = "入户条"
        constraints = [
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(used_at__isnull=True, revoked_at__isnull=True),
                name="a_home_has_one_open_slip",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, used_by__isnull=True)
                | Q(used_at__isnull=False, used_by__isnull=False, revoked_at__isnull=True),
                name="a_slip_is_used_by_somebody_or_revoked_or_neither",
            ),
            models.CheckConstraint(condition=Q(expires_on__gte=F("made_on")), name="a_slip_expires_after_it_is_made"),
        ]

    def __str__(self) -> str:
        return f"{self.unit} 入户条"


class Residence(models.Model):
    """Somebody lives in a home without owning it: family or tenant, from/until. Ended, never deleted.

    One taken back on its first day ends the day before it: it holds on no day.
    """

    public_id = PublicIdField(verbose_name="编号")
    unit = models.ForeignKey(Unit, verbose_name="户", on_delete=models.CASCADE, related_name="residences")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="人员", on_delete=models.PROTECT, related_name="residences"
    )
    relation = models.CharField("关系", max_length=10, choices=[(one.value, one.label) for one in RESIDENT_RELATIONS])
    from_on = models.DateField("自")
    until_on = models.DateField("至（含当日）", null=True, blank=True)

    objects = ResidenceQuerySet.as_manager()

    class Meta:
        verbose_name = "同住人"
        verbose_name_plural = "同住人"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "user"],
                condition=Q(until_on__isnull=True),
                name="a_person_lives_in_a_home_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on") - _A_DAY),
                name="a_residence_ends_no_earlier_than_the_day_before_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.unit}"


class BindingRequest(models.Model):
    """Somebody without a slip asks to be bound to a home; a cadre decides against the roster."""

    class Outcome(models.TextChoices):
        WAITING = "", "待核对"
        APPROVED = "approved", "已同意"
        REFUSED = "refused", "未同意"

    public_id = PublicIdField(verbose_name="编号")
    unit = models.ForeignKey(Unit, verbose_name="户", on_delete=models.CASCADE, related_name="binding_requests")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="申请人", on_delete=models.PROTECT, related_name="binding_requests"
    )
    relation = models.CharField("关系", max_length=10, choices=Relation.choices)
    note = models.CharField("说明", max_length=200, blank=True)
    asked_at = models.DateTimeField("申请时间")
    outcome = models.CharField("结果", max_length=10, choices=Outcome.choices, blank=True, default=Outcome.WAITING)
    reason = models.CharField("理由", max_length=200, blank=True)
    decided_at = models.DateTimeField("办理时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="办理人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="decided_bindings",
    )

    objects = BindingRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "绑定申请"
        verbose_name_plural = "绑定申请"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "user"], condition=Q(outcome=""), name="one_request_waits_per_person_and_home"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(outcome="") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="a_decided_request_says_who_and_when",
            ),
            models.CheckConstraint(condition=~Q(outcome="refused") | ~Q(reason=""), name="a_refused_request_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.user} 申请绑定 {self.unit}"
