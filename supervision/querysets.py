"""Reads on policies and obligations that read as English."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from communities.querysets import scope
from communities.rules import Role

if TYPE_CHECKING:
    from communities.permissions import Standing


class PolicyQuerySet(models.QuerySet):
    def confirmed(self) -> "PolicyQuerySet":
        return self.filter(confirmed_at__isnull=False)

    def in_force(self, on: date) -> "PolicyQuerySet":
        """Confirmed, and the day lies within its days, both ends included."""
        return self.confirmed().filter(from_on__lte=on).filter(Q(until_on__isnull=True) | Q(until_on__gte=on))

    def visible_to(self, standing: "Standing") -> "PolicyQuerySet":
        return self.filter(town_id__in=standing.town_ids)


class ObligationQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "ObligationQuerySet":
        """Those of the compounds one reaches, of the bodies and firms one acts or acted for, and of one's town."""
        firms = {h.firm_id for h in standing.holdings if h.firm_id and not h.is_suspended}
        bodies = {h.body_id for h in standing.holdings if h.body_id and not h.is_suspended}
        return self.filter(
            scope(standing, compound="compound__")
            | Q(town_id__in=standing.town_ids)
            | Q(bearer_body_id__in=bodies)
            | Q(bearer_firm_id__in=firms)
        )

    def borne_by(self, standing: "Standing", roles: Iterable[Role]) -> "ObligationQuerySet":
        """Those the person does for a bearer by one of the posts; of an ended post, the periods it covered.

        The queryset twin of `Standing.bears`.
        """
        wanted, borne = frozenset(roles), Q(pk__in=())
        for h in standing.holdings:
            if h.is_suspended or h.role not in wanted:
                continue
            mine = Q(bearer_body=h.body_id) if h.body_id else Q(bearer_firm=h.firm_id)
            if h.firm_id and h.compound_id:
                mine &= Q(compound=h.compound_id)
            if not h.is_current:
                mine &= Q(period_last_on__gte=h.from_on) & (Q(period_last_on__lte=h.until_on) if h.until_on else Q())
            borne |= mine
        return self.filter(borne)

    def open(self) -> "ObligationQuerySet":
        return self.filter(fulfilled_at__isnull=True, released_on__isnull=True)

    def overdue(self, on: date) -> "ObligationQuerySet":
        """Open and past the last day."""
        return self.open().filter(deadline_on__lt=on)

    def fulfilled(self) -> "ObligationQuerySet":
        return self.filter(fulfilled_at__isnull=False)

    def for_display(self) -> "ObligationQuerySet":
        """With everything a list line shows, in one statement."""
        return self.select_related("compound__village", "bearer_body", "bearer_firm", "town", "policy")
