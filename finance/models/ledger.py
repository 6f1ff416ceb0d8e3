"""The books: entries that are never changed, and their vouchers."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from files.models import StoredFile
from finance.models.account import LedgerAccount
from finance.models.bank import StatementLine
from finance.querysets import EntryQuerySet, VoucherQuerySet
from finance.rules import Category, Direction
from kernel.fields import MoneyField, PublicIdField


class Entry(models.Model):
    """One posting in the books. Append-only: positive amount and direction, corrected by a reversal with a reason.

    A bank line is one entry or several parts that sum to it (decision 0012). It may be taken in again after an entry
    was reversed: `line_turn` counts these and `line_part` the parts of a turn, so that two clerks at once cannot take
    it in twice. `form_key` is the key of the form an entry was typed into and
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
    line_part = models.PositiveSmallIntegerField("第几部分", default=1)
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
            models.UniqueConstraint(
                fields=["line", "line_turn", "line_part"], name="a_bank_line_is_booked_once_per_turn"
            ),
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
