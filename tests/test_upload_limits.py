"""How much one person may hand in on a day, and the scan for viruses (FILE-04, D5)."""

import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from baogai.checks import configuration_problems
from files.models import StoredFile
from files.services import check_picture, store_upload
from kernel.errors import DomainError
from tests import books
from tests.cast import TODAY, World
from tests.clamd import VIRUS, daemon

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n0\n%%EOF\n"


def pdf(content: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile("发票.pdf", PDF[:-6] + content + PDF[-6:])


@pytest.fixture(autouse=True)
def kept(settings: Any, tmp_path: Path) -> None:
    settings.STORED_FILES_ROOT = tmp_path / "files"


def on_disk(settings: Any) -> list[Path]:
    return [one for one in Path(settings.STORED_FILES_ROOT).rglob("*") if one.is_file()]


def test_a_day_holds_so_many_files_of_one_person_and_no_more(
    world: World, settings: Any, on_day: Callable[..., None]
) -> None:
    settings.UPLOADS_PER_DAY = 3
    for _ in range(3):
        store_upload(pdf(), door="voucher", by=world.treasurer)
    with pytest.raises(DomainError, match="您今天已上传 3 个文件，到了每人每天 3 个的上限"):
        store_upload(pdf(), door="voucher", by=world.treasurer)
    store_upload(pdf(), door="voucher", by=world.chair)
    on_day(TODAY + timedelta(days=1))
    store_upload(pdf(), door="voucher", by=world.treasurer)


def test_a_day_holds_so_many_megabytes_of_one_person(world: World, settings: Any) -> None:
    settings.UPLOAD_MEGABYTES_PER_DAY = 1
    half = b"\0" * (2**19)
    store_upload(pdf(half[:-200]), door="voucher", by=world.treasurer)
    store_upload(pdf(half[:-200]), door="voucher", by=world.treasurer)
    with pytest.raises(DomainError, match="超过每人每天 1 MB 的上限"):
        store_upload(pdf(half), door="voucher", by=world.treasurer)
    assert StoredFile.objects.count() == len(on_disk(settings)) == 2


def test_the_page_says_so_beside_the_field_and_keeps_what_was_typed(
    world: World, settings: Any, client_of: Callable[..., Any]
) -> None:
    account = books.account_of(world)
    settings.UPLOADS_PER_DAY = 0
    answer = client_of(world.treasurer).post(
        reverse("finance:enter", args=[account.public_id]),
        {"on": "2026-10-03", "category": "E11", "amount": "12.50", "text": "换灯泡", "vouchers": pdf()},
    )
    assert "到了每人每天 0 个的上限" in answer.content.decode()
    assert "换灯泡" in answer.content.decode()


def test_every_upload_is_shown_to_the_daemon_as_it_came(world: World, settings: Any) -> None:
    picture = books.picture("red")
    with daemon() as clamd:
        settings.CLAMD_ADDRESS = clamd.address
        store_upload(pdf(b"clean" * 40_000), door="voucher", by=world.treasurer)
        store_upload(picture, door="photo", by=world.treasurer)
        check_picture(books.picture("blue"), door="portrait", by=world.treasurer)
        assert [len(shown) for shown in clamd.heard][:2] == [len(PDF) + 200_000, picture.size]
        assert len(clamd.heard) == 3


def test_what_is_found_is_not_kept_and_named(world: World, settings: Any) -> None:
    with daemon() as clamd:
        settings.CLAMD_ADDRESS = clamd.address
        with pytest.raises(DomainError, match="带有病毒（Eicar-Signature），没有收下") as refusal:
            store_upload(pdf(VIRUS), door="voucher", by=world.treasurer, field="vouchers")
    assert refusal.value.field == "vouchers"
    assert (StoredFile.objects.count(), on_disk(settings)) == (0, [])


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK but\0", b"\0", b""])
def test_what_the_daemon_cannot_say_is_clean_is_not_taken(world: World, settings: Any, answer: bytes) -> None:
    with daemon(answer) as clamd:
        settings.CLAMD_ADDRESS = clamd.address
        with pytest.raises(DomainError, match="查毒服务暂时连不上，文件没有收下"):
            store_upload(pdf(), door="voucher", by=world.treasurer)
    assert (StoredFile.objects.count(), on_disk(settings)) == (0, [])


def test_a_daemon_that_is_away_refuses_and_none_set_takes(world: World, settings: Any, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    for address in (f"tcp://127.0.0.1:{port}", f"unix://{tmp_path}/clamd.ctl"):
        settings.CLAMD_ADDRESS = address
        with pytest.raises(DomainError, match="查毒服务暂时连不上"):
            store_upload(pdf(), door="voucher", by=world.treasurer)
    settings.CLAMD_ADDRESS = ""
    store_upload(pdf(), door="voucher", by=world.treasurer)


def test_an_address_that_is_none_stops_the_start(settings: Any) -> None:
    for address, is_wrong in (
        ("", False),
        ("unix:///run/clamav/clamd.ctl", False),
        ("tcp://127.0.0.1:3310", False),
        ("127.0.0.1:3310", True),
        ("tcp://127.0.0.1:port", True),
        ("http://127.0.0.1:3310", True),
    ):
        settings.CLAMD_ADDRESS = address
        found = {one.id for one in configuration_problems(production=False)}
        assert ("baogai.E006" in found) == is_wrong, address
