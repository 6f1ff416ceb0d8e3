"""What people do with a roster import: upload, set the columns right, confirm or drop it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import record_action
from communities.models import Compound, RosterImport, RosterRow
from communities.services.offices import reference_to
from communities.services.roster.columns import COLUMNS, SYNONYMS
from communities.services.roster.stages import CORRECTABLE, State, advance
from files.importing import LOOKED_AT, chosen_columns, layout_of, shown_label
from files.reading import Header, find_header, header_at, open_table
from files.services import store_upload
from kernel.errors import DomainError

#: Staged rows hold names and phones: what is not needed any more goes (PIPL art. 19).
KEEP_ROWS: Final = timedelta(days=30)


@transaction.atomic
def start_import(compound: Compound, *, upload: UploadedFile, by: User) -> RosterImport:
    """Store the file and recognise its header and columns; nothing is compared or written yet.

    Raises DomainError on `file` for what the table door refuses and for what cannot be read.
    """
    stored = store_upload(upload, door="table", by=by, field="file")
    table = open_table(stored, field="file")
    head = list(islice(table.rows, LOOKED_AT))
    header = find_header(head, SYNONYMS) or Header(0, tuple(map(shown_label, head[0])), {})
    job = RosterImport.objects.create(
        compound=compound,
        file=stored,
        sheet=table.sheet,
        header_row=header.row + 1,
        columns=header.columns,
        layout=layout_of(head, header, sheets=table.sheets),
        rows_total=table.height,
        created_by=by,
    )
    record_action("上传业主名册", by=by, subject=reference_to(compound, compound.name), detail=stored.name)
    return job


@transaction.atomic
def read_again(job: RosterImport, *, sheet: str, header_row: int) -> RosterImport:
    """Take another sheet, or another row (from 1) for the header, and recognise the columns there.

    Raises DomainError on `header_row` where no such row is among the first sixty.
    """
    if job.state not in CORRECTABLE:
        raise DomainError("这次导入正在处理或已经结束，不能再改栏目。")
    table = open_table(job.file, sheet=sheet)
    head = list(islice(table.rows, LOOKED_AT))
    if sheet != job.sheet:
        header = find_header(head, SYNONYMS) or header_at(head, 0, SYNONYMS)
    elif 1 <= header_row <= len(head):
        header = header_at(head, header_row - 1, SYNONYMS)
    else:
        raise DomainError(f"表头应在前 {len(head)} 行之内。", field="header_row")
    job.sheet, job.header_row, job.columns = table.sheet, header.row + 1, header.columns
    job.layout = layout_of(head, header, sheets=table.sheets)
    job.rows_total = table.height
    job.save(update_fields=["sheet", "header_row", "columns", "layout", "rows_total"])
    return job


@transaction.atomic
def request_preview(job: RosterImport, *, columns: Mapping[str, int]) -> None:
    """Ask for the preview with these columns (field → column from 0).

    Raises DomainError naming the field for a required column that is missing, or two fields on one column.
    """
    chosen = chosen_columns(COLUMNS, columns, width=len(job.layout["labels"]))
    advance(job, State.PREVIEWING, columns=chosen, attempts=0, rows_done=0, problem="")


@transaction.atomic
def confirm(job: RosterImport, *, mode: str, by: User) -> None:
    """Apply what the preview showed: the good rows, or everything or nothing.

    With faults and 有错就全部不导入 the import ends here and nothing is written (EXP-02).
    """
    if mode not in RosterImport.Mode.values:
        raise DomainError("请选择有错误时怎么办。", field="mode")
    if mode == RosterImport.Mode.ALL_OR_NOTHING and job.rows_bad:
        problem = f"文件有 {job.rows_bad} 行错误，按您的选择，没有导入任何一行。"
        advance(job, State.REFUSED, mode=mode, confirmed_by=by, problem=problem, finished_at=timezone.now())
        RosterRow.objects.filter(roster_import=job).exclude(fate=RosterRow.Fate.BAD).delete()
        record_action("名册未导入", by=by, subject=reference_to(job.compound, job.compound.name), detail=problem)
        return
    if not job.rows_new + job.rows_changed:
        raise DomainError("没有可导入的内容：正确的行都与名册一致。")
    advance(job, State.APPLYING, mode=mode, confirmed_by=by, attempts=0, rows_done=0, problem="")


@transaction.atomic
def drop(job: RosterImport, *, by: User) -> None:
    """Give an import up; nothing was written."""
    advance(job, State.REFUSED, problem="已放弃，没有导入任何一行。", finished_at=timezone.now())
    RosterRow.objects.filter(roster_import=job).delete()
    record_action("放弃名册导入", by=by, subject=reference_to(job.compound, job.compound.name))


def unfinished() -> list[int]:
    """Imports that wait for a worker, whose message may have been lost."""
    working = (State.PREVIEWING, State.APPLYING)
    return list(RosterImport.objects.filter(state__in=working).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def forget_old_rows(*, now: datetime) -> None:
    """Delete the staged rows of imports older than thirty days; one never confirmed counts as given up."""
    old = RosterImport.objects.filter(created_at__lt=now - KEEP_ROWS)
    old.filter(state__in=CORRECTABLE).update(
        state=State.REFUSED, problem="超过 30 天未确认，没有导入任何一行。", finished_at=now
    )
    ended = old.filter(state__in=(State.DONE, State.REFUSED))
    RosterRow.objects.filter(roster_import__in=ended).delete()
    ended.exclude(layout={}).update(layout={})
