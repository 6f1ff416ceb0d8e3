"""测评考评结果: what the half-year's surveys and appraisals came to, one line per committee and per firm of a compound.

Clauses 四（二）4 and 四（四）5 have both reported, copied and published. A figure too small to be shown is in none of
them: the line says so in words.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from communities.models import Town
from evaluations.appraisal_rules import Stage
from evaluations.models import Appraisal
from evaluations.rules import Act, Outcome, SurveyKind
from evaluations.services.appraisals.results import FinalScore, scores_in
from evaluations.services.results import SurveyFigures, results_of, still_running
from kernel.errors import DomainError
from kernel.periods import Period
from notices.rules import ResultLine, Side, Spot
from notices.services.editions.figures import Drawn
from supervision.rules import Duty, clause_of

_SIDES = {SurveyKind.COMMITTEE: Side.COMMITTEE, SurveyKind.FIRM: Side.FIRM}
_BEYOND = {Act.REELECTION: "满意率低于{}%", Act.INTERVIEW: "不满意率超过{}%"}
_NOT_SURVEYED = "未测评"
#: A refusal names at most so many.
_NAMED = 5


def results_drawn(town: Town, period: Period, at: datetime) -> Drawn:
    """The half-year's results as they stood at the moment; a constant number of statements.

    Raises DomainError naming what still runs: a result that is to come must not be missing.
    """
    _refuse_running(town, period, at)
    surveys = results_of(town, period, at=at)
    scores = {(one.compound_id, one.firm_id): one for one in scores_at(town, period, at)}
    surveyed = {(one.compound_id, one.subject_id) for one in surveys}
    lines = [_surveyed_line(one, scores.get((one.compound_id, one.subject_id))) for one in surveys]
    lines += [_appraised_line(one) for key, one in scores.items() if key not in surveyed]
    settles = [
        duty.value
        for duty, is_in_it in ((Duty.SURVEY_PUBLICATION, surveys), (Duty.APPRAISAL_PUBLICATION, scores))
        if is_in_it
    ]
    return Drawn(lines, basis=_basis(surveys), settles=settles)


def scores_at(town: Town, period: Period, at: datetime) -> list[FinalScore]:
    """Final scores as they were known at the moment; what was corrected since is missing, and the press refuses."""
    return scores_in(Appraisal.objects.of(town.pk, period).filter(result__final_at__lte=at))


def _refuse_running(town: Town, period: Period, at: datetime) -> None:
    surveys = still_running(town, period, at=at).select_related("compound").order_by("compound__name", "kind")
    if named := _named(surveys):
        raise DomainError(
            f"测评还没有结束：{named}。计票后才能编制；没有开始、也不再进行的，请先在测评页撤回。", field="period"
        )
    started = Appraisal.objects.of(town.pk, period).filter(version=1, round__opened_at__lte=at)
    unsettled = started.exclude(stage=Stage.FINAL, result__final_at__lte=at)
    if named := _named(unsettled.select_related("compound").order_by("compound__name", "pk")):
        raise DomainError(f"考评还没有审定：{named}。全部审定后才能编制。", field="period")


def _named(found: QuerySet[Any]) -> str:
    """Some of them by name and how many there are; empty where there is none."""
    named = [str(one) for one in found[:_NAMED]]
    count = found.count() if len(named) == _NAMED else len(named)
    return "、".join(named) + (f"等 {count} 项" if count > len(named) else "")


def _basis(surveys: Iterable[SurveyFigures]) -> str:
    """The documents the surveys were held by, and both clauses: 宝政〔2023〕87号四（二）4、四（四）5."""
    documents = sorted({one.document for one in surveys if one.document}) or ["方案"]
    clauses = [clause_of(duty) for duty in (Duty.SURVEY_PUBLICATION, Duty.APPRAISAL_PUBLICATION)]
    return f"{'、'.join(documents)}{'、'.join(clause.removeprefix('方案') for clause in clauses)}"


def _surveyed_line(figures: SurveyFigures, score: FinalScore | None) -> ResultLine:
    return ResultLine(
        spot=Spot(figures.compound_id, figures.compound, figures.village),
        side=_SIDES[figures.kind],
        body=figures.subject,
        units=figures.units,
        participations=figures.participations,
        valid=figures.valid,
        satisfied=figures.satisfied,
        dissatisfied=figures.dissatisfied,
        score=score.score if score else None,
        state=_state(figures),
        grade=_grade(score) if score else "",
    )


def _appraised_line(one: FinalScore) -> ResultLine:
    return ResultLine(
        spot=Spot(one.compound_id, one.compound, one.village),
        side=Side.FIRM,
        body=one.firm,
        units=None,
        participations=None,
        valid=None,
        satisfied=None,
        dissatisfied=None,
        score=one.score,
        state=_NOT_SURVEYED,
        grade=_grade(one),
    )


def _state(figures: SurveyFigures) -> str:
    """有结果, or which line it lies beyond, or why there is none to speak of."""
    if figures.act:
        return _BEYOND[Act(figures.act)].format(figures.threshold)
    return Outcome(figures.outcome).label


def _grade(one: FinalScore) -> str:
    return f"{one.grade.label}（一票否决）" if one.is_vetoed else str(one.grade.label)
