"""The published list of a counted survey: its bytes, where it lies, and looking a receipt up in it."""

from pathlib import Path

from django.conf import settings

from evaluations.envelopes import published_list
from evaluations.models import Ballot, Survey
from evaluations.rules import label_of
from kernel.codes import LENGTH, read_secret

_AT_ONCE = 5_000


def list_of(survey: Survey) -> bytes:
    """The public file's bytes, from the ballots; their SHA-256 is the one on the notice."""
    found = Ballot.objects.filter(survey=survey).order_by("receipt").values_list("receipt", "answers")
    return published_list(survey.public_id, found.iterator(chunk_size=_AT_ONCE))


def public_file(survey: Survey) -> Path:
    """Where the published list lies, out of the database: what brings a result back after an old dump was restored."""
    return Path(settings.STORED_FILES_ROOT) / "surveys" / f"{survey.public_id}.csv"


def overall_of_receipt(survey: Survey, typed: str) -> str | None:
    """The overall answer of the ballot with this receipt, in words; None where there is none, or none is shown."""
    receipt = read_secret(typed)
    if len(receipt) != LENGTH or not survey.is_closed or not survey.result.is_shown:
        return None
    found = Ballot.objects.filter(survey=survey, receipt=receipt).values_list("answers", flat=True).first()
    return label_of(found[-1]) if found else None
