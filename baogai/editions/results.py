"""测评考评结果: what the half-year's surveys and appraisals came to, one line per committee and per firm of a compound.

Clauses 四（二）4 and 四（四）5 have both reported, copied and published. A figure too small to be shown is in none of
them: the line says so in words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from communities.models import Town
from evaluations.rules import Act, Outcome, SurveyKind
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


@dataclass(frozen=True)
class Appraised:
    """A firm's final score at one compound, and its grade in words."""

    spot: Spot
    body: str
    score: Decimal
    grade: str


#: (compound, firm or body) by their public ids.
Key = tuple[str, str]


def results_drawn(town: Town, period: Period, at: datetime) -> Drawn:
    """The half-year's results as they stood at the moment; a constant number of statements.

    Raises DomainError naming what still runs: a result that is to come must not be missing.
    """
    _refuse_running(town, period, at)
    surveys = results_of(town, period, at=at)
    scores = appraised(town, period, at)
    surveyed = {(one.compound_id, one.subject_id) for one in surveys}
    lines = [_surveyed_line(one, scores.get((one.compound_id, one.subject_id))) for one in surveys]
    lines += [_appraised_line(one) for key, one in scores.items() if key not in surveyed]
    settles = [
        duty.value
        for duty, is_in_it in ((Duty.SURVEY_PUBLICATION, surveys), (Duty.APPRAISAL_PUBLICATION, scores))
        if is_in_it
    ]
    return Drawn(lines, basis=_basis(surveys), settles=settles)


def appraised(_town: Town, _period: Period, _at: datetime) -> Mapping[Key, Appraised]:
    """Final scores of the half-year by compound and firm; there are none before firms are appraised here."""
    return {}


def _refuse_running(town: Town, period: Period, at: datetime) -> None:
    running = still_running(town, period, at=at)
    named = [str(one) for one in running.select_related("compound").order_by("compound__name", "kind")[:_NAMED]]
    if not named:
        return
    count = running.count()
    more = f"等 {count} 项" if count > len(named) else ""
    raise DomainError(
        f"还没有结束：{'、'.join(named)}{more}。计票后才能编制；没有开始、也不再进行的，请先在测评页撤回。",
        field="period",
    )


def _basis(surveys: Iterable[SurveyFigures]) -> str:
    """The documents the surveys were held by, and both clauses: 宝政〔2023〕87号四（二）4、四（四）5."""
    documents = sorted({one.document for one in surveys if one.document}) or ["方案"]
    clauses = [clause_of(duty) for duty in (Duty.SURVEY_PUBLICATION, Duty.APPRAISAL_PUBLICATION)]
    return f"{'、'.join(documents)}{'、'.join(clause.removeprefix('方案') for clause in clauses)}"


def _surveyed_line(figures: SurveyFigures, score: Appraised | None) -> ResultLine:
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
        grade=score.grade if score else "",
    )


def _appraised_line(one: Appraised) -> ResultLine:
    return ResultLine(
        spot=one.spot,
        side=Side.FIRM,
        body=one.body,
        units=None,
        participations=None,
        valid=None,
        satisfied=None,
        dissatisfied=None,
        score=one.score,
        state=_NOT_SURVEYED,
        grade=one.grade,
    )


def _state(figures: SurveyFigures) -> str:
    """有结果, or which line it lies beyond, or why there is none to speak of."""
    if figures.act:
        return _BEYOND[Act(figures.act)].format(figures.threshold)
    return Outcome(figures.outcome).label
