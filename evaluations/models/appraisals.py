"""物业服务质量考评: the method, the half-year's round, one appraisal per compound and firm, and what it came to.

Whatever a person decides is added, never changed: marks, replies, answers, steps, results. The appraisal itself only
goes from stage to stage (a trigger holds the table in `appraisal_rules.STEPS`).
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from communities.models import Compound, PropertyFirm, Town
from evaluations.appraisal_querysets import AppraisalMethodQuerySet, AppraisalQuerySet
from evaluations.appraisal_rules import LARGEST_ADJUSTMENT, Grade, Item, MarkKind, Stage
from files.models import StoredFile
from kernel.fields import PublicIdField
from kernel.periods import Period

_HALF_YEAR = r"^\d{4}H[12]$"


class AppraisalMethod(models.Model):
    """One version of a half-year's method (考评办法). Append-only: another is a further version, until scoring starts.

    `items` are `appraisal_rules.Item`s in order, their points adding up to 100 (the database counts). Once the round is
    open no version can be added (a trigger), and the round names the last.
    """

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="appraisal_methods")
    period = models.CharField("期间", max_length=8)
    version = models.PositiveSmallIntegerField("版次")
    items = models.JSONField("考评项目")
    most_adjustment = models.DecimalField("加减分上限", max_digits=4, decimal_places=2)
    vetoes = ArrayField(models.CharField(max_length=30), verbose_name="一票否决事项", blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="编制人", on_delete=models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField("编制时间")

    objects = AppraisalMethodQuerySet.as_manager()

    class Meta:
        verbose_name = "考评办法"
        verbose_name_plural = "考评办法"
        ordering = ["-period", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["town", "period", "version"], name="a_method_has_one_version_of_a_number"),
            models.CheckConstraint(condition=Q(period__regex=_HALF_YEAR), name="a_method_is_of_a_half_year"),
            models.CheckConstraint(
                condition=Q(most_adjustment__gte=0, most_adjustment__lte=LARGEST_ADJUSTMENT),
                name="bonus_and_penalty_are_bounded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_value.label}考评办法（第 {self.version} 版）"

    @property
    def period_value(self) -> Period:
        return Period.parse(self.period)

    @property
    def item_list(self) -> tuple[Item, ...]:
        return tuple(Item.thawed(one) for one in self.items)

    def item(self, code: str) -> Item | None:
        return next((one for one in self.item_list if one.code == code), None)


class AppraisalRound(models.Model):
    """A half-year's scoring, opened by the office, by the method it locked. Append-only."""

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="appraisal_rounds")
    period = models.CharField("期间", max_length=8)
    method = models.OneToOneField(
        AppraisalMethod, verbose_name="考评办法", on_delete=models.PROTECT, related_name="round"
    )
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="发起人", on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField("发起时间")

    class Meta:
        verbose_name = "考评轮次"
        verbose_name_plural = "考评轮次"
        ordering = ["-period", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["town", "period"], name="a_half_year_is_scored_in_one_round"),
            models.CheckConstraint(condition=Q(period__regex=_HALF_YEAR), name="a_round_is_of_a_half_year"),
        ]

    def __str__(self) -> str:
        return f"{self.period_value.label}物业服务质量考评"

    @property
    def period_value(self) -> Period:
        return Period.parse(self.period)


