"""Surveys: what is asked, of whom, who took part, the sealed and the opened ballots, and what came out."""

from evaluations.models.ballots import (
    LANES,
    Ballot,
    Comment,
    Participation,
    SealedBallot,
    SealedComment,
    TurnoutHour,
)
from evaluations.models.results import SurveyProposal, SurveyResult
from evaluations.models.surveys import PaperHelp, Questionnaire, RollEntry, Round, Survey

__all__ = [
    "LANES",
    "Ballot",
    "Comment",
    "PaperHelp",
    "Participation",
    "Questionnaire",
    "RollEntry",
    "Round",
    "SealedBallot",
    "SealedComment",
    "Survey",
    "SurveyProposal",
    "SurveyResult",
    "TurnoutHour",
]
