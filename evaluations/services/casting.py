"""One household's vote: participation and sealed answers in one transaction, the receipt known to its voter alone."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.views.decorators.debug import sensitive_variables
from nacl.public import PublicKey, SealedBox

from accounts.models import User
from accounts.services import record_action
from communities.models import Unit
from communities.permissions import standing_of
from evaluations.envelopes import comment_size, pack_ballot, pack_comment
from evaluations.models import PaperHelp, Participation, SealedBallot, SealedComment, Survey
from evaluations.permissions import may_enter_paper, may_vote_for
from evaluations.rules import LONGEST_COMMENT, Channel, Scale, State, are_answers
from evaluations.services import turn
from evaluations.services.starting import reference_to
from kernel.codes import in_groups, new_secret
from kernel.days import SHANGHAI, local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.text import tidy

VOTED = "本户已投票。一户一票，家人投过的也算；如不是本户人员所投，请马上联系村（社区）。"
_OVER = "测评已经截止，不能再投票。"


@dataclass(frozen=True)
class Answers:
    """A letter per question, the overall one last, and a comment that may be empty."""

    letters: str
    comment: str = ""


@sensitive_variables("answers", "receipt")
def cast(survey: Survey, unit: Unit, *, answers: Answers, channel: Channel, by: User, at: datetime) -> str:
    """Cast a household's vote. Returns the receipt in groups, to be shown in this answer and never again.

    Raises NotAllowedError for a foreign home, DomainError for missing or unknown answers, ConflictError where the
    survey is not open by the database's clock or the household has voted.
    """
    if not may_vote_for(standing_of(by, local_day(at)), unit.pk):
        raise NotAllowedError("只能为自己绑定的房屋投票。")
    with transaction.atomic():
        receipt = _take(survey, unit, answers=answers, channel=channel)
        record_action("投票", by=by, subject=reference_to(survey), detail=f"{unit}")
    return receipt


@sensitive_variables("answers", "receipt")
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
    with transaction.atomic():
        receipt = _take(survey, unit, answers=answers, channel=Channel.PAPER)
        PaperHelp.objects.create(survey=survey, unit=unit, entered_by=entered_by, confirmed_by=confirmed_by, on=on)
        record_action(
            "代录纸质票", by=entered_by, subject=reference_to(survey), detail=f"{unit}，核对人 {confirmed_by.name}"
        )
    return receipt


@sensitive_variables("answers", "letters", "comment", "receipt")
def _take(survey: Survey, unit: Unit, *, answers: Answers, channel: Channel) -> str:
    turn.vote_beside_others(survey.pk)
    # A second statement: its snapshot is that of after the lock, so that a vote taken is a vote counted.
    standing = Survey.objects.select_related("questionnaire").get(pk=survey.pk)
    now = turn.database_now()
    if standing.state != State.OPEN or now >= standing.closes_at:
        raise ConflictError(_OVER if standing.state != State.DRAFT else "测评还没有开始。")
    letters, comment = answers.letters, tidy(answers.comment)
    questionnaire = standing.questionnaire
    if not are_answers(letters, scale=Scale(questionnaire.scale), questions=questionnaire.questions):
        raise DomainError("请回答全部问题，每题选一项。")
    if len(comment) > LONGEST_COMMENT:
        raise DomainError(f"意见最多 {LONGEST_COMMENT} 个字。", field="comment")
    receipt = new_secret()
    try:
        with transaction.atomic():
            Participation.objects.create(survey_id=survey.pk, unit_id=unit.pk, day=local_day(now), channel=channel)
    except IntegrityError as refused:
        raise _refusal_of(refused) from refused
    for one in sealed(standing, receipt, letters, comment):
        one.save(force_insert=True)
    _count_hour(survey.pk, now)
    return in_groups(receipt)


def _refusal_of(refused: IntegrityError) -> DomainError:
    if "only_a_household_of_the_roll_takes_part" in str(refused):
        return ConflictError("本户不在测评开始时的名册里，不能参加这一次测评。")
    if "is not open" in str(refused):  # the trigger's words; the lock lets nobody come so far
        return ConflictError(_OVER)
    return ConflictError(VOTED)


@sensitive_variables()
def sealed(survey: Survey, receipt: str, letters: str, comment: str) -> tuple[SealedBallot, SealedComment]:
    """Both seals of one vote, still to be saved."""
    box = SealedBox(PublicKey(bytes(survey.public_key or b"")))
    ballot = pack_ballot(survey.public_id, receipt, letters, size=survey.seal_size or 0)
    remark = pack_comment(survey.public_id, comment, size=comment_size())
    return (
        SealedBallot(survey=survey, seal=box.encrypt(ballot)),
        SealedComment(survey=survey, seal=box.encrypt(remark)),
    )


# Last of all, so that the row all voters of the hour share is held for as short as can be.
_COUNT = """
INSERT INTO evaluations_turnouthour (survey_id, hour, count) VALUES (%s, %s, 1)
ON CONFLICT (survey_id, hour) DO UPDATE SET count = evaluations_turnouthour.count + 1
"""


def _count_hour(survey_id: int, now: datetime) -> None:
    hour = now.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [survey_id, hour])