class Appraisal(models.Model):
    """The appraisal of one firm in one compound and half-year; a wrong final one is corrected by a further version.

    `facts` are what was gathered for the automatic items at `gathered_at`: item code → parts (`appraisal_facts.Part`).
    They change while the appraisal is being scored and at no other time.
    """

    public_id = PublicIdField(verbose_name="编号")
    round = models.ForeignKey(
        AppraisalRound, verbose_name="轮次", on_delete=models.PROTECT, related_name="appraisals", db_index=False
    )
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="appraisals")
    firm = models.ForeignKey(PropertyFirm, verbose_name="企业", on_delete=models.PROTECT, related_name="appraisals")
    period = models.CharField("期间", max_length=8)
    version = models.PositiveSmallIntegerField("版次", default=1)
    corrects = models.OneToOneField(
        "self", verbose_name="更正", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    correction_reason = models.CharField("更正理由", max_length=300, blank=True)
    stage = models.CharField("状态", max_length=10, choices=Stage.choices, default=Stage.SCORING)
    facts = models.JSONField("自动采集的事实", default=dict)
    gathered_at = models.DateTimeField("采集时间")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="送审人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    submitted_at = models.DateTimeField("送审时间", null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="复核人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    told_at = models.DateTimeField("告知企业时间", null=True, blank=True)
    reply_until = models.DateField("申辩截止（含当日）", null=True, blank=True)
    replied_at = models.DateTimeField("企业申辩完毕时间", null=True, blank=True)
    final_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="审定人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = AppraisalQuerySet.as_manager()

    class Meta:
        verbose_name = "物业考评"
        verbose_name_plural = "物业考评"
        ordering = ["-period", "compound_id", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "compound", "firm", "version"],
                name="a_firm_is_appraised_once_per_compound_and_half_year",
            ),
            models.CheckConstraint(
                condition=Q(version=1, corrects__isnull=True, correction_reason="")
                | Q(version__gt=1, corrects__isnull=False) & ~Q(correction_reason=""),
                name="a_further_version_says_what_it_corrects_and_why",
            ),
            models.CheckConstraint(
                condition=Q(stage="scoring") | Q(submitted_by__isnull=False, submitted_at__isnull=False),
                name="an_appraisal_is_submitted_before_its_review",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["scoring", "reviewing"])
                | Q(reviewed_by__isnull=False, told_at__isnull=False, reply_until__isnull=False),
                name="an_appraisal_is_reviewed_before_the_firm_is_told",
            ),
            models.CheckConstraint(
                condition=Q(stage="final", final_by__isnull=False) | ~Q(stage="final") & Q(final_by__isnull=True),
                name="a_final_appraisal_says_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(submitted_by=F("reviewed_by")), name="one_scores_an_appraisal_and_another_reviews_it"
            ),
            models.CheckConstraint(
                condition=~Q(submitted_by=F("final_by")), name="who_scored_an_appraisal_does_not_make_it_final"
            ),
        ]
        indexes = [models.Index(fields=["round", "stage"], name="appraisals_of_a_round")]

    def __str__(self) -> str:
        mark = f"（更正第 {self.version} 版）" if self.version > 1 else ""
        return f"{self.compound}{self.period_value.label}物业考评{mark}"

    @property
    def period_value(self) -> Period:
        return Period.parse(self.period)

    @property
    def is_final(self) -> bool:
        return self.stage == Stage.FINAL


class Mark(models.Model):
    """What a person decided about a score, with reason: an item's points, a bonus or penalty, a veto. Append-only.

    Of one kind and code the last counts; one that does not stand takes the former back.
    """

    append_only = True

    appraisal = models.ForeignKey(Appraisal, verbose_name="考评", on_delete=models.PROTECT, related_name="marks")
    kind = models.CharField("种类", max_length=10, choices=MarkKind.choices)
    code = models.CharField("项目", max_length=30)
    points = models.DecimalField("分值", max_digits=5, decimal_places=2)
    stands = models.BooleanField("有效", default=True)
    reason = models.CharField("理由", max_length=300)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="何人", on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField("何时")

    class Meta:
        verbose_name = "评分"
        verbose_name_plural = "评分"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="a_mark_says_why"),
            models.CheckConstraint(
                condition=~Q(kind="item") | Q(points__gte=0), name="an_item_is_never_scored_below_zero"
            ),
            models.CheckConstraint(condition=~Q(kind="veto") | Q(points=0), name="a_veto_carries_no_points"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.code}"


