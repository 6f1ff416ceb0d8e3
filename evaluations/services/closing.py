"""The count: close the box, open all seals in memory, write the ballots sorted, destroy the key. The worker's acts.

Every step may be repeated, by this worker or another, after dying at any point. Any doubt rolls back: the survey stays
in 计票中, the key and the seals are kept, and the page says what is amiss (decision 0019).
"""

import os
import secrets
from collections.abc import Iterator
from itertools import islice
from typing import NoReturn

from django.db import transaction
from nacl.exceptions import CryptoError
from nacl.public import SealedBox

from accounts.services import record_action
from evaluations.envelopes import (
    EnvelopeError,
    OpenBallot,
    comment_size,
    list_hash,
    published_list,
    unpack_ballot,
    unpack_comment,
)
from evaluations.models import Ballot, Comment, Participation, SealedBallot, SealedComment, Survey, SurveyResult
from evaluations.rules import FULFILS, Scale, State, SurveyKind, are_answers, outcome_of, tally_all
from evaluations.services import turn
from evaluations.services.keys import destroy_key, read_key
from evaluations.services.lists import list_of, public_file
from evaluations.services.proposing import propose
from evaluations.services.starting import reference_to
from kernel.errors import ConflictError, DomainError
from supervision.models import Obligation
from supervision.services import fulfil

_AT_ONCE = 5_000


class CountError(DomainError):
    """The box does not add up; nothing was written and nothing is lost."""


def close_survey(survey_id: int) -> bool:
    """Close and count a survey whose hour has come, or whose end was asked for. False where there is nothing to do.

    Raises KeyStoreError or CountError; the survey stays 计票中 then, and this may be called again.
    """
    if not _shut(survey_id):
        return False
    return _count(survey_id)


@transaction.atomic
def _shut(survey_id: int) -> bool:
    """First transaction: with the lock that waits for every vote under way, open → closing."""
    turn.be_alone_with(survey_id)
    now = turn.database_now()
    survey = Survey.objects.to_close(now).filter(pk=survey_id).first()
    if survey is None:
        return False
    if survey.state == State.OPEN:
        Survey.objects.filter(pk=survey_id, state=State.OPEN).update(state=State.CLOSING)
    return True


@transaction.atomic
def _count(survey_id: int) -> bool:
    """Second transaction: open, check, write, delete the seals, closing → closed; all of it or nothing."""
    survey = Survey.objects.select_for_update(of=("self",)).select_related("questionnaire").get(pk=survey_id)
    if survey.state != State.CLOSING:
        return False
    box = SealedBox(read_key(survey.public_id, public=bytes(survey.public_key or b"")))
    ballots = sorted(_opened(survey, box), key=lambda ballot: ballot.receipt.encode())
    _check_complete(survey, ballots)
    # In the order of the receipts: written in the order read, the heap and the log would keep that of the households.
    rows = (Ballot(survey=survey, receipt=one.receipt, answers=one.answers) for one in ballots)
    while batch := list(islice(rows, _AT_ONCE)):
        Ballot.objects.bulk_create(batch)
    result = _result(survey, ballots)
    if result.is_shown:
        _keep_comments(survey, box)
    SealedBallot.objects.filter(survey=survey).delete()
    SealedComment.objects.filter(survey=survey).delete()
    survey.state, survey.closed_at, survey.problem = State.CLOSED, turn.database_now(), ""
    survey.save(update_fields=["state", "closed_at", "problem"])
    propose(result, at=survey.closed_at)
    _fulfil(survey)
    record_action("测评计票", by=None, subject=reference_to(survey), detail=f"{result.participations} 户参与")
    return True


def _opened(survey: Survey, box: SealedBox) -> Iterator[OpenBallot]:
    scale, questions = Scale(survey.questionnaire.scale), survey.questionnaire.questions
    for seal in _seals(SealedBallot, survey):
        try:
            ballot = unpack_ballot(box.decrypt(seal), survey=survey.public_id, size=survey.seal_size or 0)
        except (CryptoError, EnvelopeError, ValueError):
            _doubt("有密封票打不开或不属于这次测评")
        if not are_answers(ballot.answers, scale=scale, questions=questions):
            _doubt("有密封票的答案与问卷不符")
        yield ballot


