"""Bodies, posts and who holds them. A holder changes by a new appointment, never by an edit (annex)."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from communities.models.firms import PropertyFirm
from communities.models.places import Compound, Town, Village
from communities.querysets import AppointmentQuerySet, BodyQuerySet
from communities.rules import COMPOUND_BODIES, TOWN_BODIES, BodyKind, Role
from kernel.fields import PublicIdField


class Body(models.Model):
    """A body that bears duties: the town's groups and offices, village offices, committees, boards, branches.

    `ended_on` is the last day in office; a committee whose term ran out stays in office until hand-over.
    """

    public_id = PublicIdField(verbose_name="编号")
    kind = models.CharField("种类", max_length=20, choices=BodyKind.choices)
    name = models.CharField("名称", max_length=80)
    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="bodies")
    village = models.ForeignKey(
        Village, verbose_name="村（社区）", on_delete=models.PROTECT, null=True, blank=True, related_name="bodies"
    )
    compound = models.ForeignKey(
        Compound, verbose_name="小区", on_delete=models.PROTECT, null=True, blank=True, related_name="bodies"
    )
    from_on = models.DateField("成立")
    ended_on = models.DateField("最后履职日", null=True, blank=True)

    objects = BodyQuerySet.as_manager()

    class Meta:
        verbose_name = "组织"
        verbose_name_plural = "组织"
        constraints = [
            ExclusionConstraint(
                name="one_committee_is_in_office_per_compound",
                expressions=[
                    (Func("compound", "compound", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func("from_on", "ended_on", Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(kind=BodyKind.COMMITTEE),
            ),
            models.CheckConstraint(
                condition=(
                    Q(kind__in=TOWN_BODIES, village__isnull=True, compound__isnull=True)
                    | Q(kind=BodyKind.VILLAGE_OFFICE, village__isnull=False, compound__isnull=True)
                    | Q(kind__in=COMPOUND_BODIES, village__isnull=False, compound__isnull=False)
                ),
                name="a_body_hangs_where_its_kind_belongs",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("from_on")),
                name="a_body_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Post(models.Model):
    """A post in a body or a firm. A firm's post may be limited to one compound (项目负责人)."""

    public_id = PublicIdField(verbose_name="编号")
    body = models.ForeignKey(
        Body, verbose_name="组织", on_delete=models.PROTECT, null=True, blank=True, related_name="posts"
    )
    firm = models.ForeignKey(
        PropertyFirm, verbose_name="企业", on_delete=models.PROTECT, null=True, blank=True, related_name="posts"
    )
    compound = models.ForeignKey(
        Compound, verbose_name="限于小区", on_delete=models.PROTECT, null=True, blank=True, related_name="firm_posts"
    )
    title = models.CharField("职务", max_length=60)
    role = models.CharField("权限角色", max_length=20, choices=Role.choices)
    is_single = models.BooleanField("同时只由一人担任", default=False)
    order = models.PositiveSmallIntegerField("排序", default=100)

    class Meta:
        verbose_name = "职务"
        verbose_name_plural = "职务"
        ordering = ["order", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(body__isnull=False, firm__isnull=True, compound__isnull=True)
                | Q(body__isnull=True, firm__isnull=False),
                name="a_post_belongs_to_a_body_or_a_firm",
            ),
            models.UniqueConstraint(
                fields=["body", "firm", "compound", "title"],
                name="a_post_is_titled_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.body or self.firm} {self.title}"


class Appointment(models.Model):
    """A person holds a post from/until, last day included. A suspension is dated, nothing is deleted.

    A suspended holder loses every right at once (clause 4.2.2).
    """

    public_id = PublicIdField(verbose_name="编号")
    post = models.ForeignKey(Post, verbose_name="职务", on_delete=models.PROTECT, related_name="appointments")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="人员", on_delete=models.PROTECT, related_name="appointments"
    )
    from_on = models.DateField("任职自")
    until_on = models.DateField("任职至（含当日）", null=True, blank=True)
    suspended_from_on = models.DateField("暂停履职自", null=True, blank=True)
    suspended_until_on = models.DateField("暂停履职至（含当日）", null=True, blank=True)
    is_exclusive = models.BooleanField("独任", default=False, editable=False)
    basis = models.CharField("任职依据", max_length=120, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = "任职"
        verbose_name_plural = "任职"
        constraints = [
            ExclusionConstraint(
                name="a_single_post_has_one_holder_at_a_time",
                expressions=[
                    (Func("post", "post", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func("from_on", "until_on", Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(is_exclusive=True),
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="an_appointment_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(suspended_until_on__isnull=True) | Q(suspended_from_on__isnull=False),
                name="a_suspension_has_a_first_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.post}"


class Suspension(models.Model):
    """One suspension of an appointment (clause 4.2.2), from/until, last day included. Each is a row of its own.

    The latest stands on the appointment as well, where every predicate reads it without a join.
    """

    appointment = models.ForeignKey(
        Appointment, verbose_name="任职", on_delete=models.PROTECT, related_name="suspensions"
    )
    from_on = models.DateField("暂停履职自")
    until_on = models.DateField("暂停履职至（含当日）", null=True, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="登记人", on_delete=models.PROTECT, null=True, blank=True
    )
    entered_at = models.DateTimeField("登记时间", auto_now_add=True)

    class Meta:
        verbose_name = "暂停履职"
        verbose_name_plural = "暂停履职"
        ordering = ["from_on", "id"]
        constraints = [
            ExclusionConstraint(
                name="suspensions_of_an_appointment_do_not_overlap",
                expressions=[
                    (Func("appointment", "appointment", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func("from_on", "until_on", Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="a_suspension_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.appointment} 自{self.from_on}暂停"
