"""The one transition table of a roster import."""

from typing import Any, Final

from communities.models import RosterImport
from files import importing

State = RosterImport.State

_NEXT: Final[dict[str, frozenset[str]]] = {
    State.UPLOADED: frozenset({State.PREVIEWING, State.REFUSED}),
    State.PREVIEWING: frozenset({State.PREVIEWED, State.FAILED}),
    State.PREVIEWED: frozenset({State.PREVIEWING, State.APPLYING, State.REFUSED}),
    # Back to the preview where the register moved on in between.
    State.APPLYING: frozenset({State.DONE, State.PREVIEWING, State.FAILED}),
    # Nothing was written: other columns may be tried.
    State.FAILED: frozenset({State.PREVIEWING, State.REFUSED}),
    State.DONE: frozenset(),
    State.REFUSED: frozenset(),
}

#: In these states the columns may still be set right.
CORRECTABLE: Final = frozenset(state for state, following in _NEXT.items() if State.PREVIEWING in following) - {
    State.APPLYING
}


def advance(job: RosterImport, to: State, **fields: Any) -> None:
    """Move an import on and set fields with it. Raises ConflictError where somebody else moved it first."""
    importing.advance(job, to, _NEXT, **fields)
