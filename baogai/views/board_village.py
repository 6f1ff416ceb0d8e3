"""履职总览 of one village: compounds × duties of a quarter; from here each cell leads to its obligations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.permissions import PersonRequest
from baogai.board import Tally
from baogai.permissions import may_see_board
from baogai.views.board import Head, QuarterForm, heads_of, quarters_of
from communities.models import Compound, Village
from communities.permissions import Standing, standing_of
from kernel.days import SHANGHAI, today
from kernel.periods import Period
from supervision.models import BoardCell, Obligation

_PAGE = 50


class CompoundsForm(QuarterForm):
    """Which quarter's deadlines, and whether only compounds with something overdue."""

    late = forms.BooleanField(label="只看有逾期的", required=False)


@dataclass(frozen=True)
class Row:
    """A compound: one tally per column, and all together."""

    compound: Compound
    tallies: Sequence[tuple[Head, Tally]]
    overdue: int


@login_required
@require_safe
def board_village(request: PersonRequest, village_id: str) -> HttpResponse:
    """For whoever oversees the village; fifty compounds a page, counted in one statement."""
    standing = standing_of(request.user, today())
    if not may_see_board(standing):
        raise PermissionDenied("履职总览由镇、村（社区）查看。")
    seen = Village.objects.filter(Q(town_id__in=standing.town_ids) | Q(pk__in=standing.village_ids))
    village = get_object_or_404(seen, public_id=village_id)
    cells = BoardCell.objects.filter(village=village)
    form = CompoundsForm(
        request.GET, quarters=quarters_of(list(cells.values_list("deadline_on", flat=True).distinct()))
    )
    quarter = form.chosen(standing.on)
    heads = heads_of(list(cells.filter(deadline_on__range=(quarter.first, quarter.last))))
    compounds = _compounds(village, quarter, standing, only_late=form.cleaned_data.get("late", False))
    page = Paginator(compounds, _PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "village": village,
        "quarter": quarter,
        "heads": heads,
        "page": page,
        "rows": _rows(list(page), heads, quarter, standing),
    }
    return render(request, "baogai/board_village.html", context)


def _compounds(village: Village, quarter: Period, standing: Standing, *, only_late: bool) -> QuerySet[Compound]:
    found = Compound.objects.filter(village=village).order_by("name", "pk")
    if not only_late:
        return found
    due = Obligation.objects.overdue(standing.on).filter(deadline_on__range=(quarter.first, quarter.last))
    return found.filter(Exists(due.order_by().filter(compound=OuterRef("pk"))))


def _rows(compounds: Sequence[Compound], heads: Sequence[Head], quarter: Period, standing: Standing) -> list[Row]:
    tallies: dict[tuple[int, str, str], Tally] = {}
    for compound, duty, period, total, on_time, late, overdue in _counts(compounds, quarter, standing):
        tallies[compound, duty, period] = Tally(total=total, on_time=on_time, late=late, overdue=overdue)

    def row(compound: Compound) -> Row:
        own = [(head, tallies.get((compound.pk, head.duty.value, head.period.code), Tally())) for head in heads]
        return Row(compound, own, sum(tally.overdue for _, tally in own))

    return [row(compound) for compound in compounds]


def _counts(compounds: Sequence[Compound], quarter: Period, standing: Standing) -> Iterable[tuple[Any, ...]]:
    """(compound, duty, period, owed, on time, late, overdue) of what falls due in the quarter."""
    due = Obligation.objects.filter(
        compound__in=[compound.pk for compound in compounds],
        deadline_on__range=(quarter.first, quarter.last),
        released_on__isnull=True,
    )
    return (
        due.order_by()
        .alias(done_on=TruncDate("fulfilled_at", tzinfo=SHANGHAI))
        .values_list("compound_id", "duty", "period")
        .annotate(
            total=Count("pk"),
            on_time=Count("pk", filter=Q(done_on__lte=F("deadline_on"))),
            late=Count("pk", filter=Q(done_on__gt=F("deadline_on"))),
            overdue=Count("pk", filter=Q(fulfilled_at__isnull=True, deadline_on__lt=standing.on)),
        )
    )
