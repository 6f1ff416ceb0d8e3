"""Writing the action trail: one line for each act, in the transaction of the act itself.

Inside a request the acts that services name are gathered and written as one line when the request is over (see
`baogai/trailing.py`); elsewhere, in a task or a command, each is written where it is named.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace

from django.db import connection, transaction

from accounts.models import ActionRecord, User
from kernel.fields import Reference
from kernel.text import tidy

# Set by the middleware for the length of a request, so that no service has to carry the address through.
client_address: ContextVar[str | None] = ContextVar("client_address", default=None)
_refusals: ContextVar[list[str] | None] = ContextVar("refusals", default=None)

_Result = ActionRecord.Result


@dataclass(frozen=True)
class Note:
    """One act as a service named it, not yet written.

    It waits among what the database connection will do on commit: so Django itself forgets it when the savepoint
    it was named in is rolled back, and what is left when the request ends did happen.
    """

    act: str
    by: User | None
    subject: Reference | None = None
    result: ActionRecord.Result = _Result.DONE
    detail: str = ""
    by_text: str = ""

    def __call__(self) -> None:
        """Nothing is left to do at commit: the line is written before."""


def record_action(
    act: str,
    *,
    by: User | None,
    subject: Reference | None = None,
    result: ActionRecord.Result = ActionRecord.Result.DONE,
    detail: str = "",
    by_text: str = "",
) -> None:
    """Put an act on the action trail, in the transaction of the act itself."""
    note = Note(act, by, subject, result, detail, by_text)
    if _refusals.get() is None:
        write_line(note)
    else:
        transaction.on_commit(note)


def note_refusal(message: str) -> None:
    """Somebody was told why what they sent was not done; it counts if the request did nothing else."""
    told = _refusals.get()
    if told is not None and message not in told:
        told.append(message)


@contextmanager
def gathering() -> Iterator[list[str]]:
    """For the length of a request: acts are gathered, and the refusals told on the way are in the list given."""
    told: list[str] = []
    token = _refusals.set(told)
    try:
        yield told
    finally:
        _refusals.reset(token)


def gathered() -> list[Note]:
    """The acts of this request that were not rolled back, in order; they are taken off the connection."""
    notes = [entry[1] for entry in connection.run_on_commit if isinstance(entry[1], Note)]
    connection.run_on_commit = [entry for entry in connection.run_on_commit if not isinstance(entry[1], Note)]
    return notes


def write_one(name: str, notes: Sequence[Note], *, subject: Reference | None = None) -> ActionRecord:
    """One line for all that a request did: the act called `name`, else the last named; the others are its parts."""
    done = [note for note in notes if note.result == _Result.DONE] or list(notes)
    main = next((note for note in done if note.act == name), done[-1])
    others = [note for note in notes if note is not main]
    return write_line(replace(main, subject=main.subject or subject), others)


def write_line(note: Note, others: Sequence[Note] = ()) -> ActionRecord:
    """Append one line. Text is cleaned of control characters and cut, so that hostile input cannot forge a second."""
    return ActionRecord.objects.create(
        act=tidy(note.act)[:60],
        by=note.by if note.by is not None and note.by.pk else None,
        by_text=tidy(note.by_text)[:80],
        subject=_tidied(note.subject),
        parts=[_part(one) for one in others],
        result=note.result,
        detail=tidy(note.detail)[:500],
        address=client_address.get(),
    )


def _tidied(subject: Reference | None) -> Reference | None:
    if subject is None:
        return None
    return Reference(subject.kind, tidy(subject.public_id)[:40], tidy(subject.title)[:200])


def _part(note: Note) -> dict[str, object]:
    subject = _tidied(note.subject)
    return {
        "act": tidy(note.act)[:60],
        "subject": asdict(subject) if subject else None,
        "detail": tidy(note.detail)[:500],
    }
