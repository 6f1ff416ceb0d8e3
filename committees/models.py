"""Terms of a committee, and what its members show on the board."""

from django.db import models
from django.db.models import F, Q

from committees.querysets import SeatQuerySet, TermQuerySet
from communities.models import Appointment, Body, Building
from kernel.fields import PublicIdField


class Term(models.Model):
    """A committee's term (届). It runs on as 超期履职 until a successor takes over (274号 arts. 32, 47-49 [M])."""

    public_id = PublicIdField(verbose_name="编号")
    committee = models.ForeignKey(Body, verbose_name="业主委员会", on_delete=models.PROTECT, related_name="terms")
    number = models.PositiveSmallIntegerField("第几届")
    from_on = models.DateField("任期自")
    until_on = models.DateField("任期至（含当日）")
    filed_on = models.DateField("备案日期", null=True, blank=True)
    filing_number = models.CharField("备案号", max_length=60, blank=True)

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = "届"
        verbose_name_plural = "届"
        ordering = ["committee", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["committee", "number"], name="a_committee_has_each_term_once"),
            models.CheckConstraint(condition=Q(until_on__gte=F("from_on")), name="a_term_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.committee} 第{self.number}届"


class Seat(models.Model):
    """A member's seat: the appointment itself, with the facts of the board of clause 4.2.5."""

    class Affiliation(models.TextChoices):
        PARTY = "party", "中共党员"
        PROBATIONARY = "probationary", "中共预备党员"
        YOUTH_LEAGUE = "youth_league", "共青团员"
        OTHER_PARTY = "other_party", "民主党派"
        NON_PARTY = "non_party", "无党派"
        MASSES = "masses", "群众"

    appointment = models.OneToOneField(Appointment, verbose_name="任职", on_delete=models.PROTECT, related_name="seat")
    term = models.ForeignKey(Term, verbose_name="届", on_delete=models.PROTECT, related_name="seats")
    building = models.ForeignKey(Building, verbose_name="所在楼栋", on_delete=models.PROTECT, null=True, blank=True)
    affiliation = models.CharField("政治面貌", max_length=20, choices=Affiliation.choices, blank=True)
    pledge = models.CharField("履职宣言", max_length=200, blank=True)

    objects = SeatQuerySet.as_manager()

    class Meta:
        verbose_name = "委员席位"
        verbose_name_plural = "委员席位"

    def __str__(self) -> str:
        return str(self.appointment)


class Portrait(models.Model):
    """A member's photo for the board. A row of its own that can be deleted: it lives as long as the consent does."""

    seat = models.OneToOneField(Seat, verbose_name="席位", on_delete=models.CASCADE, related_name="portrait")
    content = models.BinaryField("照片")
    content_type = models.CharField("类型", max_length=40)
    given_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = "成员照片"
        verbose_name_plural = "成员照片"

    def __str__(self) -> str:
        return f"{self.seat} 照片"
