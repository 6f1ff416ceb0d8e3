"""A month of the action trail as a table that carries its own proof, and checking such a table without the database."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from accounts.models import ActionRecord
from accounts.querysets import ActionRecordQuerySet
from accounts.services.sealing import body_of
from kernel.anchors import Anchors
from kernel.chain import Link, verify
from kernel.days import SHANGHAI
from kernel.errors import DomainError

#: Column heads; those the check reads must keep their names.
MONTH, SEQ, PREV, BODY_SHA, HASH, VERSION, BODY = (
    "链（月份）", "序号", "上一指纹", "内容指纹", "指纹", "指纹版本", "入链内容",
)  # fmt: skip
HEADER = (
    SEQ, "时间（北京时间，含时区）", "何人", "用户名", "所称用户", "何事", "对象", "对象编号", "同时办理", "结果",
    "说明", "来源地址", MONTH, PREV, BODY_SHA, HASH, VERSION, BODY,
)  # fmt: skip
WIDTHS = (8, 28, 14, 16, 14, 20, 30, 20, 30, 10, 40, 18, 12, 20, 20, 20, 10, 40)
#: Columns people read, and where the hashed content says the same.
_SHOWN = {"何事": "act", "说明": "detail", "所称用户": "by_text", "来源地址": "address"}
_CHUNK = 2000
Row = Sequence[str | int | datetime | None]


def rows_of(records: ActionRecordQuerySet, hidden: ActionRecordQuerySet) -> Iterator[Row]:
    """One row per line of a month; `hidden` are lines another town's auditors read: of those only the hashes."""
    closed = frozenset(hidden.values_list("pk", flat=True))
    for record in records.select_related("by", "link").iterator(chunk_size=_CHUNK):
        yield (*(_closed(record) if record.pk in closed else _open(record)), *_proof(record, record.pk in closed))


def _seq(record: ActionRecord) -> int | None:
    return record.link.seq if hasattr(record, "link") else None


def _open(record: ActionRecord) -> Row:
    return (
        _seq(record),
        record.at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        record.by.name if record.by else "",
        record.by.username if record.by else "",
        record.by_text,
        record.act,
        record.subject.title if record.subject else "",
        record.subject.public_id if record.subject else "",
        "；".join(part["act"] for part in record.parts),
        record.get_result_display(),
        record.detail,
        record.address or "",
    )


def _closed(record: ActionRecord) -> Row:
    return (_seq(record), "不在您的范围", *[""] * 10)


def _proof(record: ActionRecord, is_closed: bool) -> Row:
    if not hasattr(record, "link"):
        return ("尚未入链", "", "", "", "", "")
    link = record.link
    body = "" if is_closed else body_of(record).decode()
    return (link.month, link.prev, link.body_sha, link.hash, link.hash_version, body)


# -- Checking an export alone ------------------------------------------------------------------------------------------


def verify_export(lines: Iterable[str], anchors: Anchors) -> Iterator[str]:
    """Every fault of an exported month, by the file alone. Raises DomainError where it is no such file."""
    table = csv.reader(lines)
    header = next((row for row in table if SEQ in row and HASH in row), None)
    if header is None or not {MONTH, SEQ, PREV, BODY_SHA, HASH, VERSION, BODY} <= set(header):
        raise DomainError("这不是导出的操作记录：找不到“序号”“指纹”等栏目。")
    rows = [dict(zip(header, row, strict=False)) for row in table if row]
    sealed = sorted((row for row in rows if row.get(SEQ, "").isdecimal()), key=lambda row: int(row[SEQ]))
    months = {row[MONTH] for row in sealed}
    for month in sorted(months | anchors.keys() if len(months) != 1 else months):
        links = [_link(row) for row in sealed if row[MONTH] == month]
        yield from (f"{month}：{one.message}" for one in verify(links, anchors=anchors.get(month)))
    for row in sealed:
        if row[BODY] and (altered := _altered(row)):
            yield f"{row[MONTH]}：第 {row[SEQ]} 号的“{altered}”栏与入链内容不符"


def _altered(row: dict[str, str]) -> str:
    """The first column people read that says something else than what was hashed."""
    try:
        body = json.loads(row[BODY])
        return next((column for column, key in _SHOWN.items() if row[column].removeprefix("'") != body[key]), "")
    except (ValueError, KeyError, TypeError):
        return BODY


def _link(row: dict[str, str]) -> Link:
    version = int(row[VERSION]) if row[VERSION].isdecimal() else 0
    body = row[BODY].encode() if row[BODY] else None
    return Link(row[MONTH], int(row[SEQ]), row[PREV], row[BODY_SHA], row[HASH], version, body)
