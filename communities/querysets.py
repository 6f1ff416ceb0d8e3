"""Reads on the ground that read as English; every list is scoped here, through a person's standing."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Length

from communities.rules import BodyKind, Role
from kernel.fields import other_end

if TYPE_CHECKING:
    from communities.permissions import Standing


def in_office(on: date, *, prefix: str = "") -> Q:
    """From its first day until the day of hand-over, also past an agreed end (超期履职)."""
    return Q(**{f"{prefix}from_on__lte": on}) & (
        Q(**{f"{prefix}ended_on__isnull": True}) | Q(**{f"{prefix}ended_on__gte": on})
    )


def scope(standing: "Standing", *, compound: str = "") -> Q:
    """The compounds a person's posts and homes reach; `compound` is the path to one, ending in `__`, or empty."""
    return (
        Q(**{f"{compound}village__town_id__in": standing.town_ids})
        | Q(**{f"{compound}village_id__in": standing.village_ids})
        | Q(**{f"{compound}pk__in": standing.compound_ids})
    )


class VillageQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "VillageQuerySet":
        """Those one oversees, and those of the compounds one belongs to."""
        compounds = other_end(self.model, "compounds")
        own = compounds.objects.filter(pk__in=standing.compound_ids).values("village")
        return self.filter(Q(town_id__in=standing.town_ids) | Q(pk__in=standing.village_ids) | Q(pk__in=own))


class CompoundQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "CompoundQuerySet":
        return self.filter(scope(standing))

    def with_service(self, on: date) -> "CompoundQuerySet":
        contracts = other_end(self.model, "contracts")
        return self.filter(Exists(contracts.objects.filter(in_office(on), compound=OuterRef("pk"))))

    def with_committee(self, on: date) -> "CompoundQuerySet":
        bodies = other_end(self.model, "bodies")
        return self.filter(Exists(bodies.objects.committees().filter(in_office(on), compound=OuterRef("pk"))))

    def for_list(self, on: date) -> "CompoundQuerySet":
        """With village, households, firm and committee in office, in one statement."""
        contracts = other_end(self.model, "contracts")
        bodies = other_end(self.model, "bodies")
        buildings = other_end(self.model, "buildings")
        here = OuterRef("pk")
        units = buildings.objects.filter(compound=here).values("compound").annotate(n=Count("units")).values("n")
        return self.select_related("village").annotate(
            unit_count=Coalesce(Subquery(units), 0),
            firm_name=Subquery(contracts.objects.in_office(on).filter(compound=here).values("firm__name")[:1]),
            committee_name=Subquery(bodies.objects.committees().in_office(on).filter(compound=here).values("name")[:1]),
        )

    def by_having_nobody(self, on: date) -> "CompoundQuerySet":
        """Those without anybody responsible first; `is_bare` says which they are."""
        bare = self.without_bearer(on).order_by().values("pk")
        return self.annotate(is_bare=Q(pk__in=bare)).order_by("-is_bare", "village_id", "name")

    def without_bearer(self, on: date) -> "CompoundQuerySet":
        """Neither firm nor committee in office: 无责任主体, shown to the village."""
        contracts = other_end(self.model, "contracts")
        bodies = other_end(self.model, "bodies")
        return self.exclude(Exists(contracts.objects.filter(in_office(on), compound=OuterRef("pk")))).exclude(
            Exists(bodies.objects.committees().filter(in_office(on), compound=OuterRef("pk")))
        )


class BuildingQuerySet(models.QuerySet):
    def in_natural_order(self) -> "BuildingQuerySet":
        """1, 2, 10 rather than 1, 10, 2."""
        return self.order_by(Length("key"), "key")


class UnitQuerySet(models.QuerySet):
    def in_natural_order(self) -> "UnitQuerySet":
        return self.order_by(
            Length("building__key"),
            "building__key",
            Length("stair__key").asc(nulls_first=True),
            F("stair__key").asc(nulls_first=True),
            Length("room_key"),
            "room_key",
        )


class OwnershipQuerySet(models.QuerySet):
    def current(self, on: date) -> "OwnershipQuerySet":
        return self.filter(Q(from_on__isnull=True) | Q(from_on__lte=on)).filter(
            Q(until_on__isnull=True) | Q(until_on__gte=on)
        )


