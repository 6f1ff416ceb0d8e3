"""What final appraisals came to, as frozen figures, for whoever ranks, compares or publishes them. Read-only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from communities.models import Town
from evaluations.appraisal_querysets import AppraisalQuerySet
from evaluations.appraisal_rules import Grade, Head
from evaluations.models import Appraisal
from kernel.days import local_day
from kernel.periods import Period


@dataclass(frozen=True)
class FinalScore:
    """One firm's final score in one compound; of a corrected appraisal the correction's.

    Ids are public ones but for the two keys, which join to other rows of the database. `heads` gives what a head came
    to of its counted points, None where none of its items counted.
    """

    appraisal_id: str
    compound_id: str
    compound: str
    village: str
    firm_id: str
    firm: str
    credit_code: str
    period: Period
    score: Decimal
    grade: Grade
    is_vetoed: bool
    heads: Mapping[Head, tuple[Decimal | None, Decimal]]
    version: int
    final_on: date
    hash: str
    compound_key: int
    firm_key: int


def final_scores_of(town: Town, period: Period) -> list[FinalScore]:
    """Every final score of a town and half-year, by village and compound; one statement."""
    return scores_in(Appraisal.objects.of(town.pk, period))


def scores_in(appraisals: AppraisalQuerySet) -> list[FinalScore]:
    """The final scores among appraisals, of which the latest version counts."""
    found = appraisals.standing_results().select_related("compound__village", "firm", "result")
    return [_of(one) for one in found.order_by("compound__village_id", "compound__name", "pk")]


def _of(one: Appraisal) -> FinalScore:
    result = one.result
    return FinalScore(
        appraisal_id=one.public_id,
        compound_id=one.compound.public_id,
        compound=one.compound.name,
        village=one.compound.village.name,
        firm_id=one.firm.public_id,
        firm=one.firm.name,
        credit_code=one.firm.credit_code,
        period=one.period_value,
        score=result.score,
        grade=Grade(result.grade),
        is_vetoed=result.is_vetoed,
        heads={Head(name): (Decimal(got) if got else None, Decimal(of)) for name, (got, of) in result.heads.items()},
        version=one.version,
        final_on=local_day(result.final_at),
        hash=result.hash,
        compound_key=one.compound_id,
        firm_key=one.firm_id,
    )
