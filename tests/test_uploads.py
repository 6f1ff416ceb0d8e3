"""Files that people hand in at the four doors (FILE-01 to FILE-04, LED-12)."""

import io
import struct
import time
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest
import xlwt
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import connection, transaction
from django.db.utils import IntegrityError
from openpyxl import Workbook
from PIL import Image

from accounts.models import User
from files.models import StoredFile
from files.naming import safe_name
from files.rules import DOORS, LARGEST_UPLOAD
from files.services import DamagedFileError, open_stored, serve, store_upload, verify_stored
from files.uploads import CappedUploadHandler
from kernel.errors import DomainError

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n0\n%%EOF\n"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
EXE = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 200


@pytest.fixture
def uploader(db) -> User:
    return User.objects.create(username="uploader", name="示例上传人")


@pytest.fixture
def kept(settings, tmp_path) -> Path:
    settings.STORED_FILES_ROOT = tmp_path / "files"
    return settings.STORED_FILES_ROOT


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def picture(file_format: str = "JPEG", size: tuple[int, int] = (60, 40), **save: object) -> bytes:
    body = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(body, file_format, **save)
    return body.getvalue()


def workbook(rows: int = 3) -> bytes:
    book, body = Workbook(), io.BytesIO()
    for row in range(rows):
        book.active.append([f"示例{row}", row])
    book.save(body)
    return body.getvalue()


