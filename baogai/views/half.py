"""半年总览: surveys and appraisals as they go, what came out, what waits for a decision, and the half-years before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import PersonRequest
from baogai.halves import KINDS, Appraised, Fact, Sums, known_of, sums_of
from baogai.permissions import may_see_board
from communities.models import Town, Village
from communities.permissions import standing_of
from evaluations.models import Round, SurveyProposal
from evaluations.permissions import may_start_surveys
from evaluations.rules import SurveyKind
from kernel.days import today
from kernel.periods import Cadence, Period
from notices.models import Edition
from notices.permissions import may_prepare_edition
from notices.rules import EditionKind, Recipient

#: The present half-year and those before it that a page offers.
_HALVES = 6
_ROUNDS_SHOWN = 5
_PAGE = 20


class HalfForm(forms.Form):
    """Which half-year; unless chosen the latest in which anything was judged."""

    period = forms.ChoiceField(label="半年", required=False)

    def __init__(self, data: Any, *, halves: Sequence[Period]) -> None:
        super().__init__(data)
        self.fields["period"].choices = [(one.code, one.label) for one in halves]  # type: ignore[attr-defined] # a ChoiceField
        self.is_valid()

    def chosen(self, usual: Period) -> Period:
        code = self.cleaned_data.get("period")
        return Period.parse(code) if code else usual


@dataclass(frozen=True)
class Line:
    """A village's surveys by kind, in the order of `KINDS`, and together; `village` None is the sum of all."""

    name: str
    village: Village | None
    kinds: Sequence[tuple[SurveyKind, Sums]]
    whole: Sums


@dataclass(frozen=True)
class Past:
    """One half-year of the history, with its latest edition where one was issued."""

    period: Period
    whole: Sums
    appraised: Appraised | None
    edition: Edition | None


@login_required
@require_safe
def half(request: PersonRequest) -> HttpResponse:
    """For the town, its auditors and the villages' cadres, each for their own reach; no answer of an open survey."""
    standing = standing_of(request.user, today())
    if not may_see_board(standing):
        raise PermissionDenied("半年总览由镇、村（社区）查看。")
    halves = _halves(Period.containing(standing.on, Cadence.HALF))
    known = known_of(standing, halves)
    facts = known.surveys
    told = {fact.period for fact in facts} | known.appraisals.keys()
    form = HalfForm(request.GET, halves=halves)
    period = form.chosen(next((one for one in halves if one.code in told), halves[0]))
    own = [fact for fact in facts if fact.period == period.code]
    villages = list(
        Village.objects.filter(Q(town_id__in=standing.town_ids) | Q(pk__in=standing.village_ids))
        .select_related("town")
        .order_by("id")
    )
    towns = list({village.town_id: village.town for village in villages}.values())
    judged = {fact.village_id for fact in own}
    editions = _editions(towns, halves)
    proposals = SurveyProposal.objects.visible_to(standing).filter(survey__period=period.code, survey__kind__in=KINDS)
    context = {
        "form": form,
        "period": period,
        "is_over": period.last < standing.on,
        "whole": sums_of(own),
        "rounds": _rounds(towns, period) if own else [],
        "lines": [
            _line(one.name, one, [f for f in own if f.village_id == one.pk]) for one in villages if one.pk in judged
        ],
        "untouched": len(villages) - len(judged),
        "sum": _line("合计", None, own),
        "page": Paginator(proposals.for_display().order_by("decision", "pk"), _PAGE).get_page(request.GET.get("page")),
        "history": [
            Past(
                one,
                sums_of(fact for fact in facts if fact.period == one.code),
                known.appraisals.get(one.code),
                editions.get(one.code),
            )
            for one in halves
            if one.code in told
        ],
        "appraised": known.appraisals.get(period.code),
        "edition": editions.get(period.code),
        "recipients": len(Recipient),
        "starts": [town for town in towns if may_start_surveys(standing, town)],
        "prepares": [town for town in towns if may_prepare_edition(standing, town)],
    }
    return render(request, "baogai/half.html", context)


def _halves(present: Period) -> list[Period]:
    """The present one and those before it, the newest first."""
    found = [present]
    while len(found) < _HALVES:
        found.append(found[-1].previous())
    return found


def _by_kind(facts: Sequence[Fact]) -> list[tuple[SurveyKind, Sums]]:
    return [(kind, sums_of(fact for fact in facts if fact.kind is kind)) for kind in KINDS]


def _line(name: str, village: Village | None, facts: Sequence[Fact]) -> Line:
    return Line(name, village, _by_kind(facts), sums_of(facts))


def _rounds(towns: Sequence[Town], period: Period) -> Sequence[Round]:
    """The acts that started the half-year's surveys, the latest first, with how many each started."""
    found = Round.objects.filter(town__in=towns, period=period.code).select_related("started_by")
    return list(found.annotate(started=Count("surveys")).order_by("-pk")[:_ROUNDS_SHOWN])


def _editions(towns: Sequence[Town], halves: Sequence[Period]) -> dict[str, Edition]:
    """By half-year the edition of its results that stands, with `brought`: how many of the four it has reached."""
    found = Edition.objects.filter(
        town__in=towns,
        kind=EditionKind.RESULTS,
        period__in=[one.code for one in halves],
        corrected_by__isnull=True,
    )
    return {one.period: one for one in found.annotate(brought=Count("dispatches")).order_by("pk")}
