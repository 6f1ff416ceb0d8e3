"""延期: deadlines moved openly, for everybody concerned alike (an outage of the portal, an order from above)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from communities.models import Compound, Town, Village
from kernel.fields import PublicIdField
from supervision.querysets import ExtensionQuerySet
from supervision.rules import Duty


class Extension(models.Model):
    """The obligations whose deadline falls on `from_on` … `until_on`, both included, are due on `new_on` instead.

    Of the whole town unless a village, a compound or a duty is named. Append-only; what became of it stands in its
    records: without a confirmation it has no effect, and none any more once it is withdrawn.
    """

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="extensions")
    village = models.ForeignKey(
        Village, verbose_name="村（社区）", on_delete=models.PROTECT, null=True, blank=True, related_name="extensions"
    )
    compound = models.ForeignKey(
        Compound, verbose_name="小区", on_delete=models.PROTECT, null=True, blank=True, related_name="extensions"
    )
    duty = models.CharField("事项", max_length=30, choices=Duty.choices, blank=True)
    from_on = models.DateField("原期限起")
    until_on = models.DateField("原期限止（含当日）")
    new_on = models.DateField("延至（含当日）")
    reason = models.CharField("原因", max_length=200)
    basis = models.CharField("依据（文号或运行记录）", max_length=120)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="录入人", on_delete=models.PROTECT, related_name="extensions_entered"
    )
    entered_at = models.DateTimeField("录入时间")

    objects = ExtensionQuerySet.as_manager()

    class Meta:
        verbose_name = "延期"
        verbose_name_plural = "延期"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_on__gte=F("from_on")), name="an_extension_concerns_at_least_one_day"
            ),
            # So every step of a chain of extensions leads to a later day, and a chain ends.
            models.CheckConstraint(
                condition=Q(new_on__gt=F("until_on")), name="an_extension_makes_every_deadline_later"
            ),
            models.CheckConstraint(
                condition=Q(village__isnull=True) | Q(compound__isnull=True),
                name="an_extension_names_a_village_or_a_compound",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason}（延至{self.new_on:%Y-%m-%d}）"

    @property
    def scope(self) -> str:
        """Whom it concerns, in words: 全镇 · 全部事项."""
        place = f"{self.compound or self.village or '全镇'}"
        return f"{place} · {self.get_duty_display() if self.duty else '全部事项'}"


class ExtensionRecord(models.Model):
    """What became of an extension: confirmed by another person, withdrawn with a reason. Append-only.

    `entered_by` repeats the extension's, held to it by a foreign key over both columns (migration 0006), so that the
    database itself refuses a confirmation by whoever entered it.
    """

    append_only = True

    class Kind(models.TextChoices):
        CONFIRMED = "confirmed", "确认"
        WITHDRAWN = "withdrawn", "撤回"

    extension = models.ForeignKey(
        Extension, verbose_name="延期", on_delete=models.PROTECT, related_name="records", db_index=False
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="录入人", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField("办理", max_length=10, choices=Kind.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="办理人", on_delete=models.PROTECT, related_name="extension_records"
    )
    at = models.DateTimeField("办理时间")
    reason = models.CharField("理由", max_length=200, blank=True)

    class Meta:
        verbose_name = "延期办理记录"
        verbose_name_plural = "延期办理记录"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["extension", "kind"], name="an_extension_is_confirmed_once_and_withdrawn_once"
            ),
            models.CheckConstraint(
                condition=~Q(kind="confirmed") | ~Q(by=F("entered_by")),
                name="one_enters_an_extension_and_another_confirms_it",
            ),
            models.CheckConstraint(
                condition=~Q(kind="withdrawn") | ~Q(reason=""), name="a_withdrawn_extension_has_its_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.extension}"
