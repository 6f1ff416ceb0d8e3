"""What an import hands back as a spreadsheet: its faults, and an empty roster to begin with."""

from collections.abc import Iterator

from communities.models import Compound, RosterImport, RosterRow
from communities.services.roster.columns import COLUMNS
from files.writing import Sheet, Value

_EXAMPLE = (
    "3号楼",
    "1单元",
    "0101",
    "张三、李四",
    "89.50",
    "13912345678",
    "闽（2019）石狮市不动产权第0000000号",
    "示例行，请删除",
)


def faults_sheet(job: RosterImport) -> Sheet:
    """Row number, columns and reasons, then the row's own cells below the file's own header."""
    labels = [label or "（无标题）" for label in job.layout.get("labels", [])]
    return Sheet(
        "错误清单",
        ["行号", "栏目", "原内容", "原因", *labels],
        _faults(job),
        widths=(8, 14, 20, 48),
        notes=[f"{job.compound.name}：{job.file.name}，{job.rows_bad} 行有错，未导入。改正后可只上传这些行。"],
    )


def _faults(job: RosterImport) -> Iterator[list[Value]]:
    rows = RosterRow.objects.filter(roster_import=job, fate=RosterRow.Fate.BAD).order_by("number")
    for row in rows.iterator(2_000):
        labels, written, reasons = ("；".join(parts) for parts in zip(*row.faults or [], strict=True))
        yield [row.number, labels, written, reasons, *(row.cells or [])]


def sample_sheet(compound: Compound) -> Sheet:
    """The header this system recognises best, with one example row."""
    widths = (12, 10, 10, 24, 16, 16, 36, 20)
    return Sheet("业主名册", [column.label for column in COLUMNS], [_EXAMPLE], widths, [f"{compound.name}业主名册"])
