"""The village's desk: its compounds, what to urge, where nobody is responsible (clauses 4.3.1, 4.4.1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Q, Window
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baogai.board import Column, Tally, build_board, cells_for
from baogai.permissions import Desk
from baogai.views.desks.reviews import reviews_for
from baogai.views.desks.todo import by_deadline
from baogai.views.desks.town import MOST_COUNTED, pending_urgings, proposal_line, rate_bars
from communities.models import BindingRequest, Compound, Village
from communities.permissions import Standing
from kernel.days import SHANGHAI
from supervision.models import Obligation, Policy

_PROPOSALS_SHOWN = 6
_COMPOUNDS_SHOWN = 30
_BARE_SHOWN = 8


@dataclass(frozen=True)
class CompoundRow:
    """A compound of the village: one tally per column."""

    compound: Compound
    tallies: Sequence[tuple[Column, Tally]]


def village_desk(request: HttpRequest, standing: Standing, desk: Desk, desks: list[Desk]) -> HttpResponse:
    """What the cadre has to decide, and how each compound of the village stands."""
    on = standing.on
    in_force = Policy.objects.in_force(on).filter(town=OuterRef("town"))
    villages = list(
        Village.objects.filter(pk__in=standing.village_ids).annotate(has_policy=Exists(in_force)).order_by("id")
    )
    board = build_board(list(cells_for(Q(village_id__in=standing.village_ids), on)), villages, on)
    compounds = Compound.objects.filter(village_id__in=standing.village_ids)
    shown = list(compounds.by_having_nobody(on)[: _COMPOUNDS_SHOWN + 1])
    bare = [compound for compound in shown if compound.is_bare]
    pending = pending_urgings(Q(obligation__compound__village_id__in=standing.village_ids))
    # How many there are comes with those that are shown: one statement for both.
    urge = pending.select_related(
        "obligation__compound", "obligation__bearer_body", "obligation__bearer_firm"
    ).annotate(all_pending=Window(Count("pk")))
    proposals = list(urge.order_by("obligation__deadline_on")[:_PROPOSALS_SHOWN])
    to_urge = min(proposals[0].all_pending, MOST_COUNTED) if proposals else 0
    reviews = list(reviews_for(standing))
    context = {
        "desk": desk,
        "desks": desks,
        "villages": villages,
        "board": board,
        "unpublished": board.disclosure.open - board.disclosure.unposted,
        "bindings": BindingRequest.objects.decidable_by(standing).waiting()[:MOST_COUNTED].count(),
        "todos": by_deadline([*map(proposal_line, proposals), *reviews]),
        "todo_count": to_urge + len(reviews),
        "rates": rate_bars(board),
        "columns": board.columns,
        "rows": _rows(shown[:_COMPOUNDS_SHOWN], board.columns, on),
        "has_more": len(shown) > _COMPOUNDS_SHOWN,
        "bare": bare[:_BARE_SHOWN],
        "has_more_bare": len(bare) > _BARE_SHOWN,
        "has_policy": all(village.has_policy for village in villages),
    }
    return render(request, "baogai/desks/village.html", context)


def _rows(compounds: Sequence[Compound], columns: Sequence[Column], on: date) -> list[CompoundRow]:
    """Each compound's tallies, counted in one statement over the obligations shown."""
    tallies: dict[tuple[int | None, str], Tally] = {}
    for compound_id, duty, total, on_time, late, overdue in _counts(compounds, columns, on):
        tallies[compound_id, duty] = Tally(total=total, on_time=on_time, late=late, overdue=overdue)
    return [
        CompoundRow(compound, [(column, tallies.get((compound.pk, column.duty.value), Tally())) for column in columns])
        for compound in compounds
    ]


def _counts(
    compounds: Sequence[Compound], columns: Sequence[Column], on: date
) -> Iterable[tuple[int | None, str, int, int, int, int]]:
    shown = Q(pk__in=())
    for column in columns:
        shown |= Q(duty=column.duty, period=column.period.code)
    done_on = TruncDate("fulfilled_at", tzinfo=SHANGHAI)
    return (
        Obligation.objects.filter(shown, compound__in=[compound.pk for compound in compounds], released_on__isnull=True)
        .order_by()
        .alias(done_on=done_on)
        .values_list("compound_id", "duty")
        .annotate(
            total=Count("pk"),
            on_time=Count("pk", filter=Q(done_on__lte=F("deadline_on"))),
            late=Count("pk", filter=Q(done_on__gt=F("deadline_on"))),
            overdue=Count("pk", filter=Q(fulfilled_at__isnull=True, deadline_on__lt=on)),
        )
    )
