"""What the worker does for an import: preview it, or apply it. May run twice, late, or in two workers at once."""

from datetime import date
from itertools import islice
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.services import record_action
from communities.models import RosterImport, RosterRow
from communities.services.offices import reference_to
from communities.services.roster.applying import write_register
from communities.services.roster.comparing import Comparison
from communities.services.roster.parsing import RosterReader
from communities.services.roster.stages import State, advance
from communities.services.roster.staging import Fate, RegisterReader, Stage, fingerprint_of, lock_register, public_ids
from files.importing import MOST_ATTEMPTS, Progress, claim
from files.reading import open_table
from kernel.errors import DomainError

_BATCH: Final = 2_000
_MOVED_ON: Final = "名册在您预览之后有变动，已按现状重新比对，请再次确认。"


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
    if not claim(f"roster import {job_id}"):
        return False
    job = RosterImport.objects.select_related("compound__village", "file", "confirmed_by").filter(pk=job_id).first()
    if job is None or not job.is_working:
        return False
    with Progress(RosterImport, job_id) as progress:
        if progress.begin() > MOST_ATTEMPTS:
            raise DomainError("多次处理都中断了，没有写入任何内容。请重新上传，或联系镇小区办。")
        if job.state == State.PREVIEWING:
            _preview(job, on=on, progress=progress)
            return False
        return _apply(job, on=on, progress=progress)


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
