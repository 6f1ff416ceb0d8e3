"""The hotline's tables as the town gets them, and the way through the pages of an import."""

import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from communities.models import Town
from evaluations import tasks
from evaluations.models import TicketImport

#: As the hotline heads its columns: the caller's among them.
HEADER = (
    "序号", "工单编号", "受理时间", "来电人", "联系电话", "所属小区", "诉求类别", "诉求内容", "承办单位",
    "办理期限", "办结时间", "是否满意", "是否重复", "是否属实",
)  # fmt: skip
CALLER, PHONE, WORDS = "蔡阿明", "13905950001", "我住3号楼1102，楼下太吵"
Cells = Sequence[object]


def ticket(number: object, place: str = "仑后花园", **told: object) -> Cells:
    """One row: a matter of July that was handled in time, unless told otherwise."""
    return (
        1,
        number,
        told.get("received", "2026-07-01 10:38"),
        CALLER,
        PHONE,
        place,
        told.get("category", "环境卫生"),
        WORDS,
        told.get("handler", "石狮安居物业服务有限公司"),
        told.get("due", "2026-07-08"),
        told.get("closed", "2026-07-03 16:00"),
        told.get("satisfied", "满意"),
        told.get("repeated", "否"),
        told.get("justified", "属实"),
    )


_CLOCK = datetime(2026, 7, 3, 9, 5)  # noqa: DTZ001 - a cell has no zone
#: What an office really gets: titles, folded widths, days as text and as numbers, a total, twice the same number.
MESSY: tuple[Cells, ...] = (
    ("石狮市12345便民服务热线工单明细表",),
    ("制表单位：宝盖镇", "", "制表日期：2026年10月8日"),
    (),
    HEADER,
    ticket("ＳＳ２０２６０７０１０００１", place="仑后花园小区"),
    ticket("SS202607020002", received=46205.5, due=46212, closed="2026/7/20", satisfied="不满意", repeated="是"),
    ticket("ss202607030003", received=_CLOCK, due=date(2026, 7, 10), closed="", satisfied=""),
    ticket(
        "SS202607040004", place="宝盖镇仑后村仑后花园3栋502", received="2026年7月4日", closed="", justified="不属实"
    ),
    ticket(
        "SS202607050005",
        place="杆头新村",
        received="２０２６－０７－０５ ０９：３０",
        closed="2026-07-06",
        satisfied="未回访",
    ),
    ticket("SS202607050005", place="杆头新村"),
    ticket("SS202607060006", received="2026-13-40"),
    ticket("SS202607070007", due="2026-06-30", satisfied="还行吧"),
    ticket(1.2e19),
    ticket("SS202607080008", place="后花园"),
    ticket("SS202607090009", place="宝盖大道"),
    (),
    ("合计", "", "", "", "", "11 件"),
    ("填表人：示例",),
)


def as_xlsx(*rows: Cells) -> bytes:
    book, body = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(list(row))
    book.save(body)
    return body.getvalue()


def table(*rows: Cells) -> bytes:
    """The rows below a plain header."""
    return as_xlsx(HEADER, *rows)


class TicketDesk:
    """A person at the pages of the town's tickets; the worker is called by hand."""

    def __init__(self, client: Client, town: Town) -> None:
        self.client, self.town = client, town

    def url(self, name: str, job: TicketImport | None = None) -> str:
        return reverse(f"fieldwork:{name}", args=[job.public_id if job else self.town.code])

    def sent(self, name: str, job: TicketImport | None, data: dict[str, Any]) -> None:
        answer = self.client.post(self.url(name, job), data)
        assert answer.status_code == 302, answer.content.decode()
        assert not answer["Location"].startswith("/login/")

    def upload(self, content: bytes, name: str = "工单.xlsx", **told: object) -> TicketImport:
        self.sent("ticket_upload", None, {"file": SimpleUploadedFile(name, content), **told})
        return TicketImport.objects.first()

    def preview(self, job: TicketImport, **corrected: object) -> TicketImport:
        self.sent("ticket_columns", job, {**job.columns, **corrected})
        return self.work(job)

    def work(self, job: TicketImport) -> TicketImport:
        tasks.preview_tickets(job.pk)
        job.refresh_from_db()
        return job

    def confirm(self, job: TicketImport, mode: str = "good_rows") -> TicketImport:
        self.sent("ticket_confirm", job, {"mode": mode})
        job.refresh_from_db()
        return job

    def page(self, job: TicketImport, **query: str) -> str:
        answer = self.client.get(self.url("ticket_import", job), query, follow=True)
        assert answer.status_code == 200
        return answer.content.decode()

    def bring(self, content: bytes, name: str = "工单.xlsx", mode: str = "good_rows") -> TicketImport:
        """Upload, preview, confirm."""
        return self.confirm(self.preview(self.upload(content, name)), mode)
