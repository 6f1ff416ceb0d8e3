"""One household's vote: participation and sealed answers in one transaction, the receipt known to its voter alone.

What a vote costs, all voters of an evening pay: the terms of the survey are read before, for a trigger keeps them; with
the lock held there is one statement, and no savepoint, for it answers what stood in the way instead of raising it.
"""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from django.db import transaction
from django.views.decorators.debug import sensitive_variables
from nacl.public import PublicKey, SealedBox

from accounts.compiled import Prepared
from accounts.models import User
from accounts.services import record_action
from communities.models import Unit
from communities.permissions import standing_of
from evaluations.envelopes import comment_size, pack_ballot, pack_comment
from evaluations.models import LANES, PaperHelp, Survey
from evaluations.permissions import may_enter_paper, may_vote_for
from evaluations.rules import LONGEST_COMMENT, Channel, Scale, State, are_answers
from evaluations.services import turn
from evaluations.services.starting import reference_to
from kernel.codes import in_groups, new_secret
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.text import tidy

VOTED = "本户已投票。一户一票，家人投过的也算；如不是本户人员所投，请马上联系村（社区）。"
NOT_YET = "测评还没有开始。"
NOT_ROLLED = "本户不在测评开始时的名册里，不能参加这一次测评。"
_OVER = "测评已经截止，不能再投票。"


@dataclass(frozen=True)
class Answers:
    """A letter per question, the overall one last, and a comment that may be empty."""

    letters: str
    comment: str = ""


@sensitive_variables("answers", "vote")
def cast(survey: Survey, unit: Unit, *, answers: Answers, channel: Channel, by: User, at: datetime) -> str:
    """Cast a household's vote. Returns the receipt in groups, to be shown in this answer and never again.

    Raises NotAllowedError for a foreign home, DomainError for missing or unknown answers, ConflictError where the
    survey is not open by the database's clock or the household has voted.
    """
    if not may_vote_for(standing_of(by, local_day(at)), unit.pk):
        raise NotAllowedError("只能为自己绑定的房屋投票。")
    vote = seal_vote(survey, answers)
    with transaction.atomic(savepoint=False):
        outcome = _take(survey, unit, vote, channel)
        if outcome is _Outcome.TAKEN:
            record_action("投票", by=by, subject=reference_to(survey), detail=f"{unit}")
    return _receipt_of(vote, outcome)


@sensitive_variables("answers", "vote")
def cast_paper(
    survey: Survey, unit: Unit, *, answers: Answers, entered_by: User, confirmed_by: User, at: datetime
) -> str:
    """Cast the vote a household gave on paper, typed in by one and read over by another, both at the desk.

    The answers are sealed at once, as everybody's; on record are the two and the household, never what it answered.
    Raises NotAllowedError, DomainError and ConflictError as `cast`.
    """
    on = local_day(at)
    if entered_by.pk == confirmed_by.pk:
        raise DomainError("核对人须是另一位工作人员。", field="username")
    if not may_enter_paper(standing_of(entered_by, on), survey):
        raise NotAllowedError("纸质票由村（社区）干部或镇小区服务岗代录。")
    if not may_enter_paper(standing_of(confirmed_by, on), survey):
        raise DomainError("核对人须是本村（社区）干部或镇小区服务岗人员。", field="username")
    vote = seal_vote(survey, answers)
    with transaction.atomic(savepoint=False):
        outcome = _take(survey, unit, vote, Channel.PAPER)
        if outcome is _Outcome.TAKEN:
            _note_help(survey, unit, entered_by=entered_by, confirmed_by=confirmed_by, on=on)
    return _receipt_of(vote, outcome)


def _note_help(survey: Survey, unit: Unit, *, entered_by: User, confirmed_by: User, on: date) -> None:
    PaperHelp.objects.create(survey=survey, unit=unit, entered_by=entered_by, confirmed_by=confirmed_by, on=on)
    record_action(
        "代录纸质票", by=entered_by, subject=reference_to(survey), detail=f"{unit}，核对人 {confirmed_by.name}"
    )


# -- Before the lock: what nobody else can change --------------------------------------------------------------------


@dataclass(frozen=True)
class SealedVote:
    """Two seals, and the receipt that lies in one of them: what a household hands in."""

    ballot: bytes
    comment: bytes
    receipt: str = field(repr=False)


