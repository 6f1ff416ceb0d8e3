"""One at a time in this database: the sweep, and whoever moves deadlines."""

from django.db import connection

_LOCK = 2023_87


def wait_for_turn() -> None:
    """Hold the sweep's lock until the transaction ends; whoever comes next sees everything that was written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        # Compiling the long statements costs seconds, running them does not; sorting on disk costs as much.
        cursor.execute("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'")
