"""Owners and what they own."""

from django.conf import settings
from django.db import models

from communities.models.places import Compound, Unit
from communities.querysets import OwnershipQuerySet
from communities.rules import OwnerKind
from kernel.fields import PublicIdField


class Owner(models.Model):
    """An owner as the compound's roster knows them; the same name and phone is one owner with several units.

    An owner without a phone belongs to the one home the roster names them for.
    """

    public_id = PublicIdField(verbose_name="编号")
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.CASCADE, related_name="owners")
    name = models.CharField("姓名", max_length=80)
    phone = models.CharField("联系电话", max_length=20, blank=True)
    kind = models.CharField("类型", max_length=10, choices=OwnerKind.choices, default=OwnerKind.NATURAL)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="账号",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="owners",
    )

    class Meta:
        verbose_name = "业主"
        verbose_name_plural = "业主"
        constraints = [
            # Without a phone, a name alone does not make two owners one: 王芳 of 3-101 need not be 王芳 of 5-902.
            models.UniqueConstraint(
                fields=["compound", "name", "phone"],
                condition=~models.Q(phone=""),
                name="an_owner_is_listed_once_per_compound",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Ownership(models.Model):
    """An owner's share in a unit, from/until; ended, never deleted. Co-owners have a row each."""

    unit = models.ForeignKey(Unit, verbose_name="户", on_delete=models.CASCADE, related_name="ownerships")
    owner = models.ForeignKey(Owner, verbose_name="业主", on_delete=models.PROTECT, related_name="ownerships")
    from_on = models.DateField("自", null=True, blank=True)
    until_on = models.DateField("至", null=True, blank=True)

    objects = OwnershipQuerySet.as_manager()

    class Meta:
        verbose_name = "产权"
        verbose_name_plural = "产权"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "owner"],
                condition=models.Q(until_on__isnull=True),
                name="an_owner_holds_a_unit_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(until_on__isnull=True)
                | models.Q(from_on__isnull=True)
                | models.Q(until_on__gte=models.F("from_on")),
                name="an_ownership_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner} · {self.unit}"
