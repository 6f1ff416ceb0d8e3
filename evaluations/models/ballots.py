"""Who took part, and apart from it the ballots: sealed while the survey is open, opened and sorted when it closes.

Nothing else stands on a ballot: no weight, building, day, counter, history, and no page of the administration.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from communities.models import Unit
from evaluations.models.surveys import Survey
from evaluations.rules import Channel
from kernel.fields import PublicIdField


class Participation(models.Model):
    """That a household took part, on which day, by which door. Append-only; of what it answered nothing is here."""

    append_only = True

    survey = models.ForeignKey(
        Survey, verbose_name="测评", on_delete=models.PROTECT, related_name="participations", db_index=False
    )
    # Held to the roll by a foreign key over both columns (migration 0001): nobody else can take part.
    unit = models.ForeignKey(Unit, verbose_name="户", on_delete=models.PROTECT, related_name="participations")
    day = models.DateField("日期")
    channel = models.CharField("渠道", max_length=5, choices=Channel.choices)

    class Meta:
        verbose_name = "参与记录"
        verbose_name_plural = "参与记录"
        constraints = [
            models.UniqueConstraint(fields=["survey", "unit"], name="a_household_takes_part_once"),
        ]

    def __str__(self) -> str:
        return f"{self.survey_id} {self.unit_id}"


class SealedBallot(models.Model):
    """A ballot nobody can read while the survey is open. Never changed; deleted by the count alone (a trigger)."""

    id = models.UUIDField("编号", primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, verbose_name="测评", on_delete=models.PROTECT, related_name="sealed_ballots")
    seal = models.BinaryField("密封内容")

    class Meta:
        verbose_name = "密封票"
        verbose_name_plural = "密封票"

    def __str__(self) -> str:
        return str(self.id)


class SealedComment(models.Model):
    """A household's comment under a seal of its own; always written, empty too, so that having said something shows
    nowhere."""

    id = models.UUIDField("编号", primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, verbose_name="测评", on_delete=models.PROTECT, related_name="sealed_comments")
    seal = models.BinaryField("密封内容")

    class Meta:
        verbose_name = "密封意见"
        verbose_name_plural = "密封意见"

    def __str__(self) -> str:
        return str(self.id)


class Ballot(models.Model):
    """An opened ballot: its receipt, known to its voter alone, and a letter per question, the overall one last.

    Written once, in the order of the receipts, by the count alone (a trigger). Append-only.
    """

    append_only = True

    pk = models.CompositePrimaryKey("survey_id", "receipt")
    survey = models.ForeignKey(
        Survey, verbose_name="测评", on_delete=models.PROTECT, related_name="ballots", db_index=False
    )
    receipt = models.CharField("回执", max_length=16, db_collation="C")
    answers = models.CharField("答案", max_length=20)

    class Meta:
        verbose_name = "选票"
        verbose_name_plural = "选票"

    def __str__(self) -> str:
        return self.receipt


#: Rows an hour is counted in. All who vote in it would wait for one another's commit at a single one.
LANES = 16


class TurnoutHour(models.Model):
    """How many votes a survey took in one hour, without saying whose: bursts and a late surge show here.

    The hour's count is the sum over its lanes; each vote takes one at random.
    """

    pk = models.CompositePrimaryKey("survey_id", "hour", "lane")
    survey = models.ForeignKey(
        Survey, verbose_name="测评", on_delete=models.PROTECT, related_name="hours", db_index=False
    )
    hour = models.DateTimeField("小时")
    lane = models.PositiveSmallIntegerField("道", default=0)
    count = models.PositiveIntegerField("票数")

    class Meta:
        verbose_name = "每小时票数"
        verbose_name_plural = "每小时票数"

    def __str__(self) -> str:
        return f"{self.hour:%m-%d %H}时 {self.count}"


class Comment(models.Model):
    """A comment out of its seal, in random order, for one to redact and another to release."""

    public_id = PublicIdField(verbose_name="编号", primary_key=True)
    survey = models.ForeignKey(Survey, verbose_name="测评", on_delete=models.PROTECT, related_name="comments")
    text = models.CharField("原文", max_length=300)
    redacted = models.CharField("公布稿", max_length=300, blank=True)
    redacted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="处理人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="comments_redacted",
    )
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="发布人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="comments_released",
    )
    released_on = models.DateField("发布日", null=True, blank=True)

    class Meta:
        verbose_name = "业主意见"
        verbose_name_plural = "业主意见"
        ordering = ["public_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(released_by__isnull=True) | Q(redacted_by__isnull=False) & ~Q(released_by=F("redacted_by")),
                name="one_redacts_a_comment_and_another_releases_it",
            ),
            models.CheckConstraint(
                condition=Q(released_by__isnull=True, released_on__isnull=True)
                | Q(released_by__isnull=False, released_on__isnull=False),
                name="a_released_comment_has_its_day",
            ),
        ]

    def __str__(self) -> str:
        return self.redacted or "未处理的意见"
