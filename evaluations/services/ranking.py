"""Places, comparisons and prices, from final appraisals alone. Read-only; each read is one statement or two.

Whose half-year may be read: whoever oversees the town reads every final score at once; everybody else reads a
half-year when all of its appraisals are final, for a place among half of them would be none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum

from communities.models import ServiceContract, Town
from evaluations.appraisal_querysets import AppraisalQuerySet
from evaluations.appraisal_rules import Grade, Stage
from evaluations.appraisal_scoring import rounded
from evaluations.models import Appraisal, AppraisalRound
from evaluations.ranking_rules import FirmScore, Merit, places_of
from kernel.periods import Period

#: So many half-years stand beside each other.
COMPARED: Final = 4
#: A score's inputs are large, and no list shows them.
_HEAVY: Final = ("facts", "result__inputs", "result__heads")


def finished(rounds: QuerySet[AppraisalRound]) -> QuerySet[AppraisalRound]:
    """Rounds all of whose appraisals are final; a correction that is being made does not open them again."""
    pending = Appraisal.objects.filter(round=OuterRef("pk"), version=1).exclude(stage=Stage.FINAL)
    return rounds.filter(Exists(Appraisal.objects.filter(round=OuterRef("pk")))).exclude(Exists(pending))


def readable_periods(town: Town, *, oversees: bool) -> list[tuple[Period, bool]]:
    """The half-years with final scores the person may read, the latest first, each with whether it is complete."""
    rounds = AppraisalRound.objects.filter(town=town)
    complete = set(finished(rounds).values_list("period", flat=True))
    if oversees:
        scored = Exists(Appraisal.objects.filter(round=OuterRef("pk"), stage=Stage.FINAL))
        codes = set(rounds.filter(scored).values_list("period", flat=True))
    else:
        codes = complete
    return [(Period.parse(code), code in complete) for code in sorted(codes, reverse=True)]


def scores_of(town: Town, periods: Sequence[Period]) -> AppraisalQuerySet:
    """The final scores that stand in these half-years, without what is too large for a list."""
    codes = [period.code for period in periods]
    found = Appraisal.objects.filter(round__town=town, period__in=codes).standing_results()
    return found.select_related("compound__village", "firm", "result").defer(*_HEAVY)


# -- Places ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standings:
    """A half-year as a whole: each merit's place, and how many are of each grade."""

    places: Mapping[Merit, int]
    grades: Mapping[Grade, int]

    @property
    def count(self) -> int:
        return sum(self.grades.values())

    def place_of(self, appraisal: Appraisal) -> int:
        return self.places[appraisal.result.is_vetoed, appraisal.result.score]


def standings_of(town: Town, period: Period) -> Standings:
    """Over every compound of the town, whatever a list is narrowed to: one statement."""
    scores = Appraisal.objects.filter(round__town=town, period=period.code).standing_results().order_by()
    counted = scores.values_list("result__is_vetoed", "result__score", "result__grade").annotate(n=Count("pk"))
    merits: dict[Merit, int] = defaultdict(int)
    grades: dict[Grade, int] = dict.fromkeys(Grade, 0)
    for is_vetoed, score, grade, count in counted:
        merits[is_vetoed, score] += count
        grades[Grade(grade)] += count
    return Standings(places_of(merits.items()), grades)


def in_order_of_place(scores: AppraisalQuerySet) -> AppraisalQuerySet:
    """Best first; of one place by village and name."""
    return scores.order_by(
        "result__is_vetoed", F("result__score").desc(), "compound__village_id", "compound__name", "pk"
    )


# -- Firms -------------------------------------------------------------------------------------------------------------


