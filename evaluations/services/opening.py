"""Opening a survey: its key pair, its frozen roll. The worker's act, for the key store is the worker's alone."""

from django.db import connection, transaction

from accounts.services import record_action
from evaluations.envelopes import ballot_size
from evaluations.models import Survey
from evaluations.rules import State
from evaluations.services import turn
from evaluations.services.keys import make_key
from evaluations.services.starting import reference_to
from kernel.errors import ConflictError, DomainError

_FREEZE = """
INSERT INTO evaluations_rollentry (survey_id, unit_id)
SELECT %(survey)s, u.id FROM communities_unit u JOIN communities_building b ON b.id = u.building_id
WHERE b.compound_id = %(compound)s
ON CONFLICT DO NOTHING
"""
#: SHA-256 over the public ids of the roll's households, sorted by bytes, one a line.
_ROLL_HASH = """
WITH roll AS (
    SELECT count(*) AS units, coalesce(string_agg(u.public_id, E'\\n' ORDER BY u.public_id COLLATE "C"), '') AS ids
    FROM evaluations_rollentry r JOIN communities_unit u ON u.id = r.unit_id WHERE r.survey_id = %(survey)s
)
SELECT units, encode(sha256(convert_to(ids, 'UTF8')), 'hex') FROM roll
"""


@transaction.atomic
def open_survey(survey_id: int) -> bool:
    """Make the key, freeze the roll, open. The worker's; may be repeated. False where there is nothing to open.

    Raises KeyStoreError where the key store is not as it must be, DomainError for a compound without a roll; the
    survey stays a draft.
    """
    turn.be_alone_with(survey_id)
    survey = Survey.objects.select_related("questionnaire").filter(pk=survey_id, state=State.DRAFT).first()
    now = turn.database_now()
    if survey is None or survey.closes_at <= now:
        return False
    units, roll_hash = _freeze_roll(survey)
    if not units:
        raise DomainError("小区还没有业主名册，导入名册后自动开始。")
    key = make_key(survey.public_id)
    opened = Survey.objects.filter(pk=survey_id, state=State.DRAFT).update(
        state=State.OPEN,
        opened_at=now,
        units=units,
        roll_hash=roll_hash,
        public_key=key.public,
        seal_size=ballot_size(len(survey.questionnaire.questions)),
        has_escrow=key.has_escrow,
        problem="",
    )
    if opened != 1:
        raise ConflictError("这次测评已由他人开始。")
    record_action("开始测评", by=None, subject=reference_to(survey), detail=f"名册 {units} 户，校验码 {roll_hash[:16]}")
    return True


def _freeze_roll(survey: Survey) -> tuple[int, str]:
    values = {"survey": survey.pk, "compound": survey.compound_id}
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, values)
        cursor.execute(_ROLL_HASH, values)
        units, roll_hash = cursor.fetchone()
    return int(units), str(roll_hash)
