"""The books: what stands in them on a day, entries made by hand, and their reversal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, OuterRef, Q, Subquery, Sum, Window
from django.db.models.functions import Coalesce

from communities.models import Compound
from communities.permissions import Standing
from communities.querysets import CompoundQuerySet
from finance.models import Disclosure, Entry, LedgerAccount
from finance.querysets import QUARTER, SIGNED, ZERO, EntryQuerySet, on_side
from finance.rules import Direction
from kernel.periods import Period


def balance_on(account: LedgerAccount, day: date) -> Decimal:
    """The balance of the books at the end of a day, in yuan; before the opening day the opening balance."""
    return account.opening_balance + account.entries.filter(on__lte=day).net()


def balances(accounts: Sequence[LedgerAccount]) -> dict[int, Decimal]:
    """Account id → balance of the books with everything entered; one statement."""
    sums = Entry.objects.filter(account__in=accounts).order_by().values_list("account").annotate(net=Sum(SIGNED))
    moved = dict(sums)
    return {account.pk: account.opening_balance + moved.get(account.pk, 0) for account in accounts}


def entries_in(account: LedgerAccount, period: Period) -> EntryQuerySet:
    """The entries dated within a period, oldest first."""
    return account.entries.filter(on__range=(period.first, period.last)).order_by("on", "id")


def compounds_without_account(standing: Standing, on: date) -> CompoundQuerySet:
    """The person's compounds that have no dedicated account on a day, for the board (clause 4.3.1)."""
    accounts = LedgerAccount.objects.dedicated().open_on(on)
    return Compound.objects.visible_to(standing).exclude(pk__in=accounts.values("compound"))


def published_quarters(account: LedgerAccount) -> frozenset[str]:
    """The codes of the quarters whose figures were published; they are frozen, the books go on."""
    return frozenset(Disclosure.objects.filter(account=account).values_list("period", flat=True))


def changed_since_published(account: LedgerAccount, period: Period) -> EntryQuerySet:
    """Entries of a period made after its latest published version: 已公示季度有变动，请更正公示."""
    latest = (
        Disclosure.objects.filter(account=account, period=period.code)
        .order_by("-version")
        .values_list("published_at", flat=True)
        .first()
    )
    entries = entries_in(account, period)
    return entries.filter(entered_at__gt=latest) if latest else entries.none()


def changed_quarters(account: LedgerAccount) -> dict[Period, int]:
    """Published quarters whose books moved on after their latest version, with the number of entries; one statement."""
    latest = Disclosure.objects.filter(account=account, period=OuterRef("quarter")).order_by("-version")
    late = (
        account.entries.order_by()
        .annotate(quarter=QUARTER)
        .filter(entered_at__gt=Subquery(latest.values("published_at")[:1]))
        .values_list("quarter")
        .annotate(entries=Count("pk"))
        .order_by("quarter")
    )
    return {Period.parse(code): entries for code, entries in late}


def running_balances(account: LedgerAccount, entries: Sequence[Entry]) -> dict[int, Decimal]:
    """Entry id → balance of the books right after it, whatever filter or order chose the entries; one statement."""
    if not entries:
        return {}
    first, last = min(e.on for e in entries), max(e.on for e in entries)
    before = account.entries.filter(on__lt=first).order_by().values("account").annotate(net=Sum(SIGNED)).values("net")
    sums = (
        account.entries.filter(on__range=(first, last))
        .annotate(before=Coalesce(Subquery(before), ZERO), running=Window(Sum(SIGNED), order_by=["on", "id"]))
        .order_by()
        .values_list("pk", "before", "running")
    )
    wanted = {entry.pk for entry in entries}
    return {pk: account.opening_balance + before + running for pk, before, running in sums if pk in wanted}


@dataclass(frozen=True)
class Figures:
    """What stands above the ledger, in yuan; income and expense of the entries shown, reversals taken off."""

    count: int
    income: Decimal
    expense: Decimal
    opening: Decimal
    closing: Decimal


def figures(account: LedgerAccount, shown: Q, *, period: Period | None) -> Figures:
    """Count and sums of the entries shown, and the balances at both ends of the period (or of all); one statement."""
    before, until = (Q(on__lt=period.first), Q(on__lte=period.last)) if period else (Q(pk__in=()), Q())
    sums = account.entries.aggregate(
        count=Count("pk", filter=shown),
        income=Sum(SIGNED, filter=shown & on_side(Direction.IN)),
        expense=Sum(SIGNED, filter=shown & on_side(Direction.OUT)),
        before=Sum(SIGNED, filter=before),
        until=Sum(SIGNED, filter=until),
    )
    return Figures(
        count=sums["count"],
        income=sums["income"] or ZERO,
        expense=-(sums["expense"] or ZERO),
        opening=account.opening_balance + (sums["before"] or ZERO),
        closing=account.opening_balance + (sums["until"] or ZERO),
    )
