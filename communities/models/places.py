"""Places: city, town, village, compound, building, stair, unit."""

from datetime import date
from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from communities.querysets import BuildingQuerySet, CompoundQuerySet, UnitQuerySet, VillageQuerySet
from communities.rules import CompoundKind
from kernel.fields import AreaField, PublicIdField

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class City(models.Model):
    """The county-level city above the town; its housing bureau receives copies (clause 4.2.4)."""

    code = models.CharField("行政区划代码", max_length=12, unique=True, validators=[RegexValidator(r"^\d{6}$")])
    name = models.CharField("名称", max_length=40)
    housing_bureau = models.CharField("住建部门", max_length=60, default="市住建局")

    class Meta:
        verbose_name = "市"
        verbose_name_plural = "市"

    def __str__(self) -> str:
        return self.name


class Town(models.Model):
    """The supervising town; every scope hangs under one, and one installation can hold many.

    No obligation is opened for a period that came due for opening before `supervised_from_on`, whatever the facts
    entered since say about it; by default the day the plan came into force.
    """

    city = models.ForeignKey(City, verbose_name="所属市", on_delete=models.PROTECT)
    code = models.CharField("行政区划代码", max_length=12, unique=True, validators=[RegexValidator(r"^\d{9}$")])
    name = models.CharField("名称", max_length=40)
    supervised_from_on = models.DateField("自何日起监督", default=date(2023, 11, 1))

    class Meta:
        verbose_name = "镇"
        verbose_name_plural = "镇"

    def __str__(self) -> str:
        return self.name


class Village(models.Model):
    """A village or urban community (村、社区) of the town."""

    public_id = PublicIdField(verbose_name="编号")
    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="villages")
    name = models.CharField("名称", max_length=40)
    duty_area = models.CharField("所属片点", max_length=20, blank=True)

    objects = VillageQuerySet.as_manager()

    class Meta:
        verbose_name = "村（社区）"
        verbose_name_plural = "村（社区）"
        constraints = [models.UniqueConstraint(fields=["town", "name"], name="a_village_is_named_once_per_town")]

    def __str__(self) -> str:
        return self.name


class Compound(models.Model):
    """A residential compound (住宅小区). Whether it has service follows from its contracts."""

    public_id = PublicIdField(verbose_name="编号")
    village = models.ForeignKey(Village, verbose_name="村（社区）", on_delete=models.PROTECT, related_name="compounds")
    name = models.CharField("小区名称", max_length=60)
    kind = models.CharField("类型", max_length=20, choices=CompoundKind.choices)
    built_year = models.PositiveSmallIntegerField(
        "建成年份", validators=[MinValueValidator(1950), MaxValueValidator(2100)]
    )
    address = models.CharField("地址", max_length=120, blank=True)
    has_maintenance_fund = models.BooleanField("有公维金", default=True)
    has_lift = models.BooleanField("有电梯", default=True)
    has_owner_group = models.BooleanField("有小微权力监督微信群", default=True)

    buildings: "RelatedManager[Building]"
    # Beside the columns, where a list asked for them: `for_list`, `by_having_nobody`.
    unit_count: int
    firm_name: str | None
    committee_name: str | None
    is_bare: bool
    objects = CompoundQuerySet.as_manager()

    class Meta:
        verbose_name = "小区"
        verbose_name_plural = "小区"
        constraints = [
            models.UniqueConstraint(fields=["village", "name"], name="a_compound_is_named_once_per_village"),
        ]

    def __str__(self) -> str:
        return self.name


class Building(models.Model):
    """A building; `text` as the roster wrote it, `key` normalised (3#, 3栋, ３号楼 are one)."""

    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.CASCADE, related_name="buildings")
    key = models.CharField("楼栋键", max_length=20)
    text = models.CharField("楼栋", max_length=40)

    units: "RelatedManager[Unit]"
    objects = BuildingQuerySet.as_manager()

    class Meta:
        verbose_name = "楼栋"
        verbose_name_plural = "楼栋"
        constraints = [models.UniqueConstraint(fields=["compound", "key"], name="a_building_is_keyed_once")]

    def __str__(self) -> str:
        return self.text


class Stair(models.Model):
    """A stair (单元) within a building."""

    building = models.ForeignKey(Building, verbose_name="楼栋", on_delete=models.CASCADE, related_name="stairs")
    key = models.CharField("单元键", max_length=20)
    text = models.CharField("单元", max_length=40)

    class Meta:
        verbose_name = "单元"
        verbose_name_plural = "单元"
        constraints = [models.UniqueConstraint(fields=["building", "key"], name="a_stair_is_keyed_once")]

    def __str__(self) -> str:
        return self.text


class Unit(models.Model):
    """A household's exclusive part (户). Area in m² decides votes and shares (Civil Code arts. 278, 283)."""

    public_id = PublicIdField(verbose_name="编号")
    building = models.ForeignKey(Building, verbose_name="楼栋", on_delete=models.CASCADE, related_name="units")
    stair = models.ForeignKey(
        Stair, verbose_name="单元", on_delete=models.PROTECT, null=True, blank=True, related_name="units"
    )
    room_key = models.CharField("房号键", max_length=20)
    room_text = models.CharField("房号", max_length=40)
    area = AreaField("专有面积（m²）")
    certificate = models.CharField("产权证号", max_length=80, blank=True)
    remark = models.CharField("备注", max_length=200, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = "户（房屋）"
        verbose_name_plural = "户（房屋）"
        constraints = [
            models.UniqueConstraint(
                fields=["building", "stair", "room_key"], name="a_unit_is_keyed_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=models.Q(area__gt=0), name="a_unit_has_a_positive_area"),
        ]

    def __str__(self) -> str:
        stair = f"{self.stair.text}" if self.stair else ""
        return f"{self.building.text}{stair}{self.room_text}"
