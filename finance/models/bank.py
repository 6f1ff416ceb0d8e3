"""What the bank says: its statements and their lines, how its columns are read, what lines were booked as."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from files.models import StoredFile
from finance.models.account import LedgerAccount
from finance.querysets import LineManager, LineQuerySet, StatementManager, StatementQuerySet
from finance.rules import Category, Direction
from kernel.fields import MoneyField, PublicIdField


class BankStatement(models.Model):
    """An imported bank statement: which days it covers and the balances at both ends. Append-only."""

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    account = models.ForeignKey(LedgerAccount, verbose_name="账户", on_delete=models.PROTECT, related_name="statements")
    file = models.ForeignKey(StoredFile, verbose_name="文件", on_delete=models.PROTECT)
    from_on = models.DateField("自")
    until_on = models.DateField("至（含当日）")
    opening_balance = MoneyField("期初余额（元）")
    closing_balance = MoneyField("期末余额（元）")
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="导入人", on_delete=models.PROTECT)
    imported_at = models.DateTimeField("导入时间")
    rows = models.PositiveIntegerField("明细行数", default=0)

    objects = StatementManager()
    recorded = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = "银行对账单"
        verbose_name_plural = "银行对账单"
        ordering = ["from_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(until_on__gte=F("from_on")), name="a_statement_ends_after_it_begins")
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.from_on} 至 {self.until_on}"


class StatementWithdrawal(models.Model):
    """A statement taken in by mistake no longer counts; it and its lines stay in the record. Append-only."""

    append_only = True

    statement = models.OneToOneField(
        BankStatement, verbose_name="对账单", on_delete=models.PROTECT, related_name="withdrawal"
    )
    reason = models.CharField("撤回原因", max_length=200)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="撤回人", on_delete=models.PROTECT)
    withdrawn_at = models.DateTimeField("撤回时间")

    class Meta:
        verbose_name = "对账单撤回"
        verbose_name_plural = "对账单撤回"
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="a_withdrawal_states_its_reason")]

    def __str__(self) -> str:
        return f"{self.statement} 撤回"


class StatementLine(models.Model):
    """One line of the bank's own record, as the bank wrote it. Append-only; recognised again by `fingerprint`.

    `take` counts how often it was taken in: again only after the statement before was withdrawn.
    """

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    statement = models.ForeignKey(BankStatement, verbose_name="对账单", on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(LedgerAccount, verbose_name="账户", on_delete=models.PROTECT, related_name="lines")
    order = models.PositiveIntegerField("时间顺序")
    row = models.PositiveIntegerField("文件行号")
    on = models.DateField("交易日期")
    direction = models.CharField("收支", max_length=3, choices=Direction.choices)
    amount = MoneyField("金额（元）")
    balance = MoneyField("余额（元）")
    counterparty = models.CharField("对方户名", max_length=120, blank=True)
    text = models.CharField("摘要", max_length=200, blank=True)
    fingerprint = models.CharField("指纹", max_length=64)
    take = models.PositiveSmallIntegerField("第几次导入", default=1)

    objects = LineManager()
    recorded = LineQuerySet.as_manager()

    class Meta:
        verbose_name = "对账单明细"
        verbose_name_plural = "对账单明细"
        ordering = ["on", "statement", "order"]
        constraints = [
            models.UniqueConstraint(fields=["account", "fingerprint", "take"], name="a_bank_line_is_taken_in_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_bank_line_has_a_positive_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.get_direction_display()} {self.amount}"


class StatementUpload(models.Model):
    """A statement's file between upload and confirmation: its columns and days can still be corrected by hand.

    Nothing of it is in the books until `statement` is set, once and for good.
    """

    public_id = PublicIdField(verbose_name="编号")
    account = models.ForeignKey(
        LedgerAccount, verbose_name="账户", on_delete=models.PROTECT, related_name="statement_uploads"
    )
    file = models.OneToOneField(StoredFile, verbose_name="文件", on_delete=models.PROTECT)
    columns = models.JSONField("列对应", default=dict)
    from_on = models.DateField("自", null=True, blank=True)
    until_on = models.DateField("至（含当日）", null=True, blank=True)
    opening_balance = MoneyField("期初余额（元）", null=True, blank=True)
    statement = models.OneToOneField(
        BankStatement, verbose_name="对账单", on_delete=models.PROTECT, null=True, blank=True, related_name="upload"
    )
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT)
    uploaded_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = "待确认的对账单"
        verbose_name_plural = "待确认的对账单"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.account} {self.file}"


class StatementMapping(models.Model):
    """The columns of a bank's statement as somebody confirmed them last time."""

    account = models.OneToOneField(LedgerAccount, verbose_name="账户", on_delete=models.CASCADE, related_name="mapping")
    columns = models.JSONField("列对应")
    saved_at = models.DateTimeField("保存时间", auto_now=True)

    class Meta:
        verbose_name = "对账单列对应"
        verbose_name_plural = "对账单列对应"

    def __str__(self) -> str:
        return str(self.account)


class CategoryRule(models.Model):
    """What a counterparty and text were booked as last time, to be proposed next time."""

    account = models.ForeignKey(
        LedgerAccount, verbose_name="账户", on_delete=models.CASCADE, related_name="category_rules"
    )
    direction = models.CharField("收支", max_length=3, choices=Direction.choices)
    counterparty = models.CharField("对方户名", max_length=120, blank=True)
    text = models.CharField("摘要", max_length=200, blank=True)
    category = models.CharField("科目", max_length=3, choices=Category.choices)

    class Meta:
        verbose_name = "归类记忆"
        verbose_name_plural = "归类记忆"
        constraints = [
            models.UniqueConstraint(
                fields=["account", "direction", "counterparty", "text"], name="a_booking_is_remembered_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.counterparty} {self.text} → {self.category}"
