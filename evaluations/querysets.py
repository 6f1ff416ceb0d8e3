"""Reads on surveys that read as English; every list is scoped here, through a person's standing."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from communities.querysets import scope
from evaluations.rules import State
from kernel.fields import other_end

if TYPE_CHECKING:
    from communities.permissions import Standing


class SurveyQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "SurveyQuerySet":
        """Those of the compounds one oversees or belongs to; what has not opened is the overseers' business."""
        overseen = Q(compound__village__town_id__in=standing.town_ids) | Q(
            compound__village_id__in=standing.village_ids
        )
        return self.filter(scope(standing, compound="compound__")).filter(overseen | ~Q(state=State.DRAFT))

    def open(self) -> "SurveyQuerySet":
        return self.filter(state=State.OPEN)

    def closed(self) -> "SurveyQuerySet":
        return self.filter(state=State.CLOSED)

    def to_open(self, at: datetime) -> "SurveyQuerySet":
        """Drafts whose window has not passed."""
        return self.filter(state=State.DRAFT, closes_at__gt=at)

    def to_close(self, at: datetime) -> "SurveyQuerySet":
        """Past their hour, asked to close early, or left half-way by a worker that died."""
        over = Q(closes_at__lte=at) | Q(close_asked_at__isnull=False)
        return self.filter(Q(state=State.OPEN) & over | Q(state=State.CLOSING))

    def to_finish(self) -> "SurveyQuerySet":
        """Counted, and the key not yet destroyed."""
        return self.filter(state=State.CLOSED, key_destroyed_at__isnull=True)

    def with_matters(self) -> "SurveyQuerySet":
        """Those the office has to look at: a proposal waits, or something stands in the way."""
        waiting = Q(proposal__isnull=False, proposal__decision="")
        return self.filter(waiting | ~Q(problem="") & Q(key_destroyed_at__isnull=True))

    def with_turnout(self) -> "SurveyQuerySet":
        """With `taken_part`: how many households did, which is all anybody learns before the count."""
        took_part = other_end(self.model, "participations").objects.filter(survey=OuterRef("pk")).order_by()
        counted = took_part.values("survey").annotate(n=Count("pk")).values("n")
        return self.annotate(taken_part=Coalesce(Subquery(counted, output_field=IntegerField()), 0))

    def for_display(self) -> "SurveyQuerySet":
        """With everything a line shows, in one statement."""
        return self.select_related("compound__village__town", "questionnaire", "body", "firm", "result")


class SurveyProposalQuerySet(models.QuerySet):
    def waiting(self) -> "SurveyProposalQuerySet":
        return self.filter(decision="")

    def visible_to(self, standing: "Standing") -> "SurveyProposalQuerySet":
        """Those of the towns and villages one oversees."""
        return self.filter(
            Q(survey__compound__village__town_id__in=standing.town_ids)
            | Q(survey__compound__village_id__in=standing.village_ids)
        )

    def for_display(self) -> "SurveyProposalQuerySet":
        return self.select_related("survey__compound__village", "survey__body", "survey__firm", "decided_by")
