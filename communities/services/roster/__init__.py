"""The roster of homes and owners, imported from offices' spreadsheets.

upload → columns recognised and corrected → preview of every row → applied as one transaction. `parsing` and
`comparing` are pure; `staging` and `applying` speak to the database set-wise; `jobs` is what the worker does.
"""

from communities.services.roster.imports import (
    confirm,
    drop,
    forget_old_rows,
    read_again,
    request_preview,
    start_import,
    unfinished,
)
from communities.services.roster.jobs import process
from communities.services.roster.stages import CORRECTABLE

__all__ = [
    "CORRECTABLE",
    "confirm",
    "drop",
    "forget_old_rows",
    "process",
    "read_again",
    "request_preview",
    "start_import",
    "unfinished",
]
