"""What is asked, in which half-year, in which compound, and of which households."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from communities.models import Body, Compound, PropertyFirm, Town, Unit
from evaluations.querysets import SurveyQuerySet
from evaluations.rules import CLAUSES, Scale, State, SurveyKind
from kernel.fields import PublicIdField
from kernel.periods import Period
from supervision.models import Policy


class Questionnaire(models.Model):
    """One version of the questions of a kind of survey. Append-only: who wants other questions adds a version.

    `questions` are the items in order and the overall question, which decides, last; each is answered on `scale`.
    """

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="questionnaires")
    kind = models.CharField("种类", max_length=10, choices=SurveyKind.choices)
    version = models.PositiveSmallIntegerField("版次")
    title = models.CharField("名称", max_length=60)
    scale = models.CharField("选项", max_length=10, choices=Scale.choices)
    questions = ArrayField(models.CharField(max_length=60), verbose_name="问题")
    template = models.CharField("自带问卷", max_length=30, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="编制人", on_delete=models.PROTECT, null=True)
    made_at = models.DateTimeField("编制时间")

    class Meta:
        verbose_name = "测评问卷"
        verbose_name_plural = "测评问卷"
        ordering = ["kind", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["town", "kind", "version"], name="a_questionnaire_has_one_version_of_a_number"
            ),
            models.UniqueConstraint(
                fields=["town", "template"], condition=~Q(template=""), name="a_template_is_taken_over_once"
            ),
            models.CheckConstraint(condition=Q(questions__len__gte=1), name="a_questionnaire_asks_something"),
        ]

    def __str__(self) -> str:
        return f"{self.title}（第 {self.version} 版）"


class Round(models.Model):
    """Surveys started in one act: of every compound of a town, or of one. Append-only."""

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="survey_rounds")
    period = models.CharField("期间", max_length=8)
    closes_at = models.DateTimeField("截止")
    remind_days = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name="截止前几天提醒", default=list, blank=True
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="发起人", on_delete=models.PROTECT, related_name="survey_rounds"
    )
    started_at = models.DateTimeField("发起时间")

    class Meta:
        verbose_name = "测评轮次"
        verbose_name_plural = "测评轮次"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{Period.parse(self.period).label}测评"


class Survey(models.Model):
    """One survey of one compound. From its opening on nothing of what is asked, of whom and until when may change.

    A trigger holds that and the transitions (migration 0001): draft → open → closing → closed. The private key lies
    in the key store of the worker, never here.
    """

    public_id = PublicIdField(verbose_name="编号")
    round = models.ForeignKey(Round, verbose_name="轮次", on_delete=models.PROTECT, related_name="surveys")
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="surveys")
    kind = models.CharField("种类", max_length=10, choices=SurveyKind.choices)
    period = models.CharField("期间", max_length=8)
    questionnaire = models.ForeignKey(
        Questionnaire, verbose_name="问卷", on_delete=models.PROTECT, related_name="surveys"
    )
    body = models.ForeignKey(
        Body, verbose_name="被测评组织", on_delete=models.PROTECT, null=True, blank=True, related_name="surveys"
    )
    firm = models.ForeignKey(
        PropertyFirm, verbose_name="被测评企业", on_delete=models.PROTECT, null=True, blank=True, related_name="surveys"
    )
    # The numbers of the policy in force when it was started, frozen here: a later document does not move the line.
    policy = models.ForeignKey(
        Policy, verbose_name="依据文件", on_delete=models.PROTECT, null=True, blank=True, related_name="surveys"
    )
    threshold = models.PositiveSmallIntegerField("触发线（%）")
    least_ballots = models.PositiveSmallIntegerField("公布结果的最少有效票")
    turnout_floor = models.PositiveSmallIntegerField("回收率下限（%）")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    closes_at = models.DateTimeField("截止")
    opened_at = models.DateTimeField("开始时间", null=True, blank=True)
    units = models.PositiveIntegerField("名册户数", null=True, blank=True)
    roll_hash = models.CharField("名册校验码", max_length=64, blank=True)
    public_key = models.BinaryField("公钥", null=True, blank=True)
    seal_size = models.PositiveIntegerField("票长（字节）", null=True, blank=True)
    has_escrow = models.BooleanField("有托管密钥", default=False)
    close_asked_at = models.DateTimeField("提前截止时间", null=True, blank=True)
    close_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="提前截止人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="surveys_closed_early",
    )
    close_reason = models.CharField("提前截止的理由", max_length=200, blank=True)
    closed_at = models.DateTimeField("计票时间", null=True, blank=True)
    key_destroyed_at = models.DateTimeField("密钥销毁时间", null=True, blank=True)
    problem = models.CharField("未能办理的原因", max_length=200, blank=True)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = "满意度测评"
        verbose_name_plural = "满意度测评"
        ordering = ["-period", "compound_id", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["compound", "kind", "period"], name="a_compound_has_one_survey_of_a_kind_and_period"
            ),
            models.CheckConstraint(
                condition=Q(state="draft")
                | Q(
                    opened_at__isnull=False,
                    units__gt=0,
                    public_key__isnull=False,
                    seal_size__isnull=False,
                )
                & ~Q(roll_hash=""),
                name="an_open_survey_has_its_key_and_roll",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) & ~Q(state="closed") | Q(closed_at__isnull=False, state="closed"),
                name="a_closed_survey_says_when_it_was_counted",
            ),
            models.CheckConstraint(
                condition=Q(close_asked_at__isnull=True, close_asked_by__isnull=True, close_reason="")
                | Q(close_asked_at__isnull=False, close_asked_by__isnull=False) & ~Q(close_reason=""),
                name="an_early_closing_says_who_and_why",
            ),
            models.CheckConstraint(
                condition=Q(key_destroyed_at__isnull=True) | Q(state="closed"),
                name="a_key_is_destroyed_after_the_count_only",
            ),
            models.CheckConstraint(
                condition=Q(kind="firm", firm__isnull=False, body__isnull=True)
                | ~Q(kind="firm") & Q(firm__isnull=True, body__isnull=False),
                name="a_survey_judges_a_firm_or_a_committee",
            ),
        ]
        indexes = [
            models.Index(fields=["closes_at"], name="surveys_still_to_do", condition=Q(key_destroyed_at__isnull=True)),
            models.Index(fields=["period", "kind"], name="surveys_of_a_period"),
        ]

    def __str__(self) -> str:
        return f"{self.compound}{self.period_value.label}{self.get_kind_display()}"

    @property
    def period_value(self) -> Period:
        return Period.parse(self.period)

    @property
    def subject(self) -> str:
        """Whom it judges: the firm or the committee of its day."""
        return str(self.firm or self.body)

    @property
    def clause(self) -> str:
        return CLAUSES[SurveyKind(self.kind)][0]

    @property
    def ended_at(self) -> datetime:
        """When the box closes: its hour, or when somebody ended it early. A worker that was away makes nobody late."""
        return self.close_asked_at or self.closes_at

    @property
    def is_open(self) -> bool:
        return self.state == State.OPEN

    @property
    def is_closed(self) -> bool:
        return self.state == State.CLOSED

    @property
    def awaits_destruction(self) -> bool:
        """密钥待销毁: counted, and a copy of the key could not be reached yet."""
        return self.is_closed and self.key_destroyed_at is None


class RollEntry(models.Model):
    """A household of the roll as it stood when the survey opened. Append-only; `Survey.roll_hash` is over all."""

    append_only = True

    pk = models.CompositePrimaryKey("survey_id", "unit_id")
    survey = models.ForeignKey(
        Survey, verbose_name="测评", on_delete=models.PROTECT, related_name="roll", db_index=False
    )
    unit = models.ForeignKey(Unit, verbose_name="户", on_delete=models.PROTECT, related_name="rolls")

    class Meta:
        verbose_name = "测评名册"
        verbose_name_plural = "测评名册"

    def __str__(self) -> str:
        return f"{self.survey_id} {self.unit_id}"


class PaperHelp(models.Model):
    """Who typed in a household's paper ballot and who read it over; the answers lie in the seal alone. Append-only."""

    append_only = True

    survey = models.ForeignKey(Survey, verbose_name="测评", on_delete=models.PROTECT, related_name="paper_help")
    unit = models.ForeignKey(Unit, verbose_name="户", on_delete=models.PROTECT, related_name="+")
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="录入人", on_delete=models.PROTECT, related_name="paper_entered"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="核对人", on_delete=models.PROTECT, related_name="paper_confirmed"
    )
    on = models.DateField("日期")

    class Meta:
        verbose_name = "纸质票代录"
        verbose_name_plural = "纸质票代录"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "unit"], name="a_paper_ballot_is_entered_once"),
            models.CheckConstraint(
                condition=~Q(entered_by=F("confirmed_by")), name="one_enters_a_paper_ballot_and_another_confirms_it"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.survey_id} {self.unit_id}"
