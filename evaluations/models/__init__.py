"""Surveys: what is asked, of whom, who took part, the sealed and the opened ballots, and what came out."""

from evaluations.models.ballots import Ballot, Comment, Participation, SealedBallot, SealedComment, TurnoutHour
from evaluations.models.hotline import CompoundAlias, HotlineTicket, TicketImport, TicketRow
from evaluations.models.results import SurveyProposal, SurveyResult
from evaluations.models.surveys import PaperHelp, Questionnaire, RollEntry, Round, Survey

__all__ = [
    "Ballot",
    "Comment",
    "CompoundAlias",
    "HotlineTicket",
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
    "TicketImport",
    "TicketRow",
    "TurnoutHour",
]
