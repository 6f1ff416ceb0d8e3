"""Reads on the books that read as English."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.expressions import Value
from django.db.models.functions import Cast, Coalesce, Concat, ExtractQuarter, ExtractYear

from communities.permissions import BOOKKEEPERS
from finance.rules import Direction, direction_of
from kernel.fields import other_end
from supervision.models import Obligation
from supervision.rules import Duty

if TYPE_CHECKING:
    from communities.permissions import Standing

ZERO = Decimal("0.00")
#: The effect of an entry or a bank line on the balance.
SIGNED = Case(When(direction=Direction.IN, then=F("amount")), default=-F("amount"))
#: The code of the quarter an entry's day lies in: 2026Q3.
QUARTER = Concat(
    Cast(ExtractYear("on"), CharField()), Value("Q"), Cast(ExtractQuarter("on"), CharField()), output_field=CharField()
)


def _left_but_owing(standing: "Standing") -> Q:
    """Accounts whose disclosure of a quarter of their own the person has still to finish, post ended or not."""
    owed = Obligation.objects.open().borne_by(standing, BOOKKEEPERS)
    same = Q(bearer_body=OuterRef("holder_body")) | Q(bearer_firm=OuterRef("holder_firm"))
    return Q(Exists(owed.filter(same, duty=Duty.DISCLOSURE, compound=OuterRef("compound"))))


class AccountQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "AccountQuerySet":
        """The town and its auditor, the village, committee, board and firm of the compound; owners see disclosures."""
        return self.filter(
            Q(compound__village__town_id__in=standing.town_ids)
            | Q(compound__village_id__in=standing.village_ids)
            | Q(holder_body_id__in=standing.body_ids)
            | Q(compound_id__in=standing.committee_compound_ids | standing.firm_compound_ids)
            | _left_but_owing(standing)
        )

    def open_on(self, on: date) -> "AccountQuerySet":
        return self.filter(opened_on__lte=on).filter(Q(closed_on__isnull=True) | Q(closed_on__gte=on))

    def dedicated(self) -> "AccountQuerySet":
        """公共收益专户 (clause 4.3.1), not a general account that the income merely passes through."""
        return self.filter(is_dedicated=True)


def on_side(side: Direction) -> Q:
    """Income or expense by category: the reversal of an income stands, negative, on the income side."""
    return Q(category__startswith="I" if side == Direction.IN else "E")


class EntryQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "EntryQuerySet":
        accounts = other_end(self.model, "account")
        return self.filter(account__in=accounts.objects.visible_to(standing))

    def standing_entries(self) -> "EntryQuerySet":
        """Neither reversed nor a reversal."""
        return self.filter(reverses__isnull=True, reversed_by__isnull=True)

    def on_side(self, side: Direction) -> "EntryQuerySet":
        return self.filter(on_side(side))

    def net(self) -> Decimal:
        """The sum of the effects on the balance, in yuan."""
        return self.aggregate(net=Sum(SIGNED))["net"] or ZERO

    def by_category(self) -> dict[str, Decimal]:
        """Category → sum in yuan, positive on its own side, reversals taken off; only categories with entries."""
        sums = self.order_by().values_list("category").annotate(net=Sum(SIGNED)).order_by("category")
        return {category: net if direction_of(category) == Direction.IN else -net for category, net in sums}

    def for_display(self) -> "EntryQuerySet":
        """With everything a line shows, in one statement; `proofs` counts its vouchers."""
        vouchers = other_end(self.model, "vouchers").objects.filter(entry=OuterRef("pk")).order_by()
        proofs = Subquery(vouchers.values("entry").annotate(proofs=Count("pk")).values("proofs"))
        return self.select_related("entered_by", "reverses", "reversed_by").annotate(proofs=Coalesce(proofs, 0))


class StatementQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "StatementQuerySet":
        accounts = other_end(self.model, "account")
        return self.filter(account__in=accounts.objects.visible_to(standing))

    def covering(self, day: date) -> "StatementQuerySet":
        """Those that reach the day, the latest import first."""
        return self.filter(from_on__lte=day, until_on__gte=day).order_by("-until_on", "-id")


_EveryStatement = models.Manager.from_queryset(StatementQuerySet)


class StatementManager(_EveryStatement):
    """Statements in force; one that was withdrawn stays in the record only."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(withdrawal__isnull=True)


