"""Surveys: what is asked, of whom, who took part, the ballots, what came out; and the appraisals of firms."""

from evaluations.models.appraisals import (
    Appraisal,
    AppraisalMethod,
    AppraisalReply,
    AppraisalResult,
    AppraisalRound,
    AppraisalStep,
    Mark,
    MarkFile,
    ReplyAnswer,
    ReplyFile,
)
from evaluations.models.ballots import (
    LANES,
    Ballot,
    Comment,
    Participation,
    SealedBallot,
    SealedComment,
    TurnoutHour,
)
from evaluations.models.fieldwork import Finding, FindingPhoto, FindingWithdrawal, Inspection
from evaluations.models.hotline import CompoundAlias, HotlineTicket, TicketImport, TicketRow
from evaluations.models.results import SurveyProposal, SurveyResult
from evaluations.models.surveys import PaperHelp, Questionnaire, RollEntry, Round, Survey

__all__ = [
    "LANES",
    "Appraisal",
    "AppraisalMethod",
    "AppraisalReply",
    "AppraisalResult",
    "AppraisalRound",
    "AppraisalStep",
    "Ballot",
    "Comment",
    "CompoundAlias",
    "Finding",
    "FindingPhoto",
    "FindingWithdrawal",
    "HotlineTicket",
    "Inspection",
    "Mark",
    "MarkFile",
    "PaperHelp",
    "Participation",
    "Questionnaire",
    "ReplyAnswer",
    "ReplyFile",
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
