"""The law as dated rows: policies with their numbers, the pilot register, holidays."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value

from communities.models import Compound, Town
from files.models import StoredFile
from kernel.fields import PublicIdField
from supervision.querysets import PolicyQuerySet


class Policy(models.Model):
    """A document in force from/until, last day included. One enters it, another confirms it.

    Without a confirmed policy in force nothing new is opened; what is open runs on.
    """

    class Kind(models.TextChoices):
        ORIGINAL = "original", "首次印发"
        EXTENSION = "extension", "延期"
        SUCCESSOR = "successor", "新文件接替"
        ADJUSTMENT = "adjustment", "本系统约定调整"

    public_id = PublicIdField(verbose_name="编号")
    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="policies")
    number = models.CharField("文号", max_length=60)
    title = models.CharField("标题", max_length=160)
    kind = models.CharField("性质", max_length=10, choices=Kind.choices)
    follows = models.ForeignKey(
        "self", verbose_name="接续", on_delete=models.PROTECT, null=True, blank=True, related_name="followers"
    )
    from_on = models.DateField("施行日期")
    until_on = models.DateField("有效期至（含当日）", null=True, blank=True)
    scan = models.ForeignKey(StoredFile, verbose_name="文件扫描件", on_delete=models.PROTECT, null=True, blank=True)
    is_example = models.BooleanField("示例", default=False)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="录入人",
        on_delete=models.PROTECT,
        related_name="policies_entered",
        null=True,
        blank=True,
    )
    entered_at = models.DateTimeField("录入时间")
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="确认人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="policies_confirmed",
    )
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = "政策文件"
        verbose_name_plural = "政策文件"
        ordering = ["-from_on", "-id"]
        constraints = [
            ExclusionConstraint(
                name="one_confirmed_policy_is_in_force_at_a_time",
                expressions=[
                    (Func("town", "town", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func("from_on", "until_on", Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(confirmed_at__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | Q(entered_by__isnull=True) | ~Q(confirmed_by=F("entered_by")),
                name="one_enters_a_policy_and_another_confirms_it",
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="a_policy_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class PolicyNumber(models.Model):
    """One number of a policy. Where the plan is silent the number is ours and marked 本系统约定."""

    class Source(models.TextChoices):
        PLAN = "plan", "文件规定"
        LOCAL = "local", "本系统约定"

    policy = models.ForeignKey(Policy, verbose_name="政策文件", on_delete=models.CASCADE, related_name="numbers")
    key = models.CharField("项目", max_length=40)
    value = models.IntegerField("数值", validators=[MinValueValidator(0)])
    source = models.CharField("来源", max_length=8, choices=Source.choices)
    clause = models.CharField("条款", max_length=40, blank=True)

    class Meta:
        verbose_name = "政策数值"
        verbose_name_plural = "政策数值"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["policy", "key"], name="a_policy_states_a_number_once")]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class PilotEntry(models.Model):
    """A compound in the pilot of clause 4.3.5; only such a compound owes the monthly detail, from its entry day."""

    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="pilot_entries")
    entered_on = models.DateField("进入试点")
    left_on = models.DateField("退出试点（最后一日）", null=True, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="登记人", on_delete=models.PROTECT, null=True, blank=True
    )

    class Meta:
        verbose_name = "试点登记"
        verbose_name_plural = "试点登记"
        constraints = [
            ExclusionConstraint(
                name="a_compound_is_in_the_pilot_once_at_a_time",
                expressions=[
                    (Func("compound", "compound", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func("entered_on", "left_on", Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.compound} {self.entered_on}"


class Holiday(models.Model):
    """A day that differs from its weekday by the State Council's yearly notice: a rest day, or a working weekend."""

    on = models.DateField("日期", unique=True)
    is_rest = models.BooleanField("休息")
    name = models.CharField("名称", max_length=30, blank=True)

    class Meta:
        verbose_name = "节假日与调休"
        verbose_name_plural = "节假日与调休"
        ordering = ["on"]

    def __str__(self) -> str:
        return f"{self.on} {'休' if self.is_rest else '班'}"
