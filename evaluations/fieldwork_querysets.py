"""Reads on inspections and tickets that read as English; every list is scoped here, through a person's standing."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, F, Q

from evaluations.appraisal_querysets import firms_own
from kernel.days import late_from, start_of
from kernel.periods import Period

if TYPE_CHECKING:
    from communities.permissions import Standing


class InspectionQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "InspectionQuerySet":
        """The overseers' all; handed in, also the inspected firm's and the compound's committee's."""
        overseen = Q(compound__village__town_id__in=standing.town_ids) | Q(
            compound__village_id__in=standing.village_ids
        )
        concerned = firms_own(standing) | Q(compound_id__in=standing.committee_compound_ids)
        return self.filter(overseen | concerned & Q(handed_in_at__isnull=False))

    def of(self, town_id: int, period: Period) -> "InspectionQuerySet":
        """Those that count for a half-year."""
        return self.filter(compound__village__town=town_id, period=period.code, handed_in_at__isnull=False)

    def drafts(self) -> "InspectionQuerySet":
        return self.filter(handed_in_at__isnull=True)

    def with_counts(self) -> "InspectionQuerySet":
        """With `found`: how many findings stand."""
        return self.annotate(found=Count("findings", filter=Q(findings__withdrawal__isnull=True)))

    def for_display(self) -> "InspectionQuerySet":
        return self.select_related("compound__village__town", "firm", "method", "begun_by")


class TicketQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "TicketQuerySet":
        """Those of the compounds one oversees, of one's committee, and of the compounds one's firm serves."""
        return self.filter(
            Q(compound__village__town_id__in=standing.town_ids)
            | Q(compound__village_id__in=standing.village_ids)
            | Q(compound_id__in=standing.committee_compound_ids | standing.firm_compound_ids)
        )

    def received_in(self, period: Period) -> "TicketQuerySet":
        """Those that came in on a day of the period, in Beijing time."""
        return self.filter(received_at__gte=start_of(period.first), received_at__lt=late_from(period.last))

    def open(self) -> "TicketQuerySet":
        return self.filter(closed_at__isnull=True)

    def late(self, at: datetime) -> "TicketQuerySet":
        """Closed after their due hour, or still open past it."""
        return self.filter(Q(closed_at__gt=F("due_at")) | Q(closed_at__isnull=True, due_at__lt=at))

    def for_display(self) -> "TicketQuerySet":
        return self.select_related("compound__village")
