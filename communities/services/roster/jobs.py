"""What the worker does for an import: preview it, or apply it. May run twice, late, or in two workers at once."""

from datetime import date
from itertools import islice
from types import TracebackType
from typing import Final, Self

from django.db import connection, transaction
from django.utils import timezone

from accounts.services import record_action
from communities.models import RosterImport, RosterRow
from communities.services.offices import reference_to
from communities.services.roster.applying import write_register
from communities.services.roster.comparing import Comparison
from communities.services.roster.parsing import RosterReader
from communities.services.roster.stages import State, advance
from communities.services.roster.staging import Fate, RegisterReader, Stage, fingerprint_of, lock_register, public_ids
from files.reading import open_table
from kernel.errors import DomainError

#: After so many interrupted tries an import is given up and shown as failed.
MOST_ATTEMPTS: Final = 3
_BATCH: Final = 2_000
_MOVED_ON: Final = "名册在您预览之后有变动，已按现状重新比对，请再次确认。"

_BEGIN: Final = """
    UPDATE communities_rosterimport SET attempts = attempts + 1, rows_done = 0 WHERE id = %s RETURNING attempts
"""
_TICK: Final = "UPDATE communities_rosterimport SET rows_done = %s, rows_total = %s WHERE id = %s"


class Progress:
    """Tells the waiting page how far the work is, on a connection of its own: the work itself is one transaction.

    Only before the work touches the import's own row, or the two would wait for each other.
    """

    def __init__(self, job_id: int) -> None:
        self._job_id = job_id
        self._aside = connection.copy()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._aside.close()

    def begin(self) -> int:
        """Count this attempt, whatever becomes of it; how many it makes."""
        with self._aside.cursor() as cursor:
            cursor.execute(_BEGIN, [self._job_id])
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def at(self, done: int, total: int) -> None:
        with self._aside.cursor() as cursor:
            cursor.execute(_TICK, [done, total, self._job_id])


def process(job_id: int, *, on: date) -> None:
    """Do what the import waits for. Nothing to do, or somebody at it already: nothing happens.

    Killed at any moment, nothing is half done: the work and the new state are one transaction, the claim ends with it.
    """
    while True:
        try:
            if not _work_once(job_id, on=on):
                return
        except DomainError as error:
            _fail(job_id, error)
            return


@transaction.atomic
def _fail(job_id: int, error: DomainError) -> None:
    """Say on the import's page why it came to nothing."""
    job = RosterImport.objects.get(pk=job_id)
    if job.is_working:
        advance(job, State.FAILED, problem=error.message[:200])


@transaction.atomic
def _work_once(job_id: int, *, on: date) -> bool:
    """One step under the claim; whether another one follows at once."""
    if not _claim(job_id):
        return False
    job = RosterImport.objects.select_related("compound__village", "file", "confirmed_by").filter(pk=job_id).first()
    if job is None or not job.is_working:
        return False
    with Progress(job_id) as progress:
        if progress.begin() > MOST_ATTEMPTS:
            raise DomainError("多次处理都中断了，没有写入任何内容。请重新上传，或联系镇小区办。")
        if job.state == State.PREVIEWING:
            _preview(job, on=on, progress=progress)
            return False
        return _apply(job, on=on, progress=progress)


def _claim(job_id: int) -> bool:
    """A lock that the database lets go of by itself when the worker dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"roster import {job_id}"])
        return bool(cursor.fetchone()[0])


def _preview(job: RosterImport, *, on: date, progress: Progress) -> None:
    """Read the file, compare it with the register, and stage every row with what would become of it."""
    lock_register(job.compound)
    fingerprint = fingerprint_of(job.compound)
    table = open_table(job.file, sheet=job.sheet)
    header = next(islice(table.rows, job.header_row - 1, None), None)
    if header is None:
        raise DomainError(f"文件没有第 {job.header_row} 行，请重新核对表头所在行。")
    reader = RosterReader(header, job.columns)
    known = RegisterReader(job.compound, on=on)
    comparison = Comparison(known.register, public_ids())
    stage = Stage(job)
    rows = reader.households(table.rows, first_number=job.header_row + 1)
    while batch := list(islice(rows, _BATCH)):
        known.look_up(batch)
        for row in batch:
            if row.faults:
                stage.add_bad(row)
            elif outcome := comparison.place(row):
                stage.add(outcome)
        stage.send()
        progress.at(batch[-1].number, table.height)
    for outcome in comparison.rest():
        stage.add(outcome)
    stage.send()
    advance(
        job,
        State.PREVIEWED,
        rows_total=stage.counts.total(),
        rows_new=stage.counts[Fate.NEW],
        rows_changed=stage.counts[Fate.CHANGED],
        rows_same=stage.counts[Fate.SAME],
        rows_bad=stage.counts[Fate.BAD],
        rows_passed_over=reader.passed_over,
        rows_absent=known.size - comparison.matched,
        area_good=stage.area,
        area_stated=reader.area_stated,
        fingerprint=fingerprint,
        attempts=0,
    )


def _apply(job: RosterImport, *, on: date, progress: Progress) -> bool:
    """Write the previewed rows, unless the register moved on since; then preview anew (True: at once)."""
    lock_register(job.compound)
    staged = RosterRow.objects.filter(roster_import=job).count()
    if fingerprint_of(job.compound) != job.fingerprint or staged != job.rows_total:
        advance(job, State.PREVIEWING, problem=_MOVED_ON, attempts=0)
        return True
    write_register(job, on=on, on_progress=lambda done: progress.at(done, job.rows_total))
    RosterRow.objects.filter(roster_import=job, fate__in=(Fate.NEW, Fate.SAME)).delete()
    record_action(
        "导入业主名册",
        by=job.confirmed_by,
        subject=reference_to(job.compound, job.compound.name),
        detail=f"新增 {job.rows_new}，变更 {job.rows_changed}，不变 {job.rows_same}，有错未导入 {job.rows_bad}",
    )
    advance(job, State.DONE, rows_done=job.rows_total, finished_at=timezone.now(), problem="")
    return False
