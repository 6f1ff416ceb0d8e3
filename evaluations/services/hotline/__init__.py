"""12345 tickets, imported from the hotline's tables.

upload (callers' columns dropped) → columns recognised and corrected → preview of every row, places named where the
table's name is unknown → written by one statement. `imports` is what people do, `jobs` what the worker does.
"""

from evaluations.services.hotline.imports import confirm, drop, forget_old_rows, request_preview, start_import
from evaluations.services.hotline.jobs import preview, unfinished
from evaluations.services.hotline.places import Saying, forget_name, name_places, unclear_places
from evaluations.services.hotline.stages import CORRECTABLE

__all__ = [
    "CORRECTABLE",
    "Saying",
    "confirm",
    "drop",
    "forget_name",
    "forget_old_rows",
    "name_places",
    "preview",
    "request_preview",
    "start_import",
    "unclear_places",
    "unfinished",
]