class ResidenceQuerySet(models.QuerySet):
    def current(self, on: date) -> "ResidenceQuerySet":
        """Lived in on the day, as long as somebody owns the home who owned it when the person came.

        So a sale ends the former family's and the former tenant's rights with it. A home whose owners the roster
        does not know keeps its people.
        """
        ownerships = other_end(other_end(self.model, "unit"), "ownerships")
        of_this_home = ownerships.objects.filter(unit=OuterRef("unit"))
        hosts = of_this_home.filter(Q(from_on__isnull=True) | Q(from_on__lte=OuterRef("from_on"))).filter(
            Q(until_on__isnull=True) | Q(until_on__gte=on)
        )
        return (
            self.filter(from_on__lte=on)
            .filter(Q(until_on__isnull=True) | Q(until_on__gte=on))
            .filter(Exists(hosts) | ~Exists(of_this_home))
        )


class SlipQuerySet(models.QuerySet):
    def unspent(self) -> "SlipQuerySet":
        return self.filter(used_at__isnull=True, revoked_at__isnull=True)

    def usable(self, on: date) -> "SlipQuerySet":
        """Neither used, revoked nor expired, and the home has not been sold since it was made."""
        ownerships = other_end(other_end(self.model, "unit"), "ownerships")
        newer = ownerships.objects.filter(unit=OuterRef("unit"), from_on__gt=OuterRef("made_on"))
        return self.unspent().filter(expires_on__gte=on).exclude(Exists(newer))


class BindingRequestQuerySet(models.QuerySet):
    def waiting(self) -> "BindingRequestQuerySet":
        return self.filter(outcome="")

    def in_towns(self, towns: Iterable[int]) -> "BindingRequestQuerySet":
        return self.filter(unit__building__compound__village__town_id__in=towns)

    def decidable_by(self, standing: "Standing") -> "BindingRequestQuerySet":
        """Those of the villages a cadre keeps, or of the town whose office one works at."""
        return self.filter(
            Q(unit__building__compound__village_id__in=standing.village_ids)
            | Q(unit__building__compound__village__town_id__in=standing.office_town_ids)
        )


class ContractQuerySet(models.QuerySet):
    def in_office(self, on: date) -> "ContractQuerySet":
        return self.filter(in_office(on))

    def overrunning(self, on: date) -> "ContractQuerySet":
        """In office past the agreed end: 超期履职."""
        return self.in_office(on).filter(until_on__lt=on)


class BodyQuerySet(models.QuerySet):
    def in_office(self, on: date) -> "BodyQuerySet":
        return self.filter(in_office(on))

    def committees(self) -> "BodyQuerySet":
        return self.filter(kind="committee")

    def in_order_of_kind(self) -> "BodyQuerySet":
        """The town's groups first, then the villages, then the compounds' own bodies."""
        ranks = [When(kind=kind, then=Value(rank)) for rank, kind in enumerate(BodyKind)]
        return self.order_by(Case(*ranks, default=Value(len(ranks))), "village_id", "name")

    def visible_to(self, standing: "Standing") -> "BodyQuerySet":
        return self.filter(
            Q(town_id__in=standing.town_ids)
            | Q(village_id__in=standing.village_ids)
            | Q(compound_id__in=standing.compound_ids)
            | Q(pk__in=standing.body_ids)
        )


class AppointmentQuerySet(models.QuerySet):
    def current(self, on: date) -> "AppointmentQuerySet":
        """Held on the day and not suspended on it (clause 4.2.2: a suspended member loses every right at once)."""
        return self.held(on).exclude(
            Q(suspended_from_on__lte=on) & (Q(suspended_until_on__isnull=True) | Q(suspended_until_on__gte=on))
        )

    def held(self, on: date) -> "AppointmentQuerySet":
        return self.filter(from_on__lte=on).filter(Q(until_on__isnull=True) | Q(until_on__gte=on))

    def auditing(self, on: date) -> "AppointmentQuerySet":
        """To a post that audits, held on the day or from a coming one."""
        return self.filter(Q(until_on__isnull=True) | Q(until_on__gte=on), post__role=Role.AUDITOR)


class PhoneExportQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "PhoneExportQuerySet":
        """Requests of the compounds one oversees as the town's office or the village (see `may_export_phones`)."""
        return self.filter(
            Q(compound__village__town_id__in=standing.office_town_ids)
            | Q(compound__village_id__in=standing.village_ids)
        )
