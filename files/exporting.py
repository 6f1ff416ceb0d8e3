"""Exports too long to wait for: asked for, made by a worker into a file of its own, kept for a week.

An app registers nothing here: the row names the task that makes it (see `Export`), and the task calls `make`.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.http import FileResponse

from accounts.models import User
from accounts.services import record_action
from files.models import Export
from files.naming import safe_name
from files.rules import Kind
from files.writing import Sheet, Value, write_xlsx
from kernel.errors import DomainError

#: As many rows are made while the person waits; more are made by a worker.
MOST_AT_ONCE: Final = 5_000
KEEP: Final = timedelta(days=7)
MOST_ATTEMPTS: Final = 3
_TELL_EVERY: Final = 1_000

_BEGIN: Final = "UPDATE files_export SET attempts = attempts + 1, rows_done = 0 WHERE id = %s RETURNING attempts"
_TICK: Final = "UPDATE files_export SET rows_done = %s WHERE id = %s"


@dataclass(frozen=True)
class Made:
    """What an export consists of: one sheet, and whose rows stand in it."""

    sheet: Sheet
    reach: dict[str, list[int]] = field(default_factory=dict)


@transaction.atomic
def request_export(task: str, *, title: str, asked: dict[str, Any], rows: int, by: User, at: datetime) -> Export:
    """Ask for an export; while the same one is being made for the same person, that one is given back.

    `task` is the full name of the task that makes it. Where the queue does not answer, the beat finds the row.
    """
    fresh = Export(task=task, title=title[:120], asked=asked, rows_total=rows, requested_by=by, requested_at=at)
    Export.objects.bulk_create([fresh], ignore_conflicts=True)
    export = Export.objects.get(task=task, asked=asked, requested_by=by, state=Export.State.WAITING)
    if export.public_id == fresh.public_id:
        record_action("申请导出", by=by, detail=f"{export.title}，{rows} 行")
        transaction.on_commit(lambda: hand_out(export), robust=True)
    return export


def hand_out(export: Export) -> None:
    """Give the work to a worker by the task the row names; one that is no more is given up, and holds up no other."""
    task = current_app.tasks.get(export.task)
    if task is not None:
        task.delay(export.pk)
        return
    gone = Export.objects.filter(pk=export.pk, state=Export.State.WAITING)
    gone.update(state=Export.State.FAILED, problem="这种清单已不再提供导出。")


def unfinished() -> Iterator[Export]:
    """Exports that wait for a worker, whose message may have been lost."""
    yield from Export.objects.filter(state=Export.State.WAITING).order_by("pk")


def make(
    export_id: int,
    build: Callable[[Export], Made],
    *,
    clock: Callable[[], datetime],
    tell: Callable[[Export], None],
) -> bool:
    """Make an export that waits; whether it was made now. May run twice, late, or in two workers at once.

    Killed at any moment, the row still waits and the next attempt writes the same file anew. `build` may refuse with a
    DomainError; `tell` is called in the transaction that makes the file known.
    """
    try:
        return _make_once(export_id, build, clock=clock, tell=tell)
    except DomainError as error:
        Export.objects.filter(pk=export_id, state=Export.State.WAITING).update(
            state=Export.State.FAILED, problem=error.message[:200], finished_at=clock()
        )
        return False


@transaction.atomic
def _make_once(
    export_id: int, build: Callable[[Export], Made], *, clock: Callable[[], datetime], tell: Callable[[Export], None]
) -> bool:
    if not _claim(export_id):
        return False
    waiting = Export.objects.select_related("requested_by").filter(state=Export.State.WAITING)
    export = waiting.filter(pk=export_id).first()
    if export is None:
        return False
    with closing(connection.copy()) as aside:  # the waiting page reads what the transaction has not committed
        with aside.cursor() as cursor:
            cursor.execute(_BEGIN, [export_id])
            counted = cursor.fetchone()
        if counted and counted[0] > MOST_ATTEMPTS:
            raise DomainError("多次生成都中断了。请缩小范围再导出，或联系镇小区办。")
        made = build(export)
        size, digest = _write(export, made.sheet, aside)
    export.state, export.reach, export.size, export.sha256 = Export.State.DONE, made.reach, size, digest
    export.finished_at = clock()
    export.until_at, export.problem = export.finished_at + KEEP, ""
    export.save(update_fields=["state", "reach", "size", "sha256", "finished_at", "until_at", "problem"])
    tell(export)
    return True


def _claim(export_id: int) -> bool:
    """A lock that the database lets go of by itself when the worker dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"export {export_id}"])
        return bool(cursor.fetchone()[0])


def _write(export: Export, sheet: Sheet, aside: Any) -> tuple[int, str]:
    """The workbook under the export's own name; a file half written by a killed worker is written over."""

    def counted(rows: Iterable[Sequence[Value]]) -> Iterator[Sequence[Value]]:
        for done, row in enumerate(rows, 1):
            if done % _TELL_EVERY == 0:
                with aside.cursor() as cursor:
                    cursor.execute(_TICK, [done, export.pk])
            yield row

    path = _path(export)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = Sheet(sheet.title, sheet.header, counted(sheet.rows), sheet.widths, sheet.notes)
    with path.open("wb+") as file:
        os.fchmod(file.fileno(), 0o600)
        write_xlsx(file, [told])
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def serve_export(export: Export) -> FileResponse:
    """The file, for whoever asked for it and still reaches its rows: both are the caller's to check.

    Raises DomainError where it was never made, is too old, or is not what was written.
    """
    if export.state != Export.State.DONE:
        raise DomainError("文件校验失败，请重新导出。")
    return serve_copy(
        _path(export),
        sha256=export.sha256,
        name=f"{export.title}.xlsx",
        content_type=Kind.XLSX.content_type,
        again="请重新导出",
    )


def serve_copy(path: Path, *, sha256: str, name: str, content_type: str, again: str) -> FileResponse:
    """A file the house made, as a download under a name made safe; never cached, never sniffed.

    Raises DomainError, telling what to do `again`, where it is gone or is not what was written.
    """
    try:
        file = path.open("rb")
    except OSError as missing:
        raise DomainError(f"文件已不在服务器上，{again}。") from missing
    if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
        file.close()
        raise DomainError(f"文件校验失败，{again}。")
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=safe_name(name), content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def is_over(export: Export, *, at: datetime) -> bool:
    """Whether the week is over, also where nobody has deleted the file yet."""
    return export.until_at is not None and at >= export.until_at


def forget_old(*, at: datetime) -> int:
    """Delete the files whose week is over; how many. May run twice: a file already gone is no fault."""
    over = list(Export.objects.filter(state=Export.State.DONE, until_at__lte=at))
    for export in over:
        _path(export).unlink(missing_ok=True)
        Export.objects.filter(pk=export.pk, state=Export.State.DONE).update(state=Export.State.GONE)
    return len(over)


def _path(export: Export) -> Path:
    return Path(settings.STORED_FILES_ROOT) / "exports" / f"{export.public_id}.xlsx"
