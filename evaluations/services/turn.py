"""Votes side by side, the count alone; and the one clock both go by.

An advisory lock and not `FOR SHARE`: under steady voting a closing that waits for row locks starves, while waiting for
this one holds back those who come after it. The state is read in a statement after the lock: read in the same one it
is that of before the wait, and votes are lost (decision 0019).
"""

from datetime import datetime

from django.db import connection

_NAMESPACE = 4_02_04


def vote_beside_others(survey_id: int) -> datetime:
    """Until the transaction ends no count of this survey begins. Returns the database's moment after the wait."""
    return _take("pg_advisory_xact_lock_shared", survey_id)


def be_alone_with(survey_id: int) -> None:
    """Wait for the votes under way; until the transaction ends none is taken and nobody else opens or counts."""
    _take("pg_advisory_xact_lock", survey_id)


def _take(function: str, survey_id: int) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s), clock_timestamp()", [_NAMESPACE, survey_id])
        moment: datetime = cursor.fetchone()[1]
    return moment


def database_now() -> datetime:
    """The database's own moment: one clock for every web server and worker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
