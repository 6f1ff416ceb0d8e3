"""Everything with a due day is an Obligation. Lateness is computed from the dates, never stored."""

from datetime import date
from typing import cast

from django.conf import settings
from django.db import models
from django.db.models import Q

from communities.models import Body, Compound, PropertyFirm, Town
from files.models import StoredFile
from kernel.days import is_late
from kernel.fields import PublicIdField, ReferenceField
from kernel.periods import Period
from supervision.models.extension import Extension
from supervision.models.policy import Policy
from supervision.querysets import ObligationQuerySet
from supervision.rules import RULES, Duty, DutyRule, clause_of


class Obligation(models.Model):
    """One duty of one bearer for one period. It belongs to whoever held office on the period's last day.

    `opened_on`, `due_on`, `deadline_on` and `released_on` follow from the facts (who was in office when, which policy
    was in force, which extensions hold), never from when the sweep that wrote them ran. Where an extension moved the
    deadline, `unextended_on` is the day before it and `extension` the one that gave the present day.
    """

    class Progress(models.TextChoices):
        """How far the bearer is; pushed down by the app that owns the act."""

        NONE = "none", "未开始"
        PREPARING = "preparing", "准备中"
        REVIEWING = "reviewing", "待审核"
        UNPOSTED = "unposted", "已发布、未张贴"

    public_id = PublicIdField(verbose_name="编号")
    duty = models.CharField("事项", max_length=30, choices=Duty.choices)
    period = models.CharField("期间", max_length=8)
    period_first_on = models.DateField("期间首日")
    period_last_on = models.DateField("期间末日")
    # The foreign keys carry no index of their own: each but the policy's begins one below.
    town = models.ForeignKey(
        Town, verbose_name="镇", on_delete=models.PROTECT, related_name="obligations", db_index=False
    )
    compound = models.ForeignKey(
        Compound,
        verbose_name="小区",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="obligations",
        db_index=False,
    )
    bearer_body = models.ForeignKey(
        Body,
        verbose_name="责任组织",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="obligations",
        db_index=False,
    )
    bearer_firm = models.ForeignKey(
        PropertyFirm,
        verbose_name="责任企业",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="obligations",
        db_index=False,
    )
    policy = models.ForeignKey(
        Policy, verbose_name="依据文件", on_delete=models.PROTECT, related_name="obligations", db_index=False
    )
    opened_on = models.DateField("产生日期")
    due_on = models.DateField("文件期限")
    deadline_on = models.DateField("计逾期期限")
    unextended_on = models.DateField("延期前期限", null=True, blank=True)
    extension = models.ForeignKey(
        Extension,
        verbose_name="延期",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="obligations",
        db_index=False,
    )
    progress = models.CharField("进度", max_length=10, choices=Progress.choices, default=Progress.NONE)
    fulfilled_at = models.DateTimeField("完成时间", null=True, blank=True)
    evidence = ReferenceField("完成凭据", null=True, blank=True)
    corrected_late_at = models.DateTimeField("逾期更正时间", null=True, blank=True)
    released_on = models.DateField("解除日期", null=True, blank=True)
    released_reason = models.CharField("解除原因", max_length=80, blank=True)

    objects = ObligationQuerySet.as_manager()

    class Meta:
        verbose_name = "义务事项"
        verbose_name_plural = "义务事项"
        ordering = ["deadline_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "duty", "period", "bearer_body", "bearer_firm"],
                name="a_duty_is_owed_once_per_bearer_and_period",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(bearer_body__isnull=True, bearer_firm__isnull=False)
                | Q(bearer_body__isnull=False, bearer_firm__isnull=True),
                name="an_obligation_has_one_bearer",
            ),
            models.CheckConstraint(
                condition=Q(fulfilled_at__isnull=True, evidence__isnull=True)
                | Q(fulfilled_at__isnull=False, evidence__isnull=False),
                name="fulfilment_has_its_evidence",
            ),
            models.CheckConstraint(
                condition=Q(deadline_on__gte=models.F("due_on")), name="a_deadline_is_never_before_the_due_day"
            ),
            models.CheckConstraint(
                condition=Q(unextended_on__isnull=True, extension__isnull=True)
                | Q(extension__isnull=False, deadline_on__gt=models.F("unextended_on")),
                name="an_extended_deadline_is_later_and_says_by_what",
            ),
            models.CheckConstraint(
                condition=Q(fulfilled_at__isnull=True) | Q(released_on__isnull=True),
                name="a_fulfilled_obligation_is_not_released",
            ),
        ]
        indexes = [
            models.Index(
                fields=["town", "deadline_on"],
                name="open_obligations_by_day",
                condition=Q(fulfilled_at__isnull=True, released_on__isnull=True),
            ),
            models.Index(fields=["deadline_on"], name="obligations_by_deadline"),
            models.Index(
                fields=["unextended_on"],
                name="obligations_once_extended",
                condition=Q(unextended_on__isnull=False),
            ),
            models.Index(fields=["town", "duty", "period"], name="obligations_of_a_town"),
            models.Index(fields=["bearer_firm", "period"], name="obligations_of_a_firm"),
            models.Index(fields=["bearer_body", "period"], name="obligations_of_a_body"),
        ]

    def __str__(self) -> str:
        # A committee's name says its compound; a firm may serve several.
        place = f"（{self.compound}）" if self.bearer_firm_id and self.compound else ""
        return f"{self.bearer}{place}{self.period_value.label}{self.get_duty_display()}"

    @property
    def bearer(self) -> Body | PropertyFirm:
        return cast("Body | PropertyFirm", self.bearer_body or self.bearer_firm)

    @property
    def period_value(self) -> Period:
        return Period.parse(self.period)

    @property
    def clause(self) -> str:
        """As pages cite it: 方案四（三）1."""
        return clause_of(self.duty)

    @property
    def rule(self) -> DutyRule:
        """Its row of the law on one page."""
        return next(rule for rule in RULES if rule.duty == self.duty)

    @property
    def is_open(self) -> bool:
        return self.fulfilled_at is None and self.released_on is None

    def is_late(self, on: date) -> bool:
        """Overdue on the day, or fulfilled after its last day."""
        return self.released_on is None and is_late(self.deadline_on, done_at=self.fulfilled_at, on=on)


