"""What people do with an import of tickets: upload, set the columns right, confirm or drop it."""

import hashlib
import math
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Final

from celery import current_app
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Town
from evaluations.hotline_rules import COLUMNS, SYNONYMS, is_callers, without_home
from evaluations.models import TicketImport, TicketRow
from evaluations.services.hotline.stages import CORRECTABLE, State, advance
from files.importing import LOOKED_AT, chosen_columns, layout_of
from files.reading import Cell, Header, Row, Table, find_header, header_at, read_table
from files.services import receive_table
from kernel.errors import DomainError
from kernel.fields import Reference
from kernel.text import cell_text

#: What is not needed any more goes: the rows of imports that are over, or that nobody confirmed.
KEEP_ROWS: Final = timedelta(days=30)
#: By name: the tasks are the room above, and web servers must not reach the key store through them.
PREVIEW: Final = "evaluations.tasks.preview_tickets"
_BATCH: Final = 2_000
_HIDDEN: Final = "（来电人信息，不读取）"
_LONGEST_CELL: Final = 200


def reference_to(job: TicketImport) -> Reference:
    """A frozen pointer for the action trail and for messages."""
    return Reference("evaluations.ticketimport", job.public_id, f"12345 工单导入：{job.file_name}"[:120])


@transaction.atomic
def start_import(
    town: Town, *, upload: UploadedFile, sheet: str = "", header_row: int | None = None, by: User, at: datetime
) -> TicketImport:
    """Read the table, drop the callers' columns, recognise the others; nothing is compared or written yet.

    `header_row` counts from 1; without it the header is looked for. Raises DomainError on `file` for what the table
    door refuses and for what cannot be read, on `header_row` where no header is recognised there.
    """
    name, content = receive_table(upload, by=by, field="file")
    table = read_table(content, name=name, sheet=sheet, field="file")
    if sheet and sheet not in table.sheets:
        raise DomainError(f"文件里没有工作表“{sheet[:40]}”，有：{'、'.join(table.sheets)[:80]}。", field="sheet")
    header = _header(table, header_row)
    kept = {at for at, label in enumerate(header.labels) if at in header.columns.values() or not is_callers(label)}
    job = TicketImport.objects.create(
        town=town,
        file_name=name,
        file_sha256=hashlib.sha256(content).hexdigest(),
        sheet=table.sheet[:80],
        header_row=header.row + 1,
        columns=header.columns,
        rows_total=len(table.rows),
        created_by=by,
        created_at=at,
    )
    place = header.columns.get("place")
    shown = [_told(row, kept, place=place) for row in table.rows[:LOOKED_AT]]
    job.layout = layout_of(shown, header, sheets=table.sheets)
    job.layout["labels"] = [label if at in kept else _HIDDEN for at, label in enumerate(job.layout["labels"])]
    job.save(update_fields=["layout"])
    rows = enumerate((_told(row, kept, place=place) for row in table.rows[header.row + 1 :]), header.row + 2)
    while some := list(islice(rows, _BATCH)):
        TicketRow.objects.bulk_create(TicketRow(ticket_import=job, number=at, cells=cells) for at, cells in some)
    record_action("上传 12345 工单", by=by, subject=reference_to(job), detail=f"{len(table.rows)} 行")
    return job


def _header(table: Table, header_row: int | None) -> Header:
    if header_row is None:
        found = find_header(table.rows[:LOOKED_AT], SYNONYMS)
        if found is None:
            raise DomainError(
                "没有认出表头。表里应有“工单号”“受理时间”“小区”等栏目；表头写法特殊的，请填写表头在第几行。",
                field="header_row",
            )
        return found
    if not 1 <= header_row <= min(LOOKED_AT, len(table.rows)):
        raise DomainError(f"表头应在前 {min(LOOKED_AT, len(table.rows))} 行之内。", field="header_row")
    return header_at(table.rows, header_row - 1, SYNONYMS)


def _told(row: Row, kept: Collection[int], *, place: int | None) -> list[str | int | float | bool]:
    """A row as it was written, without what is the caller's: whole columns, and where in the compound they live."""
    cells = [_plain(cell) if at in kept else "" for at, cell in enumerate(row)]
    if place is not None and place < len(cells):
        cells[place] = without_home(cell_text(cells[place]))
    return cells


def _plain(cell: Cell) -> str | int | float | bool:
    """A cell as JSON can hold it; a day as text that is read back the same."""
    if isinstance(cell, bool | int):
        return cell
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else ""
    if isinstance(cell, datetime | date | time):
        return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
    return cell_text(cell)[:_LONGEST_CELL]


@transaction.atomic
def request_preview(job: TicketImport, *, columns: Mapping[str, int]) -> None:
    """Ask for the preview with these columns (field → column from 0).

    Raises DomainError naming the field for a required column that is missing, two fields on one column, or a column
    that was not read because it is the callers'.
    """
    chosen = chosen_columns(COLUMNS, columns, width=len(job.layout["labels"]))
    for field, column in chosen.items():
        if job.layout["labels"][column] == _HIDDEN:
            raise DomainError("这一栏是来电人信息，没有读取，不能选用。", field=field)
    advance(job, State.PREVIEWING, columns=chosen, attempts=0, rows_done=0, problem="")
    _nudge(job)