def _seals(model: type[SealedBallot] | type[SealedComment], survey: Survey) -> Iterator[bytes]:
    """Read through a cursor of the server, so that a million do not lie in memory; psycopg2 gives memoryviews."""
    for seal in model.objects.filter(survey=survey).values_list("seal", flat=True).iterator(chunk_size=_AT_ONCE):
        yield bytes(seal)


def _check_complete(survey: Survey, ballots: list[OpenBallot]) -> None:
    took_part = Participation.objects.filter(survey=survey).count()
    receipts = len({ballot.receipt for ballot in ballots})
    remarks = SealedComment.objects.filter(survey=survey).count()
    if not took_part == len(ballots) == receipts == remarks:
        _doubt(f"参与 {took_part} 户、密封票 {len(ballots)} 张、不同回执 {receipts} 个、密封意见 {remarks} 份，应相等")


def _doubt(what: str) -> NoReturn:
    raise CountError(f"{what}。没有计票，票和密钥都保留，请系统管理员核查。")


def _result(survey: Survey, ballots: list[OpenBallot]) -> SurveyResult:
    tallies = tally_all((one.answers for one in ballots), questions=len(survey.questionnaire.questions))
    overall = tallies[-1]
    outcome = outcome_of(
        valid=overall.valid,
        participations=len(ballots),
        units=survey.units or 0,
        least_ballots=survey.least_ballots,
        turnout_floor=survey.turnout_floor,
    )
    content = published_list(survey.public_id, ((one.receipt, one.answers) for one in ballots))
    return SurveyResult.objects.create(
        survey=survey,
        participations=len(ballots),
        valid=overall.valid,
        satisfied=overall.satisfied,
        dissatisfied=overall.dissatisfied,
        outcome=outcome,
        tallies=[dict(tally.counts) for tally in tallies],
        list_hash=list_hash(content),
    )


def _keep_comments(survey: Survey, box: SealedBox) -> None:
    """Those that say something, in the order of random ids; of too few ballots none are kept, or one could guess."""
    found = []
    for seal in _seals(SealedComment, survey):
        try:
            text = unpack_comment(box.decrypt(seal), survey=survey.public_id, size=comment_size())
        except (CryptoError, EnvelopeError, ValueError):
            _doubt("有密封意见打不开或不属于这次测评")
        if text:
            found.append(Comment(survey=survey, text=text))
    Comment.objects.bulk_create(sorted(found, key=lambda comment: comment.pk), batch_size=_AT_ONCE)


def _fulfil(survey: Survey) -> None:
    """Tell the office's obligation that the survey was held, also without a result; at the hour the box closed."""
    duty = FULFILS.get(SurveyKind(survey.kind))
    if duty is None:
        return
    owed = Obligation.objects.open().filter(duty=duty, compound=survey.compound_id, period=survey.period)
    for obligation in owed.select_related("bearer_body", "bearer_firm"):
        try:
            fulfil(obligation, at=survey.ended_at, evidence=reference_to(survey), by=None)
        except ConflictError:
            continue  # released from it meanwhile: nothing is owed


# -- Finish ------------------------------------------------------------------------------------------------------------


def finish(survey_id: int) -> bool:
    """Read the ballots again, compare the hash, write the public file, destroy the key and say so.

    False where there is nothing to do, or a copy of the key could not be reached: 密钥待销毁. Raises CountError where
    what was written is not what was counted; the key is kept then.
    """
    survey = Survey.objects.select_related("result").filter(pk=survey_id).first()
    if survey is None or not survey.awaits_destruction:
        return False
    content = list_of(survey)
    if list_hash(content) != survey.result.list_hash or SealedBallot.objects.filter(survey=survey).exists():
        _doubt("写入的选票与计票时不一致")
    if survey.result.is_shown:
        _publish(survey, content)
    if not destroy_key(survey.public_id, has_escrow=survey.has_escrow):
        return False
    note_destroyed(survey)
    return True


def note_destroyed(survey: Survey) -> None:
    """Every copy of the key is gone: by this worker, or as an administrator confirms."""
    with transaction.atomic():
        changed = Survey.objects.filter(pk=survey.pk, key_destroyed_at__isnull=True).update(
            key_destroyed_at=turn.database_now()
        )
        if changed:
            record_action("销毁测评密钥", by=None, subject=reference_to(survey))


def _publish(survey: Survey, content: bytes) -> None:
    target = public_file(survey)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(target)