class MarkFile(models.Model):
    """Evidence for a mark. Append-only."""

    append_only = True

    mark = models.ForeignKey(Mark, verbose_name="评分", on_delete=models.PROTECT, related_name="files")
    file = models.ForeignKey(StoredFile, verbose_name="文件", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "评分材料"
        verbose_name_plural = "评分材料"

    def __str__(self) -> str:
        return str(self.file)


class AppraisalReply(models.Model):
    """申辩: what the firm says against an item, or (without a code) against the whole. Append-only."""

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    appraisal = models.ForeignKey(Appraisal, verbose_name="考评", on_delete=models.PROTECT, related_name="replies")
    code = models.CharField("项目", max_length=30, blank=True)
    text = models.CharField("申辩内容", max_length=1000)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="何人", on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField("何时")

    class Meta:
        verbose_name = "申辩"
        verbose_name_plural = "申辩"
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="a_reply_says_something")]

    def __str__(self) -> str:
        return f"{self.appraisal} {self.code or '总体'}"


class ReplyFile(models.Model):
    """What the firm adds to its reply. Append-only."""

    append_only = True

    reply = models.ForeignKey(AppraisalReply, verbose_name="申辩", on_delete=models.PROTECT, related_name="files")
    file = models.ForeignKey(StoredFile, verbose_name="文件", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "申辩材料"
        verbose_name_plural = "申辩材料"

    def __str__(self) -> str:
        return str(self.file)


class ReplyAnswer(models.Model):
    """The office's answer to a reply: it keeps the points, or changes them by a mark; with reason. Append-only."""

    append_only = True

    reply = models.OneToOneField(AppraisalReply, verbose_name="申辩", on_delete=models.PROTECT, related_name="answer")
    mark = models.OneToOneField(
        Mark, verbose_name="改分", on_delete=models.PROTECT, null=True, blank=True, related_name="answer"
    )
    reason = models.CharField("答复", max_length=300)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="何人", on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField("何时")

    class Meta:
        verbose_name = "申辩答复"
        verbose_name_plural = "申辩答复"
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="an_answer_says_why")]

    def __str__(self) -> str:
        return f"{self.reply} {'改分' if self.mark_id else '维持'}"


class AppraisalStep(models.Model):
    """经过: what happened to an appraisal, by whom and when. Append-only."""

    append_only = True

    class Act(models.TextChoices):
        OPENED = "opened", "开始打分"
        SUBMITTED = "submitted", "送审"
        RETURNED = "returned", "退回"
        TOLD = "told", "复核通过，告知企业"
        REPLIED = "replied", "企业申辩"
        RESTED = "rested", "企业申辩完毕"
        ANSWERED = "answered", "答复申辩"
        FINAL = "final", "审定"

    appraisal = models.ForeignKey(Appraisal, verbose_name="考评", on_delete=models.PROTECT, related_name="steps")
    act = models.CharField("经过", max_length=10, choices=Act.choices)
    words = models.CharField("说明", max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="何人", on_delete=models.PROTECT, null=True, related_name="+"
    )
    at = models.DateTimeField("何时")

    class Meta:
        verbose_name = "考评经过"
        verbose_name_plural = "考评经过"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.get_act_display()


class AppraisalResult(models.Model):
    """What an appraisal came to, with everything it was made of and a hash over both. Append-only.

    `inputs` are what `appraisal_scoring.assess` takes; `heads` give head → [got, of], both as decimal text, got empty
    where no item of the head counted.
    """

    append_only = True

    appraisal = models.OneToOneField(Appraisal, verbose_name="考评", on_delete=models.PROTECT, related_name="result")
    score = models.DecimalField("得分", max_digits=5, decimal_places=2)
    grade = models.CharField("等次", max_length=10, choices=Grade.choices)
    is_vetoed = models.BooleanField("一票否决", default=False)
    heads = models.JSONField("各项得分")
    inputs = models.JSONField("计分依据")
    hash = models.CharField("校验码", max_length=64)
    final_at = models.DateTimeField("审定时间")

    class Meta:
        verbose_name = "考评结果"
        verbose_name_plural = "考评结果"
        constraints = [
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=100), name="a_score_is_out_of_a_hundred"),
            models.CheckConstraint(
                condition=Q(is_vetoed=False) | Q(grade="failed"), name="a_veto_fails_whatever_was_scored"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appraisal} {self.score} 分，{self.get_grade_display()}"