def _nudge(job: TicketImport) -> None:
    """Have the worker look once the act stands; where the queue does not answer, the beat finds the row."""
    transaction.on_commit(lambda: current_app.send_task(PREVIEW, [job.pk], retry=False), robust=True)


# The rows as previewed, in two statements whatever their number; a blank never erases.
_ADD: Final = """
    INSERT INTO evaluations_hotlineticket
        (town_id, number, compound_id, category, handler, received_at, due_at, closed_at, satisfied, repeated,
         justified, brought_by_id)
    SELECT %(town)s, r.ticket_number, r.compound_id, r.category, r.handler, r.received_at, r.due_at, r.closed_at,
           r.satisfied, coalesce(r.repeated, false), r.justified, r.ticket_import_id
    FROM evaluations_ticketrow r
    WHERE r.ticket_import_id = %(job)s AND r.fate = 'new'
    ORDER BY r.number
"""
_CHANGE: Final = """
    UPDATE evaluations_hotlineticket t
    SET compound_id = r.compound_id,
        category = coalesce(nullif(r.category, ''), t.category),
        handler = coalesce(nullif(r.handler, ''), t.handler),
        received_at = r.received_at,
        due_at = coalesce(r.due_at, t.due_at),
        closed_at = coalesce(r.closed_at, t.closed_at),
        satisfied = coalesce(r.satisfied, t.satisfied),
        repeated = coalesce(r.repeated, t.repeated),
        justified = coalesce(r.justified, t.justified),
        brought_by_id = r.ticket_import_id
    FROM evaluations_ticketrow r
    WHERE r.ticket_import_id = %(job)s AND r.fate = 'changed'
      AND t.town_id = %(town)s AND t.number = r.ticket_number
"""


@transaction.atomic
def confirm(job: TicketImport, *, mode: str, by: User, at: datetime) -> None:
    """Write what the preview showed: the good rows, or everything or nothing; what then became of it is its state.

    Where tickets of the town were imported since the preview, it is previewed anew. Raises DomainError on `mode`, and
    where there is nothing to write.
    """
    if mode not in TicketImport.Mode.values:
        raise DomainError("请选择有错误时怎么办。", field="mode")
    lock_tickets(job.town)
    job.refresh_from_db()
    if mode == TicketImport.Mode.ALL_OR_NOTHING and job.rows_left_out:
        problem = f"文件有 {job.rows_left_out} 行有错或小区待认，按您的选择，没有导入任何一行。"
        advance(job, State.REFUSED, mode=mode, confirmed_by=by, problem=problem, finished_at=at)
        _forget(job, keep_faults=True)
        record_action("12345 工单未导入", by=by, subject=reference_to(job), detail=problem)
        return
    if not job.rows_to_write:
        raise DomainError("没有可导入的内容：正确的行都与已有工单一致。")
    if imports_so_far(job.town) != job.imports_before:
        problem = "在您预览之后，有别的工单表导入了，已重新比对，请再次确认。"
        advance(job, State.PREVIEWING, attempts=0, rows_done=0, problem=problem)
        _nudge(job)
        return
    advance(job, State.DONE, mode=mode, confirmed_by=by, rows_done=job.rows_total, finished_at=at, problem="")
    with connection.cursor() as cursor:
        # The planner knows nothing about rows that were staged a moment ago.
        cursor.execute("ANALYZE evaluations_ticketrow (ticket_import_id, fate)")
        for statement in (_ADD, _CHANGE):
            cursor.execute(statement, {"job": job.pk, "town": job.town_id})
    record_action(
        "导入 12345 工单",
        by=by,
        subject=reference_to(job),
        detail=f"新增 {job.rows_new}，变更 {job.rows_changed}，不变 {job.rows_same}，有错未导入 {job.rows_bad}，"
        f"小区待认未导入 {job.rows_unclear}，不属于小区 {job.rows_foreign}",
    )
    _forget(job, keep_faults=True)


def lock_tickets(town: Town) -> None:
    """One import at a time compares with or writes a town's tickets; held to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"tickets of town {town.pk}"])


def imports_so_far(town: Town) -> int:
    """How many imports have written tickets of the town: under the lock, the version of what they are."""
    return TicketImport.objects.filter(town=town, state=State.DONE).count()


@transaction.atomic
def drop(job: TicketImport, *, by: User, at: datetime) -> None:
    """Give an import up; nothing was written."""
    advance(job, State.REFUSED, problem="已放弃，没有导入任何一行。", finished_at=at)
    _forget(job)
    record_action("放弃 12345 工单导入", by=by, subject=reference_to(job))


def _forget(job: TicketImport, *, keep_faults: bool = False) -> None:
    rows = TicketRow.objects.filter(ticket_import=job)
    if keep_faults:
        rows = rows.exclude(fate__in=(TicketRow.Fate.BAD, TicketRow.Fate.UNCLEAR))
    rows.delete()


@transaction.atomic
def forget_old_rows(*, at: datetime) -> None:
    """Delete the rows of imports older than thirty days; one never confirmed counts as given up."""
    old = TicketImport.objects.filter(created_at__lt=at - KEEP_ROWS)
    old.filter(state__in=CORRECTABLE).update(
        state=State.REFUSED, problem="超过 30 天未确认，没有导入任何一行。", finished_at=at
    )
    ended = old.filter(state__in=(State.DONE, State.REFUSED))
    TicketRow.objects.filter(ticket_import__in=ended).delete()
    ended.exclude(layout={}).update(layout={})
