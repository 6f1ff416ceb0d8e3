"""现场检查: what somebody of the town or the village found on site, with a photo of each fault (clause 四（四）4).

An inspection is a draft between the stops of a tour; handed in it stays as it is (triggers, migration 0003), and a
mistake in it is withdrawn by another row.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from communities.models import Compound, PropertyFirm
from evaluations.fieldwork_querysets import InspectionQuerySet
from evaluations.models.appraisals import AppraisalMethod
from files.models import StoredFile
from kernel.fields import PublicIdField
from kernel.periods import Period


class Inspection(models.Model):
    """One visit to one compound, for the firm that serves it, by the method of the half-year.

    `checked` are the codes of the items that were looked at: an item looked at without a finding keeps its points.
    """

    public_id = PublicIdField(verbose_name="编号")
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="inspections")
    firm = models.ForeignKey(PropertyFirm, verbose_name="企业", on_delete=models.PROTECT, related_name="inspections")
    period = models.CharField("期间", max_length=8)
    method = models.ForeignKey(
        AppraisalMethod, verbose_name="考评办法", on_delete=models.PROTECT, related_name="inspections"
    )
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="检查人", on_delete=models.PROTECT, related_name="inspections"
    )
    begun_at = models.DateTimeField("开始时间")
    visited_on = models.DateField("检查日期", null=True, blank=True)
    companions = models.CharField("同行人员", max_length=60, blank=True)
    checked = ArrayField(models.CharField(max_length=30), verbose_name="检查项目", default=list, blank=True)
    handed_in_at = models.DateTimeField("提交时间", null=True, blank=True)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = "现场检查"
        verbose_name_plural = "现场检查"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "begun_by"],
                condition=Q(handed_in_at__isnull=True),
                name="a_person_writes_one_inspection_of_a_compound_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(handed_in_at__isnull=True) | Q(visited_on__isnull=False, checked__len__gte=1),
                name="an_inspection_handed_in_says_when_and_what_was_checked",
            ),
            models.CheckConstraint(condition=Q(period__regex=r"^\d{4}H[12]$"), name="an_inspection_is_of_a_half_year"),
        ]
        indexes = [models.Index(fields=["period", "compound"], name="inspections_of_a_half_year")]

    def __str__(self) -> str:
        return f"{self.compound}现场检查"

    @property
    def period_value(self) -> Period:
        return Period.parse(self.period)

    @property
    def is_handed_in(self) -> bool:
        return self.handed_in_at is not None


class Finding(models.Model):
    """A fault found on site, and how many points it takes off an item of the method. Frozen with its inspection.

    Several may take off more than the item has; the score sheet stops at zero, not this row.
    """

    public_id = PublicIdField(verbose_name="编号")
    inspection = models.ForeignKey(
        Inspection, verbose_name="现场检查", on_delete=models.CASCADE, related_name="findings"
    )
    code = models.CharField("项目", max_length=30)
    points = models.DecimalField("扣分", max_digits=5, decimal_places=2)
    words = models.CharField("情况", max_length=300)
    found_at = models.DateTimeField("记录时间")

    class Meta:
        verbose_name = "检查发现的问题"
        verbose_name_plural = "检查发现的问题"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(points__gt=0, points__lte=100), name="a_finding_takes_points_off"),
            models.CheckConstraint(condition=~Q(words=""), name="a_finding_says_what_was_found"),
        ]

    def __str__(self) -> str:
        return f"{self.code} −{self.points}"


class FindingPhoto(models.Model):
    """A photo of a fault, re-encoded by the door: without the place and the hour a phone puts into it."""

    finding = models.ForeignKey(Finding, verbose_name="问题", on_delete=models.CASCADE, related_name="photos")
    file = models.OneToOneField(StoredFile, verbose_name="照片", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "问题照片"
        verbose_name_plural = "问题照片"
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.file)


class FindingWithdrawal(models.Model):
    """A finding of an inspection already handed in that does not count any more, and why. Append-only."""

    append_only = True

    finding = models.OneToOneField(Finding, verbose_name="问题", on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.CharField("理由", max_length=200)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="撤回人", on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField("撤回时间")

    class Meta:
        verbose_name = "问题撤回"
        verbose_name_plural = "问题撤回"
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="a_finding_is_withdrawn_with_a_reason")]

    def __str__(self) -> str:
        return f"{self.finding} 撤回"
