"""The quarter's disclosure: a draft that several people work on, then frozen, hashed, posted copies."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from communities.models import Compound
from finance.models.account import LedgerAccount
from finance.models.bank import StatementLine
from finance.querysets import DisclosureQuerySet, DraftQuerySet
from kernel.fields import MoneyField, PublicIdField
from supervision.models import Obligation


class DisclosureDraft(models.Model):
    """The work on one obligation's next version: prepared by one, reviewed by another, then published."""

    class Stage(models.TextChoices):
        PREPARING = "preparing", "编制中"
        SUBMITTED = "submitted", "待审核"
        REVIEWED = "reviewed", "已审核，待发布"
        PUBLISHED = "published", "已发布"

    public_id = PublicIdField(verbose_name="编号")
    obligation = models.ForeignKey(
        Obligation, verbose_name="义务事项", on_delete=models.PROTECT, related_name="disclosure_drafts"
    )
    account = models.ForeignKey(LedgerAccount, verbose_name="账户", on_delete=models.PROTECT, related_name="drafts")
    stage = models.CharField("阶段", max_length=10, choices=Stage.choices, default=Stage.PREPARING)
    note = models.TextField("说明", max_length=500, blank=True)
    contact = models.CharField("查询联系方式", max_length=60, blank=True)
    is_nil = models.BooleanField("本季度无收支", default=False)
    correction_reason = models.CharField("更正原因", max_length=200, blank=True)
    returned_reason = models.CharField("退回原因", max_length=200, blank=True)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="编制人",
        on_delete=models.PROTECT,
        related_name="drafts_prepared",
        null=True,
        blank=True,
    )
    prepared_at = models.DateTimeField("提交时间", null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="审核人",
        on_delete=models.PROTECT,
        related_name="drafts_reviewed",
        null=True,
        blank=True,
    )
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    reviewed_sha = models.CharField("所审内容指纹", max_length=64, blank=True)
    started_at = models.DateTimeField("开始时间")

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = "公示底稿"
        verbose_name_plural = "公示底稿"
        constraints = [
            models.UniqueConstraint(
                fields=["obligation"],
                condition=~Q(stage="published"),
                name="an_obligation_has_one_draft_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("prepared_by")),
                name="nobody_reviews_what_they_prepared",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=["reviewed", "published"]) | Q(reviewed_by__isnull=False),
                name="a_reviewed_draft_names_its_reviewer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.obligation} {self.get_stage_display()}"


class ReconcilingItem(models.Model):
    """A bank line not yet in the books at the quarter's end, or a booked sum not yet at the bank, with its reason."""

    public_id = PublicIdField(verbose_name="编号")
    draft = models.ForeignKey(
        DisclosureDraft, verbose_name="底稿", on_delete=models.CASCADE, related_name="reconciling"
    )
    line = models.ForeignKey(StatementLine, verbose_name="对账单明细", on_delete=models.PROTECT, null=True, blank=True)
    amount = MoneyField("对银行余额的调整（元，带符号）")
    reason = models.CharField("原因", max_length=200)

    class Meta:
        verbose_name = "未达账项"
        verbose_name_plural = "未达账项"
        constraints = [
            models.UniqueConstraint(fields=["draft", "line"], name="a_line_is_reconciled_once_per_draft"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.reason}"


class ChainHead(models.Model):
    """The last link of a compound's chain of disclosures; locked while a new one is appended."""

    compound = models.OneToOneField(Compound, on_delete=models.PROTECT, primary_key=True, related_name="chain_head")
    seq = models.PositiveIntegerField("序号", default=0)
    hash = models.CharField("链头", max_length=64, blank=True)

    class Meta:
        verbose_name = "链头"
        verbose_name_plural = "链头"

    def __str__(self) -> str:
        return f"{self.compound_id}#{self.seq}"


class Disclosure(models.Model):
    """A published version: the frozen figures, their hash, and its link in the compound's chain. Append-only.

    `figures` holds strings and integers only (money in 分); the page, the poster and the spreadsheet are made
    from it alone. Version 1 is the first; a correction is a higher version with a reason.
    """

    append_only = True

    class Opening(models.TextChoices):
        CHAINED = "chained", "承接上季公示"
        FIRST = "first", "首期，附建账凭据"
        STATEMENT = "statement", "上季未公示，以对账单为据"

    public_id = PublicIdField(verbose_name="编号")
    obligation = models.ForeignKey(
        Obligation, verbose_name="义务事项", on_delete=models.PROTECT, related_name="disclosures"
    )
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="disclosures")
    account = models.ForeignKey(
        LedgerAccount, verbose_name="账户", on_delete=models.PROTECT, related_name="disclosures"
    )
    draft = models.OneToOneField(
        DisclosureDraft, verbose_name="底稿", on_delete=models.PROTECT, related_name="disclosure"
    )
    period = models.CharField("季度", max_length=8)
    version = models.PositiveSmallIntegerField("版本")
    opening_basis = models.CharField("期初依据", max_length=10, choices=Opening.choices)
    opening = MoneyField("上期结余（元）")
    income = MoneyField("本季收入（元）")
    expense = MoneyField("本季支出（元）")
    closing = MoneyField("本期结余（元）")
    figures = models.JSONField("冻结数据")
    reason = models.CharField("更正原因", max_length=200, blank=True)
    seq = models.PositiveIntegerField("链序号")
    prev = models.CharField("上一指纹", max_length=64, blank=True)
    body_sha = models.CharField("内容指纹", max_length=64)
    hash = models.CharField("指纹", max_length=64, unique=True)
    hash_version = models.PositiveSmallIntegerField("指纹版本", default=1)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="发布人", on_delete=models.PROTECT)
    published_at = models.DateTimeField("发布时间")

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = "公示"
        verbose_name_plural = "公示"
        ordering = ["-published_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["obligation", "account", "version"], name="a_version_is_published_once"),
            models.UniqueConstraint(fields=["compound", "seq"], name="a_chain_has_no_fork_by_number"),
            models.UniqueConstraint(fields=["compound", "prev"], name="a_chain_has_no_fork_by_link"),
            models.CheckConstraint(
                condition=Q(closing=F("opening") + F("income") - F("expense")),
                name="closing_is_opening_plus_income_minus_expense",
            ),
            models.CheckConstraint(condition=Q(version=1) | ~Q(reason=""), name="a_correction_states_its_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.compound} {self.period} 第{self.version}版"


class Countersign(models.Model):
    """会签: the other bearer of a shared account adopts a published disclosure as its own. Append-only.

    One row for each account the other bearer disclosed for the quarter.
    """

    append_only = True

    disclosure = models.ForeignKey(
        Disclosure, verbose_name="公示", on_delete=models.PROTECT, related_name="countersigns"
    )
    obligation = models.ForeignKey(
        Obligation, verbose_name="义务事项", on_delete=models.PROTECT, related_name="countersigns"
    )
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="会签人", on_delete=models.PROTECT)
    signed_at = models.DateTimeField("会签时间")
    note = models.CharField("意见", max_length=200, blank=True)

    class Meta:
        verbose_name = "会签"
        verbose_name_plural = "会签"
        constraints = [
            models.UniqueConstraint(fields=["obligation", "disclosure"], name="a_version_is_countersigned_once")
        ]

    def __str__(self) -> str:
        return f"{self.disclosure} 会签"
