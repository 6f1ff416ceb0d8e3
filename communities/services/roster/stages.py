"""The one transition table of a roster import."""

from typing import Any, Final

from communities.models import RosterImport
from kernel.errors import ConflictError

State = RosterImport.State

_NEXT: Final[dict[State, frozenset[State]]] = {
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
    if to not in _NEXT[State(job.state)]:
        raise ConflictError(f"这次导入的状态是“{job.get_state_display()}”，不能再这样办理，请刷新页面。")
    moved = RosterImport.objects.filter(pk=job.pk, state=job.state).update(state=to, **fields)
    if not moved:
        raise ConflictError("这次导入刚刚已被办理，请刷新页面查看。")
    job.state = to
    for name, value in fields.items():
        setattr(job, name, value)
