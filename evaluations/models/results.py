"""What a survey came to, and what follows from it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from evaluations.models.surveys import Survey
from evaluations.querysets import SurveyProposalQuerySet
from evaluations.rules import SHOWN_OUTCOMES, Act, Outcome, Tally
from kernel.fields import PublicIdField


class SurveyResult(models.Model):
    """The count, written with the ballots in one transaction. Append-only.

    `tallies` holds one object per question, letter → count, the overall question last; the columns repeat what decides.
    """

    append_only = True

    survey = models.OneToOneField(Survey, verbose_name="测评", on_delete=models.PROTECT, related_name="result")
    participations = models.PositiveIntegerField("参与户数")
    valid = models.PositiveIntegerField("有效票")
    satisfied = models.PositiveIntegerField("满意票")
    dissatisfied = models.PositiveIntegerField("不满意票")
    outcome = models.CharField("结论", max_length=8, choices=Outcome.choices)
    tallies = models.JSONField("各题合计")
    list_hash = models.CharField("名单校验码", max_length=64)

    class Meta:
        verbose_name = "测评结果"
        verbose_name_plural = "测评结果"
        constraints = [
            models.CheckConstraint(
                condition=Q(valid__gte=F("satisfied") + F("dissatisfied")),
                name="no_ballot_counts_for_both_sides",
            ),
            models.CheckConstraint(
                condition=Q(participations__gte=F("valid")), name="no_more_ballots_are_valid_than_were_cast"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.survey} {self.get_outcome_display()}"

    @property
    def is_shown(self) -> bool:
        """Whether its figures may be read; of the others turnout only."""
        return self.outcome in SHOWN_OUTCOMES

    @property
    def overall(self) -> Tally:
        return Tally(self.tallies[-1])


class SurveyProposal(models.Model):
    """What a result proposes, with clause and figures; the plan says the town may (可介入), an officer decides."""

    class Decision(models.TextChoices):
        DONE = "done", "已采纳办理"
        DECLINED = "declined", "不采纳"

    public_id = PublicIdField(verbose_name="编号")
    survey = models.OneToOneField(Survey, verbose_name="测评", on_delete=models.PROTECT, related_name="proposal")
    act = models.CharField("建议", max_length=12, choices=Act.choices)
    clause = models.CharField("依据", max_length=60)
    figures = models.CharField("数字", max_length=120)
    proposed_at = models.DateTimeField("建议时间")
    decision = models.CharField("决定", max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="决定人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="survey_decisions",
    )
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    reason = models.CharField("理由", max_length=200, blank=True)

    objects = SurveyProposalQuerySet.as_manager()

    class Meta:
        verbose_name = "测评建议"
        verbose_name_plural = "测评建议"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True, decided_by__isnull=True)
                | ~Q(decision="") & Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(reason=""),
                name="a_survey_decision_says_who_when_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()}：{self.survey}"