@sensitive_variables()
def seal_vote(survey: Survey, answers: Answers) -> SealedVote:
    """Seal the answers to the survey's public key; it, the questions and the length are the survey's for good."""
    if survey.state == State.DRAFT:
        raise ConflictError(NOT_YET)
    letters, comment = answers.letters, tidy(answers.comment)
    questionnaire = survey.questionnaire
    if not are_answers(letters, scale=Scale(questionnaire.scale), questions=questionnaire.questions):
        raise DomainError("请回答全部问题，每题选一项。")
    if len(comment) > LONGEST_COMMENT:
        raise DomainError(f"意见最多 {LONGEST_COMMENT} 个字。", field="comment")
    box, receipt = SealedBox(PublicKey(bytes(survey.public_key or b""))), new_secret()
    ballot = pack_ballot(survey.public_id, receipt, letters, size=survey.seal_size or 0)
    remark = pack_comment(survey.public_id, comment, size=comment_size())
    return SealedVote(box.encrypt(ballot), box.encrypt(remark), receipt)


# -- With the lock ---------------------------------------------------------------------------------------------------


class _Outcome(Enum):
    TAKEN = ""
    VOTED = VOTED
    NOT_ROLLED = NOT_ROLLED
    OVER = _OVER


# One statement, so that seals are in for whoever took part, and for nobody else. Its snapshot is that of after the
# lock, so that a vote taken is a vote counted. What may not be is no error here but no row: the unique constraint, the
# roll's foreign key and the triggers stand behind it all the same.
_TAKE = Prepared("""
WITH survey AS (
    SELECT id FROM evaluations_survey WHERE id = $1 AND state = 'open' AND closes_at > $3
), rolled AS (
    SELECT e.survey_id, e.unit_id FROM survey JOIN evaluations_rollentry e ON e.survey_id = survey.id
    WHERE e.unit_id = $2
), took_part AS (
    INSERT INTO evaluations_participation (survey_id, unit_id, day, channel)
    SELECT survey_id, unit_id, ($3 AT TIME ZONE 'Asia/Shanghai')::date, $4 FROM rolled
    ON CONFLICT DO NOTHING RETURNING survey_id
), sealed_ballot AS (
    INSERT INTO evaluations_sealedballot (id, survey_id, seal) SELECT $5, survey_id, $6 FROM took_part
), sealed_comment AS (
    INSERT INTO evaluations_sealedcomment (id, survey_id, seal) SELECT $7, survey_id, $8 FROM took_part
), counted AS (
    INSERT INTO evaluations_turnouthour (survey_id, hour, lane, count)
    SELECT survey_id, date_trunc('hour', $3, 'Asia/Shanghai'), $9, 1 FROM took_part
    ON CONFLICT (survey_id, hour, lane) DO UPDATE SET count = evaluations_turnouthour.count + 1
)
SELECT (SELECT count(*) FROM survey), (SELECT count(*) FROM rolled), (SELECT count(*) FROM took_part)
""")


@sensitive_variables("vote")
def _take(survey: Survey, unit: Unit, vote: SealedVote, channel: Channel) -> _Outcome:
    """Whether the vote is in; in the caller's transaction, to whose end no count begins."""
    now = turn.vote_beside_others(survey.pk)
    is_open, is_rolled, is_taken = _write(survey, unit, vote, channel, now)
    if is_taken:
        return _Outcome.TAKEN
    if is_rolled:
        return _Outcome.VOTED
    return _Outcome.NOT_ROLLED if is_open else _Outcome.OVER


@sensitive_variables("vote")
def _write(survey: Survey, unit: Unit, vote: SealedVote, channel: Channel, now: datetime) -> tuple[int, ...]:
    lane, seals = secrets.randbelow(LANES), (uuid.uuid4(), vote.ballot, uuid.uuid4(), vote.comment)
    return _TAKE(survey.pk, unit.pk, now, channel.value, *seals, lane)[0]


@sensitive_variables()
def _receipt_of(vote: SealedVote, outcome: _Outcome) -> str:
    """Raises ConflictError where the vote was not taken."""
    if outcome is not _Outcome.TAKEN:
        raise ConflictError(outcome.value)
    return in_groups(vote.receipt)
