"""The one transition table of a ticket import."""

from typing import Any, Final

from evaluations.models import TicketImport
from files import importing

State = TicketImport.State

_NEXT: Final[dict[str, frozenset[str]]] = {
    State.UPLOADED: frozenset({State.PREVIEWING, State.REFUSED}),
    State.PREVIEWING: frozenset({State.PREVIEWED, State.FAILED}),
    State.PREVIEWED: frozenset({State.PREVIEWING, State.DONE, State.REFUSED}),
    # Nothing was written: other columns may be tried.
    State.FAILED: frozenset({State.PREVIEWING, State.REFUSED}),
    State.DONE: frozenset(),
    State.REFUSED: frozenset(),
}

#: In these states the columns may still be set right, and places named.
CORRECTABLE: Final = frozenset(state for state, following in _NEXT.items() if State.PREVIEWING in following)


def advance(job: TicketImport, to: State, **fields: Any) -> None:
    """Move an import on and set fields with it. Raises ConflictError where somebody else moved it first."""
    importing.advance(job, to, _NEXT, **fields)
