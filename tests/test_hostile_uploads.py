"""Hostile files at every page that takes one: refused in Chinese within two seconds, nothing kept, nothing lost."""

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from files.models import StoredFile
from supervision.models import Obligation
from supervision.rules import Duty
from tests.books import account_of, enter
from tests.cast import NOON, World
from tests.disclosing import owe, policy_of, publish, third_quarter
from tests.test_uploads import EXE, HTML, PDF, SVG, files_below

ClientOf = Callable[..., Client]
_TYPED = "手打的文字不能丢"


def _bomb() -> bytes:
    """A workbook of 40 kB that unpacks to 41 MB."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", b"<Types/>")
        made.writestr("xl/workbook.xml", b"<workbook/>")
        made.writestr("xl/worksheets/sheet1.xml", b"0" * 41 * 2**20)
    return body.getvalue()


def _huge_picture() -> bytes:
    """A PNG that says it is 30,000 × 30,000."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\x00" * 2**20)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


HOSTILE = {
    "a page named jpg": ("公告栏.jpg", HTML),
    "a drawing": ("公告栏.svg", SVG),
    "a drawing named png": ("公告栏.png", SVG),
    "a program named pdf": ("发票.pdf", EXE),
    "nothing": ("发票.pdf", b""),
    "two extensions": ("发票.exe.pdf", PDF),
    "a bomb": ("名册.xlsx", _bomb()),
    "a huge picture": ("公告栏.png", _huge_picture()),
}


@dataclass(frozen=True)
class Door:
    """A page that takes a file: who uses it, the field, and what else is typed there."""

    user: str
    url: str
    field: str
    typed: dict[str, Any]
    shows: str = ""


@pytest.fixture
def kept(settings: Any, tmp_path: Path) -> Path:
    settings.STORED_FILES_ROOT = tmp_path / "files"
    return Path(settings.STORED_FILES_ROOT)


@pytest.fixture
def doors(world: World, kept: Path) -> list[Door]:
    policy = policy_of(world)
    account = account_of(world, holder=world.firm, by=world.clerk)
    entry = enter(account, "I01", "10.00")
    owed, _ = third_quarter(world)
    shown = publish(owed, preparer=world.treasurer, head=world.chair, when=NOON)
    owe(world, "2026Q2")
    forum = Obligation.objects.create(
        duty=Duty.OWNERS_FORUM,
        period="2026Q4",
        period_first_on=date(2026, 10, 1),
        period_last_on=date(2026, 12, 31),
        town=world.town,
        compound=world.compound,
        bearer_body=world.committee,
        policy=policy,
        opened_on=date(2026, 10, 1),
        due_on=date(2026, 12, 31),
        deadline_on=date(2026, 12, 31),
    )

    def at(name: str, *ids: str) -> str:
        return reverse(name, args=ids)

    posting = {"on": "2026-10-09", "category": "I99", "amount": "1.00", "text": _TYPED, "form_key": "k" * 32}
    return [
        Door("officer", at("communities:roster", world.bare_compound.public_id), "file", {}),
        Door("clerk", at("finance:upload_statement", account.public_id), "file", {}),
        Door("clerk", at("finance:enter", account.public_id), "vouchers", posting, _TYPED),
        Door("clerk", at("finance:add_vouchers", entry.public_id), "vouchers", {"title": _TYPED}, _TYPED),
        Door(
            "manager",
            at("finance:open_account", world.compound.public_id),
            "proof",
            {"name": _TYPED, "bank": "农业银行", "number": "1234", "opened_on": "2026-10-01", "opening_balance": "0"},
            _TYPED,
        ),
        Door(
            "clerk",
            at("finance:nil_statement", account.public_id),
            "proof",
            {"from_on": "2026-07-01", "until_on": "2026-07-02", "balance": "48,210.35"},
            "48,210.35",
        ),
        Door("treasurer", at("finance:posting", shown.public_id), "photo", {"place": "notice_board"}),
        Door(
            "officer",
            at("supervision:enter_policy", world.town.code),
            "scan",
            {"number": "示例政〔2026〕9号", "title": _TYPED, "kind": "extension", "from_on": "2026-11-01"},
            _TYPED,
        ),
        Door(
            "treasurer",
            at("supervision:perform", forum.public_id),
            "proofs",
            {"held_on": "2026-10-20", "summary": _TYPED * 3},
            _TYPED,
        ),
    ]


@pytest.mark.parametrize("what", HOSTILE)
def test_no_page_takes_a_hostile_file(
    doors: list[Door], world: World, client_of: ClientOf, kept: Path, what: str
) -> None:
    name, content = HOSTILE[what]
    count, on_disk = StoredFile.objects.count(), len(files_below(kept))
    told = []
    for door in doors:
        client = client_of(world.people[door.user])
        began = time.process_time()
        answer = client.post(door.url, {**door.typed, door.field: SimpleUploadedFile(name, content)})
        took = time.process_time() - began
        if answer.status_code not in (200, 422):
            told.append((door.url, "status", answer.status_code))
            continue
        page = answer.content.decode()
        if 'aria-invalid="true"' not in page and "invalid-feedback" not in page:
            told.append((door.url, "says nothing"))
        if door.shows not in page:
            told.append((door.url, "lost what was typed"))
        if took > 2:
            told.append((door.url, f"took {took:.1f} s"))
        if StoredFile.objects.count() != count or len(files_below(kept)) != on_disk:
            told.append((door.url, "kept it"))
    assert not told
