"""What closed surveys came to, as frozen figures, for whoever composes reports and editions of them.

Read-only. A figure is exact: rates are fractions of whole numbers, never rounded; whoever prints rounds. Figures of a
sample too small to be shown are None here too, so that no paper can print them by mistake.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from communities.models import Town
from evaluations.models import Survey
from evaluations.querysets import SurveyQuerySet
from evaluations.rules import Outcome, SurveyKind
from kernel.days import local_day
from kernel.periods import Period


@dataclass(frozen=True)
class SurveyFigures:
    """One closed survey.

    `valid`, `satisfied`, `dissatisfied`, the rates and the index are None where `outcome` is FEW or NONE; where it is
    LOW they stand, marked 样本不足, and led to no proposal.
    """

    survey_id: str
    compound_id: str
    compound: str
    village: str
    kind: SurveyKind
    period: Period
    subject: str
    units: int
    participations: int
    outcome: Outcome
    valid: int | None
    satisfied: int | None
    dissatisfied: int | None
    satisfied_rate: Fraction | None
    dissatisfied_rate: Fraction | None
    index: Fraction | None
    act: str
    decision: str
    closed_on: date
    list_hash: str

    @property
    def turnout(self) -> Fraction:
        """回收率: households that took part of those on the roll."""
        return Fraction(self.participations, self.units)


def results_of(town: Town, period: Period) -> list[SurveyFigures]:
    """Every closed survey of a town and period, by village and compound, the committee's before the firm's."""
    found = Survey.objects.filter(compound__village__town=town, period=period.code).closed()
    return _figures(found.order_by("compound__village_id", "compound__name", "kind"))


def result_of(survey: Survey) -> SurveyFigures | None:
    """The figures of one survey; None before it is closed."""
    return next(iter(_figures(Survey.objects.filter(pk=survey.pk).closed())), None)


def still_running(town: Town, period: Period) -> int:
    """How many surveys of the period are not closed: an edition made now would lack them."""
    of_period = Survey.objects.filter(compound__village__town=town, period=period.code)
    return of_period.count() - of_period.closed().count()


def _figures(surveys: SurveyQuerySet) -> list[SurveyFigures]:
    """One statement, however many they are."""
    found = surveys.select_related("compound__village", "body", "firm", "result", "proposal")
    return [_of(survey) for survey in found]


def _of(survey: Survey) -> SurveyFigures:
    result, overall = survey.result, survey.result.overall
    shown = result.is_shown
    proposal = getattr(survey, "proposal", None)
    return SurveyFigures(
        survey_id=survey.public_id,
        compound_id=survey.compound.public_id,
        compound=survey.compound.name,
        village=survey.compound.village.name,
        kind=SurveyKind(survey.kind),
        period=survey.period_value,
        subject=survey.subject,
        units=survey.units or 0,
        participations=result.participations,
        outcome=Outcome(result.outcome),
        valid=result.valid if shown else None,
        satisfied=result.satisfied if shown else None,
        dissatisfied=result.dissatisfied if shown else None,
        satisfied_rate=overall.satisfied_rate if shown else None,
        dissatisfied_rate=overall.dissatisfied_rate if shown else None,
        index=overall.index if shown else None,
        act=proposal.act if proposal else "",
        decision=proposal.decision if proposal else "",
        closed_on=local_day(survey.closed_at) if survey.closed_at else survey.period_value.last,
        list_hash=result.list_hash if shown else "",
    )
