"""Tickets as spreadsheets: the list, the rows an import left out, an empty table to begin with."""

from collections.abc import Iterable, Iterator

from evaluations.fieldwork_querysets import TicketQuerySet
from evaluations.hotline_rules import COLUMNS
from evaluations.models import HotlineTicket, TicketImport, TicketRow
from files.writing import Sheet, Value

_CHUNK = 2_000
_EXAMPLE = (
    "SS202607010001",
    "2026-07-01 10:38",
    "示例花园",
    "环境卫生",
    "示例物业服务有限公司",
    "2026-07-08",
    "2026-07-03 16:00",
    "满意",
    "否",
    "属实",
)
_HEADER = (
    "工单号",
    "受理时间",
    "村（社区）",
    "小区",
    "类别",
    "承办",
    "办理期限",
    "办结时间",
    "回访满意",
    "重复投诉",
    "属实",
)
_LIST_WIDTHS = (20, 18, 14, 18, 16, 26, 18, 18, 10, 10, 8)


def tickets_sheet(found: TicketQuerySet) -> Sheet:
    """The tickets of a list, in its order."""
    return Sheet("12345工单", _HEADER, _rows(found.iterator(chunk_size=_CHUNK)), _LIST_WIDTHS)


def _rows(found: Iterable[HotlineTicket]) -> Iterator[list[Value]]:
    for one in found:
        compound = one.compound
        yield [one.number, one.received_at, compound.village.name, compound.name, one.category, one.handler,
               one.due_at, one.closed_at, one.satisfied, one.repeated, one.justified]  # fmt: skip


def faults_sheet(job: TicketImport) -> Sheet:
    """Row number, columns and reasons, then the row's own cells below the file's own header."""
    labels = [label or "（无标题）" for label in job.layout.get("labels", [])]
    return Sheet(
        "错误清单",
        ["行号", "栏目", "原内容", "原因", *labels],
        _faults(job),
        widths=(8, 14, 20, 48),
        notes=[f"{job.file_name}：{job.rows_left_out} 行没有导入。改正后可只上传这些行。"],
    )


def _faults(job: TicketImport) -> Iterator[list[Value]]:
    left_out = (TicketRow.Fate.BAD, TicketRow.Fate.UNCLEAR)
    rows = TicketRow.objects.filter(ticket_import=job, fate__in=left_out).order_by("number")
    for row in rows.iterator(chunk_size=_CHUNK):
        told = row.faults or [("小区", row.place, "没有认出是哪个小区，请在预览页指定。")]
        labels, written, reasons = ("；".join(parts) for parts in zip(*told, strict=True))
        yield [row.number, labels, written, reasons, *row.cells]


def sample_sheet() -> Sheet:
    """The header this system recognises best, with one example row."""
    widths = (20, 18, 18, 16, 26, 14, 18, 10, 10, 10)
    notes = ["12345 工单（示例行请删除；来电人的姓名、电话、地址和诉求内容不要填）"]
    return Sheet("12345工单", [column.label for column in COLUMNS], [_EXAMPLE], widths, notes)
