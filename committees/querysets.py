"""Reads on terms and seats."""

from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from communities.querysets import scope

if TYPE_CHECKING:
    from communities.permissions import Standing


class TermQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "TermQuerySet":
        """Terms of the committees in the compounds one reaches."""
        return self.filter(scope(standing, compound="committee__compound__"))


class SeatQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "SeatQuerySet":
        return self.filter(scope(standing, compound="term__committee__compound__"))

    def held(self, on: date) -> "SeatQuerySet":
        """Held on the day in a committee in office; a suspended member still holds the seat."""
        return self.filter(
            Q(appointment__until_on__isnull=True) | Q(appointment__until_on__gte=on),
            Q(term__committee__ended_on__isnull=True) | Q(term__committee__ended_on__gte=on),
            appointment__from_on__lte=on,
        )

    def for_board(self) -> "SeatQuerySet":
        """With everything the board shows, in one statement, in the order of the posts."""
        return self.select_related("appointment__post", "appointment__user", "building").order_by(
            "appointment__post__order", "appointment__from_on", "pk"
        )
