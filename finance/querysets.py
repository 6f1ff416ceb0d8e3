"""Reads on the books that read as English."""

from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from communities.permissions import Standing


class AccountQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "AccountQuerySet":
        """The town, the village, and whoever acts for the holder; owners see disclosures, not books."""
        return self.filter(
            Q(compound__village__town_id__in=standing.town_ids)
            | Q(compound__village_id__in=standing.village_ids)
            | Q(holder_body_id__in=standing.body_ids)
            | Q(holder_firm_id__in=standing.firm_ids, compound_id__in=standing.firm_compound_ids)
            | Q(compound_id__in=standing.committee_compound_ids)
        )

    def open_on(self, on: date) -> "AccountQuerySet":
        return self.filter(opened_on__lte=on).filter(Q(closed_on__isnull=True) | Q(closed_on__gte=on))


class EntryQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "EntryQuerySet":
        accounts = self.model._meta.get_field("account").related_model
        return self.filter(account__in=accounts.objects.visible_to(standing))

    def standing_entries(self) -> "EntryQuerySet":
        """Neither reversed nor a reversal."""
        return self.filter(reverses__isnull=True, reversed_by__isnull=True)


class LineQuerySet(models.QuerySet):
    def not_booked(self) -> "LineQuerySet":
        """Bank lines with no entry that still stands."""
        entries = self.model._meta.get_field("entries").related_model
        return self.exclude(Exists(entries.objects.standing_entries().filter(line=OuterRef("pk"))))
