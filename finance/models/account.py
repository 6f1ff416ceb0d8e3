"""The account of a compound's public revenue."""

from typing import cast

from django.conf import settings
from django.db import models
from django.db.models import Q

from communities.models import Body, Compound, PropertyFirm
from files.models import StoredFile
from finance.querysets import AccountQuerySet
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
