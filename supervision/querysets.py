"""Reads on policies and obligations that read as English."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Count, F, Q

from communities.permissions import BOOKKEEPERS
from communities.rules import Role
from kernel.fields import other_end

if TYPE_CHECKING:
    from communities.permissions import Standing
    from supervision.models import Extension


_SOON = timedelta(days=7)
#: Fulfilled by 24:00 of the deadline: the day in Beijing is compared, to the same effect as `kernel.days.is_late`.
_ON_TIME = Q(fulfilled_at__date__lte=F("deadline_on"))


class PolicyQuerySet(models.QuerySet):
    def confirmed(self) -> "PolicyQuerySet":
        return self.filter(confirmed_at__isnull=False)

    def in_force(self, on: date) -> "PolicyQuerySet":
        """Confirmed, and the day lies within its days, both ends included."""
        return self.confirmed().filter(from_on__lte=on).filter(Q(until_on__isnull=True) | Q(until_on__gte=on))

    def visible_to(self, standing: "Standing") -> "PolicyQuerySet":
        """Confirmed documents are everybody's law; what still waits for its second person is the town's."""
        return self.filter(Q(confirmed_at__isnull=False) | Q(town_id__in=standing.town_ids))


class ExtensionQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing", towns: Iterable[Any]) -> "ExtensionQuerySet":
        """Confirmed extensions are for everybody of the towns; what waits for its second person is the town's."""
        return self.filter(town__in=towns).filter(
            Q(town_id__in=standing.town_ids) | Q(pk__in=self.confirmed().order_by().values("pk"))
        )

    def confirmed(self) -> "ExtensionQuerySet":
        return self.filter(records__kind="confirmed")

    def for_display(self) -> "ExtensionQuerySet":
        """With place, who entered it, and its records."""
        return self.select_related("town", "village", "compound", "entered_by").prefetch_related("records__by")


class ObligationQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "ObligationQuerySet":
        """Those of the town or village one oversees, of the compound one works for, and of one's own bodies.

        Who left a post or whose contract ended still sees what they may yet finish, and nothing else. Owners read
        disclosures and marks on their own page, not the register.
        """
        borne = ObligationQuerySet(self.model, using=self.db).open().borne_by(standing, BOOKKEEPERS)
        return self.filter(
            Q(town_id__in=standing.town_ids)
            | Q(compound__village_id__in=standing.village_ids)
            | Q(compound_id__in=standing.committee_compound_ids | standing.firm_compound_ids)
            | Q(bearer_body_id__in=standing.body_ids)
            | Q(pk__in=borne.order_by().values("pk"))
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

    def concerned_by(self, extension: "Extension") -> "ObligationQuerySet":
        """What the extension moved, and what still falls on the days it names: before it is confirmed, all it would."""
        found = self.filter(town=extension.town_id, released_on__isnull=True)
        if extension.compound_id:
            found = found.filter(compound=extension.compound_id)
        if extension.village_id:
            found = found.filter(compound__village=extension.village_id)
        if extension.duty:
            found = found.filter(duty=extension.duty)
        days = (extension.from_on, extension.until_on)
        later = Q(unextended_on__range=days, deadline_on__lt=extension.new_on)
        return found.filter(Q(extension=extension) | Q(deadline_on__range=days) | later)

    def open(self) -> "ObligationQuerySet":
        return self.filter(fulfilled_at__isnull=True, released_on__isnull=True)

    def overdue(self, on: date) -> "ObligationQuerySet":
        """Open and past the last day."""
        return self.open().filter(deadline_on__lt=on)

    def due_soon(self, on: date) -> "ObligationQuerySet":
        """Open, not overdue, and due within a week."""
        return self.open().filter(deadline_on__gte=on, deadline_on__lte=on + _SOON)

    def fulfilled_on_time(self) -> "ObligationQuerySet":
        return self.fulfilled().filter(_ON_TIME)

    def fulfilled_late(self) -> "ObligationQuerySet":
        return self.fulfilled().exclude(_ON_TIME)

    def states(self, on: date) -> dict[str, int]:
        """How many stand in each of the five states that exclude each other, and in all, in one statement."""
        still = Q(fulfilled_at__isnull=True, released_on__isnull=True)
        return self.order_by().aggregate(
            total=Count("pk"),
            running=Count("pk", filter=still & Q(deadline_on__gte=on)),
            overdue=Count("pk", filter=still & Q(deadline_on__lt=on)),
            done=Count("pk", filter=Q(fulfilled_at__isnull=False) & _ON_TIME),
            late_done=Count("pk", filter=Q(fulfilled_at__isnull=False) & ~_ON_TIME),
            released=Count("pk", filter=Q(released_on__isnull=False)),
        )

    def urged_on(self, on: date) -> "ObligationQuerySet":
        """Whose bearer was urged on the day already: once a day is enough."""
        return self.filter(
            pk__in=other_end(self.model, "urgings").objects.filter(urged_at__date=on).values("obligation")
        )

    def fulfilled(self) -> "ObligationQuerySet":
        return self.filter(fulfilled_at__isnull=False)

    def with_urgings(self) -> "ObligationQuerySet":
        """With `urged_times`: how often the bearer was urged."""
        return self.annotate(urged_times=Count("urgings"))

    def for_display(self) -> "ObligationQuerySet":
        """With everything a list line shows, in one statement."""
        return self.select_related("compound__village", "bearer_body", "bearer_firm", "town", "policy", "extension")