def _left_of_line(lines: type[models.Model], until: date | None) -> Any:
    """What of a bank line's amount no entry holds; with `until`, as the books stood at the end of that day."""
    booked: Any = other_end(lines, "entries").objects.filter(line=OuterRef("pk")).order_by()
    if until is None:
        standing = booked.standing_entries()
    else:
        unreversed = Q(reversed_by__isnull=True) | Q(reversed_by__on__gt=until)
        standing = booked.filter(unreversed, on__lte=until)
    held = Subquery(standing.values("line").annotate(held=Sum("amount")).values("held"))
    return F("amount") - Coalesce(held, ZERO)


class LineQuerySet(models.QuerySet):
    def not_booked(self, *, until: date | None = None) -> "LineQuerySet":
        """Bank lines not wholly in the books; with `until`, as the books stood at the end of that day.

        A line whose entry was reversed later counts as booked on the days before the reversal.
        """
        lines = self if until is None else self.filter(on__lte=until)
        return lines.alias(left=_left_of_line(self.model, until)).filter(left__gt=0)

    def with_left(self, *, until: date | None = None) -> "LineQuerySet":
        """Each with `left_amount`: what of it no entry holds, in yuan."""
        return self.annotate(left_amount=_left_of_line(self.model, until))

    def net(self) -> Decimal:
        return self.aggregate(net=Sum(SIGNED))["net"] or ZERO


_EveryLine = models.Manager.from_queryset(LineQuerySet)


class LineManager(_EveryLine):
    """Lines of statements in force."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(statement__withdrawal__isnull=True)


class VoucherQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "VoucherQuerySet":
        """All of the books one may see; an owner those marked 可公开 of entries their compound has disclosed."""
        entries = other_end(self.model, "entry")
        accounts = other_end(entries, "account")
        disclosures = other_end(accounts, "disclosures")
        disclosed = disclosures.objects.filter(
            account=OuterRef("account"), period=OuterRef("quarter"), published_at__gte=OuterRef("entered_at")
        )
        shown = entries.objects.filter(account__compound__in=standing.home_compound_ids).annotate(quarter=QUARTER)
        return self.filter(
            Q(entry__in=entries.objects.visible_to(standing))
            | Q(is_public=True, entry__in=shown.filter(Exists(disclosed)))
        )


class DisclosureQuerySet(models.QuerySet):
    """Published versions are public: whoever may see the list may see them all."""

    def current(self) -> "DisclosureQuerySet":
        """Of each obligation's each account the highest version."""
        later = self.model._default_manager.filter(
            obligation=OuterRef("obligation"), account=OuterRef("account"), version__gt=OuterRef("version")
        )
        return self.filter(~Exists(later))

    def of_quarter(self, account_id: int, period: str) -> "DisclosureQuerySet":
        """What one account published for a quarter, the current version first."""
        return self.filter(account=account_id, period=period).order_by("-version")

    def for_display(self) -> "DisclosureQuerySet":
        """With everything a list line shows, in one statement."""
        return self.select_related(
            "compound__village__town",
            "obligation__compound__village__town",
            "obligation__bearer_body",
            "obligation__bearer_firm",
            "obligation__extension",
        )


class DraftQuerySet(models.QuerySet):
    def open(self) -> "DraftQuerySet":
        return self.exclude(stage="published")

    def for_work(self) -> "DraftQuerySet":
        """With everything the work page shows, in one statement.

        The account's compound is the obligation's: joined once more, the plan alone would take longer than all else.
        """
        return self.select_related(
            "obligation__compound__village__town",
            "obligation__bearer_body",
            "obligation__bearer_firm",
            "obligation__extension",
            "account",
            "prepared_by",
            "reviewed_by",
        )
