"""What closed surveys came to, as frozen figures, for whoever composes reports and editions of them.

Read-only. A figure is exact: rates are fractions of whole numbers, never rounded; whoever prints rounds. Figures of a
sample too small to be shown are None here too, so that no paper can print them by mistake.
"""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.db.models import Q

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
    LOW they stand, marked 样本不足, and led to no proposal. `threshold` is the line in per cent, `document` the number
    of the policy that drew it.
    """

    survey_id: str
    compound_id: str
    compound: str
    village: str
    kind: SurveyKind
    period: Period
    subject_id: str
    subject: str
    document: str
    threshold: int
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


def results_of(town: Town, period: Period, *, at: datetime) -> list[SurveyFigures]:
    """Every survey of a town and period that was closed by then, by village and compound, the committee's first."""
    found = Survey.objects.filter(compound__village__town=town, period=period.code).closed().filter(closed_at__lte=at)
    return _figures(found.order_by("compound__village_id", "compound__name", "kind"))


def result_of(survey: Survey) -> SurveyFigures | None:
    """The figures of one survey; None before it is closed."""
    return next(iter(_figures(Survey.objects.filter(pk=survey.pk).closed())), None)


def still_running(town: Town, period: Period, *, at: datetime) -> SurveyQuerySet:
    """Surveys of the period that were started and not counted by then: an edition of that moment would lack them."""
    of_period = Survey.objects.filter(compound__village__town=town, period=period.code, round__started_at__lte=at)
    return of_period.filter(Q(closed_at__isnull=True) | Q(closed_at__gt=at))


def _figures(surveys: SurveyQuerySet) -> list[SurveyFigures]:
    """One statement, however many they are."""
    found = surveys.select_related("compound__village", "body", "firm", "policy", "result", "proposal")
    return [_of(survey) for survey in found]


def _of(survey: Survey) -> SurveyFigures:
    result, overall = survey.result, survey.result.overall
    shown = result.is_shown
    proposal = getattr(survey, "proposal", None)
    judged = survey.firm or survey.body
    return SurveyFigures(
        survey_id=survey.public_id,
        compound_id=survey.compound.public_id,
        compound=survey.compound.name,
        village=survey.compound.village.name,
        kind=SurveyKind(survey.kind),
        period=survey.period_value,
        subject_id=judged.public_id if judged else "",
        subject=survey.subject,
        document=survey.policy.number if survey.policy else "",
        threshold=survey.threshold,
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
