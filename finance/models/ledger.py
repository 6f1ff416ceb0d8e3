"""The books: accounts, entries that are never changed, their vouchers, and bank statements."""

from decimal import Decimal
from typing import cast

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from communities.models import Body, Compound, PropertyFirm
from files.models import StoredFile
from finance.querysets import (
    AccountQuerySet,
    EntryQuerySet,
    LineQuerySet,
    StatementQuerySet,
    VoucherQuerySet,
)
from finance.rules import Category, Direction
from kernel.fields import MoneyField, PublicIdField


class LedgerAccount(models.Model):
    """A compound's public-revenue account, held by its committee or its firm. Only the last four digits are kept."""

    public_id = PublicIdField(verbose_name="编号")
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="accounts")
    holder_body = models.ForeignKey(
        Body, verbose_name="户主（业委会）", on_delete=models.PROTECT, null=True, blank=True, related_name="accounts"
    )
    holder_firm = models.ForeignKey(
        PropertyFirm,
        verbose_name="户主（物业）",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts",
    )
    name = models.CharField("账户名称", max_length=80)
    bank = models.CharField("开户行", max_length=80)
    number_tail = models.CharField("账号末四位", max_length=4)
    is_dedicated = models.BooleanField("公共收益专户", default=True)
    opened_on = models.DateField("建账日期")
    opening_balance = MoneyField("建账余额（元）")
    opening_proof = models.ForeignKey(StoredFile, verbose_name="建账余额凭据", on_delete=models.PROTECT)
    closed_on = models.DateField("销户日期", null=True, blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="建账人", on_delete=models.PROTECT)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = "账户"
        verbose_name_plural = "账户"
        constraints = [
            models.CheckConstraint(
                condition=Q(holder_body__isnull=True, holder_firm__isnull=False)
                | Q(holder_body__isnull=False, holder_firm__isnull=True),
                name="an_account_has_one_holder",
            ),
            models.CheckConstraint(condition=Q(number_tail__regex=r"^\d{4}$"), name="an_account_shows_four_digits"),
            models.UniqueConstraint(
                fields=["compound", "bank", "number_tail"],
                condition=Q(closed_on__isnull=True),
                name="an_account_is_opened_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（尾号{self.number_tail}）"

    @property
    def holder(self) -> Body | PropertyFirm:
        return cast("Body | PropertyFirm", self.holder_body or self.holder_firm)


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

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = "银行对账单"
        verbose_name_plural = "银行对账单"
        ordering = ["from_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(until_on__gte=F("from_on")), name="a_statement_ends_after_it_begins")
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.from_on} 至 {self.until_on}"


class StatementLine(models.Model):
    """One line of the bank's own record, as the bank wrote it. Append-only; recognised again by `fingerprint`."""

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

    objects = LineQuerySet.as_manager()

    class Meta:
        verbose_name = "对账单明细"
        verbose_name_plural = "对账单明细"
        ordering = ["on", "statement", "order"]
        constraints = [
            models.UniqueConstraint(fields=["account", "fingerprint"], name="a_bank_line_is_taken_in_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_bank_line_has_a_positive_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.get_direction_display()} {self.amount}"


class Entry(models.Model):
    """One posting in the books. Append-only: positive amount and direction, corrected by a reversal with a reason.

    A bank line may be taken in again after its entry was reversed; `line_turn` counts these, so that two
    clerks at once cannot take it in twice. `form_key` is the key of the form an entry was typed into and
    `form_sha` what it held: the same form sent twice makes one entry.
    """

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    account = models.ForeignKey(LedgerAccount, verbose_name="账户", on_delete=models.PROTECT, related_name="entries")
    on = models.DateField("日期")
    direction = models.CharField("收支", max_length=3, choices=Direction.choices)
    amount = MoneyField("金额（元）")
    category = models.CharField("科目", max_length=3, choices=Category.choices)
    counterparty = models.CharField("对方单位或个人", max_length=120, blank=True)
    counterparty_is_person = models.BooleanField("对方为个人", default=False)
    text = models.CharField("摘要", max_length=200, blank=True)
    line = models.ForeignKey(
        StatementLine,
        verbose_name="对账单明细",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="entries",
    )
    line_turn = models.PositiveSmallIntegerField("入账次序", null=True, blank=True)
    reverses = models.OneToOneField(
        "self", verbose_name="冲正", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    reason = models.CharField("冲正原因", max_length=200, blank=True)
    form_key = models.CharField("表单号", max_length=16, null=True, blank=True, unique=True, editable=False)
    form_sha = models.CharField("表单内容指纹", max_length=64, blank=True, editable=False)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="记账人", on_delete=models.PROTECT)
    entered_at = models.DateTimeField("记账时间")

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = "流水"
        verbose_name_plural = "流水"
        ordering = ["on", "id"]
        indexes = [models.Index(fields=["account", "on"], name="entries_of_an_account_by_day")]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="an_entry_has_a_positive_amount"),
            models.CheckConstraint(
                condition=Q(line__isnull=True, line_turn__isnull=True) | Q(line__isnull=False, line_turn__isnull=False),
                name="an_entry_from_the_bank_names_its_turn",
            ),
            models.UniqueConstraint(fields=["line", "line_turn"], name="a_bank_line_is_booked_once_per_turn"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(reason=""), name="a_reversal_states_its_reason"
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, category__startswith="I", direction=Direction.IN)
                | Q(reverses__isnull=True, category__startswith="E", direction=Direction.OUT)
                | Q(reverses__isnull=False, category__startswith="I", direction=Direction.OUT)
                | Q(reverses__isnull=False, category__startswith="E", direction=Direction.IN),
                name="an_entry_stands_on_the_side_of_its_category",
            ),
            models.CheckConstraint(
                condition=Q(form_key__isnull=True, form_sha="") | (Q(form_key__isnull=False) & ~Q(form_sha="")),
                name="a_form_is_known_by_key_and_content",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.get_category_display()} {self.signed}"

    @property
    def signed(self) -> Decimal:
        """The effect on the balance. A reversal has the opposite direction of what it reverses."""
        return self.amount if self.direction == Direction.IN else -self.amount


class Voucher(models.Model):
    """A file that proves an entry. Marked 可公开 by the preparer, residents may open it; else only bearer and town."""

    public_id = PublicIdField(verbose_name="编号")
    entry = models.ForeignKey(Entry, verbose_name="流水", on_delete=models.PROTECT, related_name="vouchers")
    file = models.ForeignKey(StoredFile, verbose_name="文件", on_delete=models.PROTECT, related_name="vouchers")
    title = models.CharField("名称", max_length=60)
    is_public = models.BooleanField("可公开", default=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT)
    added_at = models.DateTimeField("上传时间")

    objects = VoucherQuerySet.as_manager()

    class Meta:
        verbose_name = "凭证"
        verbose_name_plural = "凭证"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["entry", "file"], name="a_file_proves_an_entry_once")]

    def __str__(self) -> str:
        return self.title


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
