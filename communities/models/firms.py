"""Property firms and their service contracts."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value

from communities.models.places import Compound
from communities.querysets import ContractQuerySet
from kernel.credit_code import is_credit_code
from kernel.fields import PublicIdField


def validate_credit_code(code: str) -> None:
    """GB 32100-2015: 18 characters with a check digit."""
    if not is_credit_code(code):
        raise ValidationError("统一社会信用代码应为 18 位，且校验位须正确。")


class PropertyFirm(models.Model):
    """A property firm (物业服务企业)."""

    public_id = PublicIdField(verbose_name="编号")
    name = models.CharField("企业名称", max_length=80)
    credit_code = models.CharField("统一社会信用代码", max_length=18, unique=True, validators=[validate_credit_code])
    contact = models.CharField("联系人", max_length=40, blank=True)
    phone = models.CharField("联系电话", max_length=20, blank=True)

    class Meta:
        verbose_name = "物业服务企业"
        verbose_name_plural = "物业服务企业"

    def __str__(self) -> str:
        return self.name


class ServiceContract(models.Model):
    """A firm's contract for a compound.

    `until_on` is the agreed end. The firm stays in office past it (超期履职) until `ended_on`, the day of
    hand-over (Civil Code arts. 948, 950); only one firm is in office in a compound at a time.
    """

    public_id = PublicIdField(verbose_name="编号")
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="contracts")
    firm = models.ForeignKey(PropertyFirm, verbose_name="企业", on_delete=models.PROTECT, related_name="contracts")
    from_on = models.DateField("服务开始")
    until_on = models.DateField("约定到期（含当日）", null=True, blank=True)
    ended_on = models.DateField("交接完毕（最后服务日）", null=True, blank=True)
    fee_per_m2 = models.DecimalField("物业费（元/m²·月）", max_digits=8, decimal_places=2)

    objects = ContractQuerySet.as_manager()

    class Meta:
        verbose_name = "物业服务合同"
        verbose_name_plural = "物业服务合同"
        constraints = [
            ExclusionConstraint(
                name="one_firm_serves_a_compound_at_a_time",
                expressions=[
                    (Func("compound", "compound", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func("from_on", "ended_on", Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("from_on")),
                name="a_contract_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="a_contract_is_agreed_for_at_least_a_day",
            ),
            models.CheckConstraint(condition=Q(fee_per_m2__gte=0), name="a_fee_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.firm} · {self.compound}"