def archive(members: dict[str, bytes], comment: bytes = b"") -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in (
            {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"} | members
        ).items():
            made.writestr(name, content)
        made.comment = comment
    return body.getvalue()


def old_workbook(row: int = 1, column: int = 1) -> bytes:
    book, body = xlwt.Workbook(), io.BytesIO()
    book.add_sheet("表").write(row, column, "示例")
    book.save(body)
    return body.getvalue()


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


ACCEPTED = [
    ("voucher", "发票.pdf", PDF, "application/pdf"),
    ("voucher", "收据.JPG", picture(), "image/jpeg"),
    ("voucher", "收据.png", picture("PNG"), "image/png"),
    ("photo", "张贴.jpeg", picture(), "image/jpeg"),
    ("photo", "张贴.webp", picture("WEBP"), "image/jpeg"),
    ("scan", "批复 2026.9.30.pdf", PDF, "application/pdf"),
    ("table", "名册.xlsx", workbook(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("table", "名册.xls", old_workbook(), "application/vnd.ms-excel"),
    ("table", "流水.csv", "日期,金额\n2026-09-29,1.00\n".encode("gb18030"), "text/csv"),
    ("table", "流水.csv", "\ufeff日期,金额\n".encode(), "text/csv"),
]


@pytest.mark.parametrize(("door", "name", "content", "content_type"), ACCEPTED, ids=lambda value: str(value)[:20])
def test_the_doors_take_what_they_are_for(uploader, kept, door, name, content, content_type):
    stored = store_upload(upload(name, content), door=door, by=uploader)
    assert stored.content_type == content_type
    assert verify_stored(stored)
    on_disk = kept / stored.path
    assert on_disk.stat().st_size == stored.size
    assert on_disk.stat().st_mode & 0o777 == 0o600
    assert stored.name.rpartition(".")[0] not in stored.path


REFUSED = [
    ("voucher", "发票.pdf", EXE, "内容却"),
    ("voucher", "发票.pdf", HTML, "内容却是网页"),
    ("photo", "张贴.jpg", HTML, "内容却是网页"),
    ("photo", "张贴.jpg", picture("PNG"), "内容却是 png"),
    ("photo", "张贴.svg", SVG, "不能上传“.svg”文件"),
    ("photo", "张贴.jpg", SVG, "内容却是网页"),
    ("photo", "张贴.heic", b"\x00\x00\x00\x18ftypheic", "另存为 jpg"),
    ("photo", "张贴.jpg", picture()[:400], "图片已损坏"),
    ("voucher", "网页.html", HTML, "不能上传“.html”文件"),
    ("voucher", "发票.exe", EXE, "不能上传“.exe”文件"),
    ("voucher", "发票.exe.pdf", PDF, "两个扩展名"),
    ("voucher", "发票.pdf.jpg", picture(), "两个扩展名"),
    ("voucher", "发票", PDF, "没有扩展名"),
    ("voucher", "发票.pdf", b"", "空的"),
    ("voucher", "发票.pdf", b"   \n", "空的"),
    ("voucher", "发票.pdf", PDF[:20], "不完整"),
    ("table", "名册.xlsx", b"", "空的"),
    ("table", "名册.xlsx", b"PK\x03\x04 truncated", "已损坏"),
    ("table", "名册.xlsx", archive({})[:-10], "已损坏"),
    ("table", "名册.xlsx", old_workbook(), "打开密码"),
    ("table", "名册.xls", workbook(), "内容却是"),
    ("table", "名册.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "已损坏"),
    ("table", "名册.xls", HTML, "内容却是网页"),
    ("table", "流水.csv", HTML, "内容却是网页"),
    ("table", "流水.csv", b"\x00\x01\x02binary", "编码"),
    ("table", "流水.csv", EXE, "内容却是"),
    ("scan", "批复.docx", b"PK", "不能上传“.docx”文件"),
]


@pytest.mark.parametrize(("door", "name", "content", "reason"), REFUSED, ids=lambda value: str(value)[:20])
def test_the_doors_refuse_with_a_reason_and_keep_nothing(uploader, kept, door, name, content, reason):
    with pytest.raises(DomainError, match=reason) as refusal:
        store_upload(upload(name, content), door=door, by=uploader, field="voucher")
    assert refusal.value.field == "voucher"
    assert not StoredFile.objects.exists()
    assert files_below(kept) == []
    assert store_upload(upload("发票.pdf", PDF), door="voucher", by=uploader).name == "发票.pdf"


def worksheet(cells: str) -> bytes:
    return f'<worksheet><sheetData><row r="1">{cells}</row></sheetData></worksheet>'.encode()


def row_bomb() -> bytes:
    rows = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(1, 1_000_001))
    return f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()


SHEET = "xl/worksheets/sheet1.xml"
HOSTILE = {
    "41 MB unpacked": (lambda: archive({SHEET: b"<c/>" * 10_250_000}), "解压后过大"),
    "a million rows": (lambda: archive({SHEET: row_bomb()}), "超过 100,000 行|解压后过大"),
    "10,000 members": (lambda: archive({f"xl/{n}.xml": b"" for n in range(10_000)}), "部件"),
    "a nested zip": (lambda: archive({"xl/embeddings/a.zip": archive({})}), "内嵌"),
    "a nested zip without extension": (lambda: archive({"xl/media/image1": archive({})}), "内嵌"),
    "a workbook within": (lambda: archive({"xl/embeddings/Book.xlsx": workbook()}), "内嵌"),
    "macros": (lambda: archive({"xl/vbaProject.bin": b"x"}), "宏"),
    "entities": (lambda: archive({SHEET: b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'}), "XML 实体"),
    "entities across a seam": (
        lambda: archive({SHEET: (b"<x>" + random_text(2**20 - 6)) + b"<!ENTITY a>"}),
        "XML 实体",
    ),
    "entities in UTF-16": (lambda: archive({SHEET: "<!DOCTYPE x>".encode("utf-16")}), "无法识别的部件"),
    "a far row": (lambda: archive({SHEET: worksheet('<c r="A1048576"><v>1</v></c>')}), "100,000 行"),
    "a far column": (lambda: archive({SHEET: worksheet('<c r="XFD1"><v>1</v></c>')}), "60 列"),
    "the first column too many": (lambda: archive({SHEET: worksheet("<c r = 'bi9'/>")}), "60 列"),
    "the first row too many": (lambda: archive({SHEET: b'<sheetData><row r="100001"/></sheetData>'}), "100,000 行"),
    "two directories": (lambda: archive({}, comment=b"PK\x05\x06"), "结构不寻常|已损坏"),
    "not a workbook": (lambda: workbook().replace(b"xl/workbook.xml", b"xl/workbooc.xml"), "不是 Excel"),
    "a lying directory": (lambda: lying(archive({SHEET: b"<c/>" * 5_000_000})), "已损坏|解压后过大"),
}


def random_text(length: int) -> bytes:
    """Text that does not compress much, so that only the thing under test is refused."""
    state, made = 1, bytearray()
    while len(made) < length:
        state = zlib.crc32(struct.pack("<I", state))
        made += f"{state:x}".encode()
    return bytes(made[:length])


def lying(content: bytes) -> bytes:
    """The directory claims that the sheet unpacks to 1,000 bytes."""
    true_size = struct.pack("<I", 20_000_000)
    assert true_size in content
    return content.replace(true_size, struct.pack("<I", 1_000))


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_hostile_workbook_is_refused_quickly_and_cheaply(uploader, kept, attack):
    make, reason = HOSTILE[attack]
    content = make()
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(DomainError, match=reason):
        store_upload(upload("名册.xlsx", content), door="table", by=uploader)
    seconds, (_, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 2
    assert peak < 200 * 2**20
    assert files_below(kept) == []
    assert store_upload(upload("名册.xlsx", workbook()), door="table", by=uploader)


def test_the_last_row_and_column_allowed_are_allowed(uploader, kept):
    content = archive({SHEET: worksheet('<c r="BH100000"><v>1</v></c>')})
    assert store_upload(upload("名册.xlsx", content), door="table", by=uploader)


def test_an_old_workbook_with_a_far_cell_is_refused(uploader, kept):
    assert store_upload(upload("名册.xls", old_workbook(65_535, 59)), door="table", by=uploader)
    with pytest.raises(DomainError, match="最多 100,000 行、60 列"):
        store_upload(upload("名册.xls", old_workbook(1, 60)), door="table", by=uploader)


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims a huge picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(30_000, 30_000), (10_000, 10_000), (5_100, 5_000)])
def test_a_picture_with_too_many_pixels_is_refused_before_it_is_decoded(uploader, kept, size):
    started = time.process_time()
    with pytest.raises(DomainError, match=r"图片太大|像素太多"):
        store_upload(upload("张贴.png", png_claiming(*size)), door="photo", by=uploader)
    assert time.process_time() - started < 2
    assert store_upload(upload("张贴.png", picture("PNG")), door="photo", by=uploader)


def test_a_large_photo_of_a_phone_is_kept_smaller(uploader, kept):
    stored = store_upload(upload("张贴.jpg", picture(size=(8160, 6144))), door="photo", by=uploader)
    with open_stored(stored) as body, Image.open(body) as kept_picture:
        assert kept_picture.size == (2560, 1928)


def test_position_and_other_metadata_are_removed_and_the_picture_stands_upright(uploader, kept):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90°
    exif[0x010E] = "拍摄者张三"
    exif.get_ifd(0x8825)[2] = (24.0, 43.0, 0.0)
    photo = picture(size=(60, 40), exif=exif, comment=b"secret")
    with Image.open(io.BytesIO(photo)) as original:
        assert original.getexif().get_ifd(0x8825)

    stored = store_upload(upload("张贴.jpg", photo), door="photo", by=uploader)

    with open_stored(stored) as body:
        content = body.read()
    with Image.open(io.BytesIO(content)) as cleaned:
        assert cleaned.size == (40, 60)
        assert not cleaned.getexif()
    assert b"Exif" not in content
    assert b"secret" not in content


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_pictures_of_every_mode_are_kept(uploader, kept, mode):
    body = io.BytesIO()
    file_format, suffix = ("JPEG", "jpg") if mode == "CMYK" else ("PNG", "png")
    Image.new(mode, (40, 30)).save(body, file_format)
    stored = store_upload(upload(f"收据.{suffix}", body.getvalue()), door="voucher", by=uploader)
    with open_stored(stored) as opened, Image.open(opened) as again:
        assert again.size == (40, 30)


def test_a_payload_behind_a_picture_does_not_survive(uploader, kept):
    stored = store_upload(upload("张贴.jpg", picture() + HTML), door="photo", by=uploader)
    with open_stored(stored) as body:
        assert b"script" not in body.read()


NAMES = {
    "../../etc/passwd.pdf": "passwd.pdf",
    "C:\\Users\\x\\发票.pdf": "发票.pdf",
    "发票\r\nSet-Cookie: x=1.pdf": "发票 Set-Cookie_ x=1.pdf",
    "发票\u202efdp.exe.pdf": "发票fdp.exe.pdf",
    ".pdf": "附件.pdf",
    "": "附件",
    "长" * 300 + ".pdf": "长" * 96 + ".pdf",
    "蔡𠮷明.pdf": "蔡𠮷明.pdf",
}


@pytest.mark.parametrize(("written", "safe"), NAMES.items())
def test_a_name_becomes_safe(written, safe):
    assert safe_name(written) == safe
    assert len(safe) <= 100


def test_a_file_is_served_as_a_download_with_its_chinese_name(uploader, kept):
    response = serve(store_upload(upload("发票 一.pdf", PDF), door="voucher", by=uploader))
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''%E5%8F%91%E7%A5%A8%20%E4%B8%80.pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-store"
    assert b"".join(response) == PDF


@pytest.mark.parametrize(("name", "content", "shown"), [("a.pdf", PDF, True), ("a.jpg", picture(), True)])
def test_pictures_and_papers_may_be_shown_in_the_window(uploader, kept, name, content, shown):
    stored = store_upload(upload(name, content), door="voucher", by=uploader)
    assert serve(stored, inline=True)["Content-Disposition"].startswith("inline")


def test_a_table_is_never_shown_in_the_window(uploader, kept):
    stored = store_upload(upload("流水.csv", "日期,金额\n".encode()), door="table", by=uploader)
    assert serve(stored, inline=True)["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_changed_or_missing_file_is_named_and_not_served(uploader, kept, harm):
    stored = store_upload(upload("发票.pdf", PDF), door="voucher", by=uploader)
    assert verify_stored(stored)
    path = kept / stored.path
    if harm == "changed":
        path.write_bytes(PDF.replace(b"1.4", b"1.5"))
    else:
        path.unlink()
    assert not verify_stored(stored)
    with pytest.raises(DamagedFileError, match=r"附件校验失败：“发票\.pdf”"):
        serve(stored)


@pytest.mark.owner
def test_the_record_of_a_stored_file_cannot_be_changed(uploader, kept):
    stored = store_upload(upload("发票.pdf", PDF), door="voucher", by=uploader)
    connection.check_constraints()  # lets go of the deferred checks that would stop TRUNCATE before our trigger does
    for act in (
        lambda: StoredFile.objects.update(sha256="0" * 64),
        lambda: connection.cursor().execute("DELETE FROM files_storedfile"),
        lambda: connection.cursor().execute("TRUNCATE files_storedfile CASCADE"),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            act()
    stored.refresh_from_db()
    assert verify_stored(stored)


@pytest.mark.parametrize("door", DOORS)
def test_a_file_over_the_limit_of_its_door_is_refused(uploader, kept, door):
    rule = DOORS[door]
    name = f"大.{rule.suffixes[0]}"
    with pytest.raises(DomainError, match="太大了"):
        store_upload(upload(name, b"x" * (rule.largest + 1)), door=door, by=uploader)


def test_a_body_that_lies_about_its_size_is_stopped_while_it_streams(uploader, kept):
    body = TemporaryUploadedFile("发票.pdf", "application/pdf", 100, None)
    body.write(PDF + b"x" * DOORS["voucher"].largest)
    body.seek(0)
    with pytest.raises(DomainError, match="太大了"):
        store_upload(body, door="voucher", by=uploader)
    assert files_below(kept) == []


def test_nothing_beyond_the_widest_door_reaches_memory_or_disk():
    handler = CappedUploadHandler()
    handler.new_file("file", "大.pdf", "application/pdf", None)
    piece = b"x" * 2**20
    passed = sum(handler.receive_data_chunk(piece, start) is not None for start in range(2 * LARGEST_UPLOAD // 2**20))
    assert passed == LARGEST_UPLOAD // 2**20
    dropped = handler.file_complete(2 * LARGEST_UPLOAD)
    assert dropped.size == 2 * LARGEST_UPLOAD
    assert dropped.read() == b""
    handler.new_file("file", "小.pdf", "application/pdf", None)
    assert handler.receive_data_chunk(PDF, 0) == PDF
    assert handler.file_complete(len(PDF)) is None
