"""The half-years in figures: surveys by village and kind, how many took part, what came out; appraisals by state.

Three statements over everything of some half-years, at most a minute old: their cost grows with the town, so that no
page asks them each time. While a survey is open it shows its turnout alone (decision 0019).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet, Sum

from communities.permissions import Standing
from evaluations.appraisal_rules import Grade, Stage
from evaluations.models import Appraisal, Participation, Survey
from evaluations.rules import Outcome, State, SurveyKind
from kernel.periods import Period

#: Judged each half-year; the rating at a yearly report meeting is another matter.
KINDS = (SurveyKind.COMMITTEE, SurveyKind.FIRM)
_SECONDS = 60
_OPEN = (State.OPEN, State.CLOSING)


@dataclass
class Sums:
    """Surveys added up: how they stand, the households on their rolls and those that took part, what came out."""

    total: int = 0
    draft: int = 0
    open: int = 0
    closed: int = 0
    homes: int = 0
    took_part: int = 0
    counted: int = 0
    small: int = 0
    without: int = 0
    beyond: int = 0
    waiting: int = 0

    def add(self, other: "Sums") -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


@dataclass(frozen=True)
class Fact:
    """The surveys of one kind in one village and half-year."""

    period: str
    village_id: int
    kind: SurveyKind
    sums: Sums


@dataclass
class Appraised:
    """A half-year's appraisals: how many stand at each stage, and of the final ones how many have each grade."""

    stages: Counter[str] = field(default_factory=Counter)
    grades: Counter[str] = field(default_factory=Counter)

    @property
    def by_stage(self) -> list[tuple[Stage, int]]:
        return [(stage, self.stages[stage.value]) for stage in Stage]

    @property
    def by_grade(self) -> list[tuple[Grade, int]]:
        return [(grade, self.grades[grade.value]) for grade in Grade]


@dataclass(frozen=True)
class Known:
    """What is known of some half-years in a person's reach."""

    surveys: Sequence[Fact]
    appraisals: Mapping[str, Appraised]


def known_of(standing: Standing, periods: Sequence[Period]) -> Known:
    """For the towns and villages one oversees or audits, at most a minute old."""
    codes = [period.code for period in periods]
    places = [*(f"t{pk}" for pk in sorted(standing.town_ids)), *(f"v{pk}" for pk in sorted(standing.village_ids))]
    key = f"halves:{'-'.join(places)}:{'-'.join(codes)}"
    found = cache.get(key)
    if not isinstance(found, Known):
        reach = Q(compound__village__town_id__in=standing.town_ids) | Q(compound__village_id__in=standing.village_ids)
        reach &= Q(period__in=codes)
        found = Known(list(_surveys(reach)), _appraisals(reach))
        cache.set(key, found, _SECONDS)
    return found


def _appraisals(reach: Q) -> dict[str, Appraised]:
    """Of a corrected appraisal the correction counts once it is final, until then the corrected one."""
    standing = Appraisal.objects.filter(reach).exclude(corrected_by__stage=Stage.FINAL)
    rows = (
        standing.filter(Q(version=1) | Q(stage=Stage.FINAL)).order_by().values_list("period", "stage", "result__grade")
    )
    found: dict[str, Appraised] = {}
    for period, stage, grade, count in rows.annotate(n=Count("pk")):
        told = found.setdefault(period, Appraised())
        told.stages[stage] += count
        if grade:
            told.grades[grade] += count
    return found


def _surveys(reach: Q) -> Iterable[Fact]:
    surveys = Survey.objects.filter(reach, kind__in=KINDS).order_by()
    so_far = _so_far(surveys.filter(state__in=_OPEN).values("pk"))
    rows = surveys.values_list("period", "compound__village_id", "kind").annotate(
        total=Count("pk"),
        draft=Count("pk", filter=Q(state=State.DRAFT)),
        open=Count("pk", filter=Q(state__in=_OPEN)),
        closed=Count("pk", filter=Q(state=State.CLOSED)),
        homes=Sum("units", default=0),
        took_part=Sum("result__participations", default=0),
        counted=Count("pk", filter=Q(result__outcome=Outcome.COUNTED)),
        small=Count("pk", filter=Q(result__outcome__in=(Outcome.LOW, Outcome.FEW))),
        without=Count("pk", filter=Q(result__outcome=Outcome.NONE)),
        beyond=Count("proposal"),
        waiting=Count("proposal", filter=Q(proposal__decision="")),
    )
    for period, village_id, kind, *counts in rows:
        sums = Sums(*counts)
        sums.took_part += so_far.get((period, village_id, kind), 0)
        yield Fact(period, village_id, SurveyKind(kind), sums)


def _so_far(surveys: QuerySet[Survey, Any]) -> dict[tuple[str, int, str], int]:
    """Households that took part in what is still open, by half-year, village and kind."""
    place = ("survey__period", "survey__compound__village_id", "survey__kind")
    counted = Participation.objects.filter(survey__in=surveys).order_by().values_list(*place).annotate(n=Count("pk"))
    return {(period, village_id, kind): n for period, village_id, kind, n in counted}


def sums_of(facts: Iterable[Fact]) -> Sums:
    whole = Sums()
    for fact in facts:
        whole.add(fact.sums)
    return whole