def firm_scores(town: Town, periods: Sequence[Period]) -> dict[str, list[FirmScore]]:
    """By half-year's code: every firm with what its compounds came to; one statement, rows as many as firms."""
    codes = [period.code for period in periods]
    scores = Appraisal.objects.filter(round__town=town, period__in=codes).standing_results().order_by()
    by_grade = {f"n_{grade.value}": Count("pk", filter=Q(result__grade=grade)) for grade in Grade}
    rows = scores.values("period", "firm", "firm__public_id", "firm__name").annotate(
        count=Count("pk"),
        total=Sum("result__score"),
        best=Max("result__score"),
        worst=Min("result__score"),
        vetoes=Count("pk", filter=Q(result__is_vetoed=True)),
        **by_grade,
    )
    found: dict[str, list[FirmScore]] = defaultdict(list)
    for row in rows:
        found[row["period"]].append(
            FirmScore(
                key=row["firm"],
                public_id=row["firm__public_id"],
                name=row["firm__name"],
                count=row["count"],
                total=row["total"],
                best=row["best"],
                worst=row["worst"],
                vetoes=row["vetoes"],
                grades={grade: row[f"n_{grade.value}"] for grade in Grade},
            )
        )
    return found


# -- Half-years beside each other --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Course:
    """A compound with its firm, or a firm: its scores in the half-years compared, the oldest first."""

    name: str
    detail: str
    scores: Sequence[Decimal | None]

    @property
    def change(self) -> Decimal | None:
        """The last against the one before; None where either is missing."""
        if len(self.scores) < 2 or self.scores[-1] is None or self.scores[-2] is None:
            return None
        return self.scores[-1] - self.scores[-2]


def appraised_pairs(town: Town, periods: Sequence[Period], *, words: str = "") -> QuerySet[Any, tuple[Any, ...]]:
    """(compound, firm) with any final score in these half-years, by village and name, for a paginator."""
    scores = scores_of(town, periods)
    if words:
        scores = scores.filter(Q(compound__name__icontains=words) | Q(firm__name__icontains=words))
    ordered = scores.order_by("compound__village_id", "compound__name", "firm__name")
    return ordered.values_list(
        "compound_id", "firm_id", "compound__name", "compound__village__name", "firm__name", "compound__village_id"
    ).distinct()


def courses_of(town: Town, periods: Sequence[Period], pairs: Iterable[Sequence[Any]]) -> list[Course]:
    """The scores of these pairs, in their order; one statement."""
    listed = list(pairs)
    oldest_first = sorted(periods)
    scores = scores_of(town, periods).filter(compound__in=[row[0] for row in listed]).order_by()
    known = {
        (compound, firm, code): score
        for compound, firm, code, score in scores.values_list("compound_id", "firm_id", "period", "result__score")
    }
    return [
        Course(
            name=row[2],
            detail=f"{row[3]} · {row[4]}",
            scores=[known.get((row[0], row[1], period.code)) for period in oldest_first],
        )
        for row in listed
    ]


def firm_courses(town: Town, periods: Sequence[Period], *, words: str = "") -> list[Course]:
    """Every firm's mean in these half-years, by name; exact means, rounded for the eye."""
    oldest_first = sorted(periods)
    by_firm: dict[int, dict[str, FirmScore]] = defaultdict(dict)
    for code, firms in firm_scores(town, periods).items():
        for one in firms:
            by_firm[one.key][code] = one
    courses = []
    for scores in by_firm.values():
        latest = scores[max(scores)]
        if words in latest.name:
            means = [rounded(scores[p.code].mean) if p.code in scores else None for p in oldest_first]
            courses.append(Course(latest.name, f"{latest.count} 个小区", means))
    return sorted(courses, key=lambda course: course.name)


# -- Quality and price -------------------------------------------------------------------------------------------------


def with_fee(scores: AppraisalQuerySet, period: Period) -> AppraisalQuerySet:
    """With `fee`: yuan per m² and month, of the firm's contract for the compound in the half-year, the latest."""
    contracts = ServiceContract.objects.filter(
        compound=OuterRef("compound"), firm=OuterRef("firm"), from_on__lte=period.last
    )
    return scores.annotate(fee=Subquery(contracts.order_by("-from_on").values("fee_per_m2")[:1]))


def prices_and_scores(town: Town, period: Period) -> list[tuple[Decimal, Decimal]]:
    """(fee, score) of every compound that has both: one statement."""
    priced = with_fee(scores_of(town, [period]), period).filter(fee__isnull=False).order_by()
    return list(priced.values_list("fee", "result__score"))