class Reminder(models.Model):
    """That we acted on a date: reminded before it, announced it once it had passed. Append-only.

    `on` is the day the step was due, whenever the sweep that wrote it ran; an extended deadline has steps of its own.
    """

    append_only = True

    class Step(models.TextChoices):
        FIRST = "remind_first", "首次提醒"
        SECOND = "remind_second", "再次提醒"
        LAST = "remind_last", "末次提醒"
        OVERDUE = "overdue", "已逾期，通知责任主体"

    # No index of its own: the unique constraint begins with it. So with proposals.
    obligation = models.ForeignKey(
        Obligation, verbose_name="义务事项", on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
    step = models.CharField("步骤", max_length=20, choices=Step.choices)
    on = models.DateField("应提醒日期")
    written_at = models.DateTimeField("记录时间", auto_now_add=True)

    class Meta:
        verbose_name = "提醒"
        verbose_name_plural = "提醒"
        ordering = ["on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["obligation", "step", "on"], name="an_obligation_is_reminded_once_per_step")
        ]

    def __str__(self) -> str:
        return f"{self.get_step_display()} {self.on}"


class Proposal(models.Model):
    """What the sweep proposes and an officer decides; the plan says the town may (可介入), never must.

    One per deadline: `proposed_on` is the day after it. Where an extension moved the deadline the proposal is moot,
    and another arises if the new one passes too.
    """

    class Act(models.TextChoices):
        URGE = "urge", "督促"

    class Decision(models.TextChoices):
        DONE = "done", "已办理"
        MOOT = "moot", "已完成、解除或延期，无需办理"
        DECLINED = "declined", "不办理"

    obligation = models.ForeignKey(
        Obligation, verbose_name="义务事项", on_delete=models.PROTECT, related_name="proposals", db_index=False
    )
    act = models.CharField("建议", max_length=10, choices=Act.choices)
    clause = models.CharField("依据", max_length=60)
    proposed_on = models.DateField("建议日期")
    decision = models.CharField("决定", max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="决定人", on_delete=models.PROTECT, null=True, blank=True
    )
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    reason = models.CharField("理由", max_length=200, blank=True)

    class Meta:
        verbose_name = "建议"
        verbose_name_plural = "建议"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["obligation", "act", "proposed_on"], name="an_act_is_proposed_once_a_day"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True) | (~Q(decision="") & Q(decided_at__isnull=False)),
                name="a_decision_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.obligation}"


class UrgingBatch(models.Model):
    """Several urgings sent in one act. Its id was given to the page that showed them, so that it is sent once.

    Append-only; how many were sent is counted from the urgings.
    """

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    text = models.TextField("督促内容")
    asked = models.PositiveIntegerField("选中件数")
    urged_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="督促人", on_delete=models.PROTECT)
    urged_at = models.DateTimeField("督促时间")

    class Meta:
        verbose_name = "批量督促"
        verbose_name_plural = "批量督促"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.urged_at:%Y-%m-%d} {self.asked} 件"


class Urging(models.Model):
    """督促: one recorded act with clause, time and text (clause 4.3.1: 由镇、村（社区）督促). Append-only."""

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    obligation = models.ForeignKey(
        Obligation, verbose_name="义务事项", on_delete=models.PROTECT, related_name="urgings"
    )
    clause = models.CharField("依据", max_length=60)
    text = models.TextField("督促内容")
    urged_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="督促人", on_delete=models.PROTECT)
    urged_as = models.CharField("身份", max_length=120)
    urged_at = models.DateTimeField("督促时间")
    batch = models.ForeignKey(
        UrgingBatch, verbose_name="批次", on_delete=models.PROTECT, null=True, blank=True, related_name="urgings"
    )

    class Meta:
        verbose_name = "督促"
        verbose_name_plural = "督促"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.urged_at:%Y-%m-%d} {self.obligation}"


class Performance(models.Model):
    """A bearer's record that a duty was performed (forum, meeting, monthly detail), with its proof. Append-only."""

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    obligation = models.ForeignKey(
        Obligation, verbose_name="义务事项", on_delete=models.PROTECT, related_name="performances"
    )
    held_on = models.DateField("办理日期")
    summary = models.TextField("办理情况")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="登记人", on_delete=models.PROTECT)
    recorded_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "履职记录"
        verbose_name_plural = "履职记录"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.held_on} {self.obligation}"


class PerformanceFile(models.Model):
    """A proof attached to a record of performance. Append-only."""

    append_only = True

    performance = models.ForeignKey(
        Performance, verbose_name="履职记录", on_delete=models.PROTECT, related_name="files"
    )
    file = models.ForeignKey(StoredFile, verbose_name="文件", on_delete=models.PROTECT)

    class Meta:
        verbose_name = "履职材料"
        verbose_name_plural = "履职材料"

    def __str__(self) -> str:
        return str(self.file)
