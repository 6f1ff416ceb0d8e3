"""Rosters as offices write them, and the way through the pages of an import."""

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlwt
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from accounts.models import User
from communities.models import Compound, RosterImport

SAMPLES = Path(__file__).parent / "samples"
HEADER = ("楼栋", "单元", "房号", "业主姓名", "建筑面积（㎡）", "联系电话", "产权证号", "备注")
Cells = Sequence[object]


def home(room: object, owner: str = "张三", area: object = "89.50", phone: object = "", **others: object) -> Cells:
    """One row of building 3, stair 1, unless told otherwise."""
    return (
        others.get("building", "3#"),
        others.get("stair", "1单元"),
        room,
        owner,
        area,
        phone,
        others.get("certificate", ""),
        others.get("remark", ""),
    )


def as_xlsx(*rows: Cells, header: Cells = HEADER) -> bytes:
    book, body = Workbook(), io.BytesIO()
    for row in (header, *rows):
        book.active.append(list(row))
    book.save(body)
    return body.getvalue()


def as_xls(*rows: Cells, header: Cells = HEADER) -> bytes:
    book, body = xlwt.Workbook(encoding="utf-8"), io.BytesIO()
    sheet = book.add_sheet("名册")
    for number, row in enumerate((header, *rows)):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    book.save(body)
    return body.getvalue()


def as_csv(*rows: Cells, header: Cells = HEADER, encoding: str = "gb18030") -> bytes:
    body = io.StringIO()
    csv.writer(body).writerows((header, *rows))
    return body.getvalue().encode(encoding)


class RosterDesk:
    """A person at the pages of a compound's roster; the queue's work is done at once."""

    def __init__(self, client: Client, compound: Compound, run: Callable[..., Any]) -> None:
        self.client, self.compound, self._run = client, compound, run

    def address(self, name: str, job: RosterImport | None = None) -> str:
        keys = [self.compound.public_id] + ([job.public_id] if job else [])
        return reverse(f"communities:{name}", args=keys)

    def upload(self, content: bytes, name: str = "名册.xlsx") -> RosterImport:
        answer = self.client.post(self.address("roster"), {"file": SimpleUploadedFile(name, content)})
        assert answer.status_code == 302, answer.content.decode()
        assert not answer["Location"].startswith("/login/")
        return self.compound.imports.first()

    def preview(self, job: RosterImport, **corrected: object) -> RosterImport:
        """Ask for the preview with the columns as recognised, unless corrected."""
        data = {**job.columns, **corrected}
        with self._run(execute=True):
            answer = self.client.post(self.address("roster_columns", job), data)
        assert answer.status_code == 302, answer.content.decode()
        assert not answer["Location"].startswith("/login/")
        job.refresh_from_db()
        return job

    def confirm(self, job: RosterImport, mode: str = "good_rows") -> RosterImport:
        with self._run(execute=True):
            answer = self.client.post(self.address("roster_confirm", job), {"mode": mode})
        assert answer.status_code == 302, answer.content.decode()
        assert not answer["Location"].startswith("/login/")
        job.refresh_from_db()
        return job

    def page(self, job: RosterImport, **query: str) -> str:
        answer = self.client.get(self.address("roster_import", job), query, follow=True)
        assert answer.status_code == 200
        return answer.content.decode()

    def bring(self, content: bytes, name: str = "名册.xlsx", mode: str = "good_rows") -> RosterImport:
        """Upload, preview, confirm."""
        return self.confirm(self.preview(self.upload(content, name)), mode)


@pytest.fixture
def roster_desk(
    world: Any, client_of: Callable[[User], Client], django_capture_on_commit_callbacks: Callable[..., Any]
) -> Callable[..., RosterDesk]:
    """`roster_desk(world.officer)`: that person at the roster of the compound without any (or of another)."""

    def sit(user: User, compound: Compound | None = None) -> RosterDesk:
        return RosterDesk(client_of(user), compound or world.bare_compound, django_capture_on_commit_callbacks)

    return sit
