"""What every import of a table shares: its columns, what its pages show of the file, a worker's claim and progress."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from django.db import connection, models

from files.reading import Header, Row
from kernel.errors import ConflictError, DomainError
from kernel.text import cell_text

#: A header stands among so many first rows, or is not looked for.
LOOKED_AT: Final = 60
#: After so many interrupted tries an import is given up and shown as failed.
MOST_ATTEMPTS: Final = 3
_SAMPLES: Final = 3
_LONGEST_SHOWN: Final = 40

_BEGIN: Final = "UPDATE {} SET attempts = attempts + 1, rows_done = 0 WHERE id = %s RETURNING attempts"
_TICK: Final = "UPDATE {} SET rows_done = %s, rows_total = %s WHERE id = %s"


@dataclass(frozen=True)
class Column:
    """A field that a table may hold. `names` are labels seen in offices' files, the surest first."""

    field: str
    label: str
    names: tuple[str, ...]
    is_required: bool = False
    hint: str = ""


def synonyms_of(columns: Sequence[Column]) -> dict[str, tuple[str, ...]]:
    """For `files.reading.find_header`."""
    return {column.field: column.names for column in columns}


def labels_of(columns: Sequence[Column]) -> dict[str, str]:
    """Field → what it is called on a page."""
    return {column.field: column.label for column in columns}


def chosen_columns(columns: Sequence[Column], told: Mapping[str, int], *, width: int) -> dict[str, int]:
    """What a person said each field's column is (from 0), of a table `width` columns wide.

    Raises DomainError naming the field for a required column that is missing, or two fields on one column.
    """
    labels = labels_of(columns)
    chosen = {field: column for field, column in told.items() if field in labels and 0 <= column < width}
    for column in columns:
        if column.is_required and column.field not in chosen:
            raise DomainError(f"请选择“{column.label}”是哪一栏。", field=column.field)
    taken: dict[int, str] = {}
    for field, place in chosen.items():
        if place in taken:
            raise DomainError(f"“{labels[field]}”和“{labels[taken[place]]}”选了同一栏。", field=field)
        taken[place] = field
    return chosen


def layout_of(head: Sequence[Row], header: Header, *, sheets: tuple[str, ...]) -> dict[str, Any]:
    """What the page that corrects the columns shows of the file."""
    samples = [row for row in head[header.row + 1 :] if any(cell != "" for cell in row)][:_SAMPLES]
    return {
        "sheets": list(sheets),
        "labels": [shown_label(cell) for cell in head[header.row]],
        "samples": [[shown_label(cell) for cell in row] for row in samples],
    }


def shown_label(cell: object) -> str:
    """A cell, short enough for the head of a column."""
    return cell_text(cell)[:_LONGEST_SHOWN]


def advance(job: models.Model, to: str, following: Mapping[str, frozenset[str]], **fields: Any) -> None:
    """Move an import on by its transition table, and set fields with it.

    Raises ConflictError where it is not there any more, or somebody else moved it first.
    """
    state: str = job.state  # type: ignore[attr-defined] # every import has a state
    if to not in following.get(state, frozenset()):
        shown = job.get_state_display()  # type: ignore[attr-defined] # as above
        raise ConflictError(f"这次导入的状态是“{shown}”，不能再这样办理，请刷新页面。")
    moved = type(job)._default_manager.filter(pk=job.pk, state=state).update(state=to, **fields)
    if not moved:
        raise ConflictError("这次导入刚刚已被办理，请刷新页面查看。")
    for name, value in {"state": to, **fields}.items():
        setattr(job, name, value)


def claim(name: str) -> bool:
    """Take an import in hand: a lock that the database lets go of by itself when the worker dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        return bool(cursor.fetchone()[0])


class Progress:
    """Tells the waiting page how far the work is, on a connection of its own: the work itself is one transaction.

    Only before the work touches the import's own row, or the two would wait for each other. The import's table has
    the columns `attempts`, `rows_done` and `rows_total`.
    """

    def __init__(self, job: type[models.Model], key: int) -> None:
        self._key = key
        told = connection.ops.quote_name(job._meta.db_table)
        self._begin = _BEGIN.format(told)
        self._tick = _TICK.format(told)
        self._aside = connection.copy()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._aside.close()

    def begin(self) -> int:
        """Count this attempt, whatever becomes of it; how many it makes."""
        with self._aside.cursor() as cursor:
            cursor.execute(self._begin, [self._key])
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def at(self, done: int, total: int) -> None:
        with self._aside.cursor() as cursor:
            cursor.execute(self._tick, [done, total, self._key])
