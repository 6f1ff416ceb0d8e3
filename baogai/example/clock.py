"""The story's clock: what the database stamps by itself is stamped with the moment the story has reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from evaluations.services import turn


@contextmanager
def the_clock_at(moment: datetime) -> Iterator[None]:
    """Let `auto_now_add` columns (trail, messages, files) carry a past moment; services are given theirs as `at`.

    Surveys go by the database's own clock, which is set back with it.
    """
    with (
        patch("django.utils.timezone.now", return_value=moment),
        patch.object(turn, "database_now", return_value=moment),
    ):
        yield
