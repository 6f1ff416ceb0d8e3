"""Looking into a file before anything parses it: is it what its name says, and is it safe to open?"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

import filetype
import olefile

from files.rules import (
    IMAGES,
    TABLE_COLUMNS,
    TABLE_ROWS,
    ZIP_MEMBERS,
    ZIP_RATIO,
    ZIP_UNPACKED,
    DoorRule,
    Kind,
)
from files.texts import decode
from kernel.errors import DomainError

_HEAD = 8192
_TAIL = 4096
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_MAGIC = b"PK\x03\x04"
_HTML = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|script|table|svg|\?xml)", re.IGNORECASE)
_NESTED = re.compile(r"\.(?:zip|jar|7z|rar|gz|xlsx|xlsm|docx|pptx|bin\.zip)$", re.IGNORECASE)
_CHUNK = 2**20
# A cell far out would make any reader reserve the whole rectangle up to it: beyond column BH (60) or row 100,000.
_FAR_COLUMN = rb"[A-Za-z]{3,}\d|[C-Zc-z][A-Za-z]\d|[Bb][I-Zi-z]\d"
_FAR_ROW = rb"[A-Za-z]{0,2}0*(?:10000[1-9]|1000[1-9]\d|100[1-9]\d\d|10[1-9]\d{3}|1[1-9]\d{4}|[2-9]\d{5}|[1-9]\d{6})"
_FAR_CELL = re.compile(rb"""\br\s*=\s*["'](?:""" + _FAR_COLUMN + rb"|" + _FAR_ROW + rb")")
_LONGEST_REFERENCE = 40
_XML_ATTACK = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def check_content(source: IO[bytes], *, suffix: str, rule: DoorRule, field: str) -> Kind:
    """The kind the bytes really are. Raises DomainError naming `field` when name and content differ or lurk."""
    kind = next(kind for kind in rule.kinds if suffix in kind.suffixes)
    source.seek(0)
    head = source.read(_HEAD)
    if not head.strip():
        raise DomainError("文件是空的，请检查后重新选择。", field=field)
    if not _matches(head, kind):
        raise DomainError(_mismatch(head, suffix), field=field)
    if kind is Kind.PDF:
        _check_pdf(source, field=field)
    elif kind is Kind.XLSX:
        check_xlsx(source, field=field)
    elif kind is Kind.XLS:
        check_xls(source, field=field)
    elif kind is Kind.CSV:
        source.seek(0)
        decode(source.read(), field=field)
    return kind


def _matches(head: bytes, kind: Kind) -> bool:
    if kind is Kind.PDF:
        return head.startswith(b"%PDF-")
    if kind is Kind.XLSX:
        return head.startswith(_ZIP_MAGIC)
    if kind is Kind.XLS:
        return head.startswith(_OLE_MAGIC)
    guess = filetype.guess_mime(head)
    if kind in IMAGES:
        return bool(guess == kind.content_type)
    return guess is None and not _HTML.match(head)


def _mismatch(head: bytes, suffix: str) -> str:
    if _HTML.match(head):
        return f"文件名是“.{suffix}”，内容却是网页。请用表格软件打开后另存为 xlsx，再上传。"
    if suffix == "xlsx" and head.startswith(_OLE_MAGIC):
        return "这个 xlsx 加了打开密码，或者其实是旧版 xls。请去掉密码另存为 xlsx 后再传。"
    guess = filetype.guess(head)
    seen = f"内容却是 {guess.extension}" if guess else "内容却不是"
    return f"文件名是“.{suffix}”，{seen}，请核对文件。"


def _check_pdf(source: IO[bytes], *, field: str) -> None:
    source.seek(0, 2)
    source.seek(max(source.tell() - _TAIL, 0))
    if b"%%EOF" not in source.read():
        raise DomainError("PDF 文件不完整，请重新导出后再传。", field=field)


def check_xlsx(source: IO[bytes], *, field: str) -> None:
    """Judge the zip by its directory, then read every member once, counting, without building anything.

    Refuses too many members, too much or too dense content, nested archives, encrypted or damaged members, macros,
    XML entities, and cells beyond row 100,000 or column 60, which would make a reader reserve the space up to them.
    """
    source.seek(0)
    try:
        with zipfile.ZipFile(source) as archive:
            _check_directory(archive, field=field)
            for info in archive.infolist():
                _check_member(archive, info, field=field)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as damage:
        raise DomainError("xlsx 文件已损坏或被加密，请重新另存后再传。", field=field) from damage


def _check_directory(archive: zipfile.ZipFile, *, field: str) -> None:
    members = archive.infolist()
    unpacked = sum(info.file_size for info in members)
    packed = sum(info.compress_size for info in members)
    names = {info.filename for info in members}
    if archive.comment:  # with another directory inside it, two readers would see two different archives
        raise DomainError("xlsx 的结构不寻常，已拒绝。请用表格软件另存后再传。", field=field)
    if len(members) > ZIP_MEMBERS:
        raise DomainError(f"xlsx 内含 {len(members)} 个部件，超过 {ZIP_MEMBERS} 个，不像普通表格。", field=field)
    if unpacked > ZIP_UNPACKED or unpacked > ZIP_RATIO * max(packed, 1):
        raise DomainError("xlsx 解压后过大，已拒绝。请删除多余的空行、图片后另存再传。", field=field)
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise DomainError("这不是 Excel 表格（xlsx），请核对文件。", field=field)
    if any(_NESTED.search(name) or name.lower().endswith("vbaproject.bin") for name in names):
        raise DomainError("xlsx 内嵌了压缩包、其他文档或宏，已拒绝。请只保留表格另存后再传。", field=field)


def _check_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, field: str) -> None:
    is_picture = info.filename.startswith("xl/media/")
    for number, chunk in enumerate(_chunks(archive, info)):
        if number == 0 and chunk.startswith((_ZIP_MAGIC, *_UTF16)):
            raise DomainError("xlsx 内嵌了压缩包或无法识别的部件，已拒绝。", field=field)
        if is_picture:
            continue
        if _XML_ATTACK.search(chunk):
            raise DomainError("xlsx 含有不安全的 XML 实体，已拒绝。", field=field)
        if _FAR_CELL.search(chunk):
            raise DomainError(
                f"表格超过 {TABLE_ROWS:,} 行或 {TABLE_COLUMNS} 列，请拆分，或删除远处的空白格后另存再传。", field=field
            )


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member piece by piece, each with the end of the one before, so that nothing hides on a seam."""
    with archive.open(info) as member:
        carried = b""
        while chunk := member.read(_CHUNK):
            yield carried + chunk
            carried = chunk[-_LONGEST_REFERENCE:]


# BIFF8 records that place a cell; all begin with row and column as two 16-bit numbers.
_CELL_RECORDS = frozenset({0x0006, 0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E})
_DIMENSIONS = 0x0200
_ROW_AND_COLUMN = struct.Struct("<HH")
_RECORD = struct.Struct("<HH")
_EXTENT = struct.Struct("<IIHH")


def check_xls(source: IO[bytes], *, field: str) -> None:
    """Walk the old format's records without building anything; refuses the same far cells as `check_xlsx`."""
    source.seek(0)
    try:
        with olefile.OleFileIO(source) as container:
            if container.exists("_VBA_PROJECT_CUR"):
                raise DomainError("xls 含有宏，已拒绝。请另存为 xlsx 后再传。", field=field)
            name = next((name for name in ("Workbook", "Book") if container.exists(name)), None)
            if name is None:
                raise DomainError("这不是 Excel 表格（xls），请核对文件。", field=field)
            stream = container.openstream(name).read()
        rows, columns = _xls_extent(stream)
    except (OSError, struct.error, IndexError, ValueError) as damage:
        raise DomainError("xls 文件已损坏，请另存为 xlsx 后再传。", field=field) from damage
    if rows > TABLE_ROWS or columns > TABLE_COLUMNS:
        raise DomainError(
            f"表格有 {rows:,} 行、{columns} 列，最多 {TABLE_ROWS:,} 行、{TABLE_COLUMNS} 列，请拆分后再传。", field=field
        )


def _xls_extent(stream: bytes) -> tuple[int, int]:
    """The furthest row and column any sheet uses or claims, counted from 1."""
    rows = columns = position = 0
    while position + _RECORD.size <= len(stream):
        code, length = _RECORD.unpack_from(stream, position)
        position += _RECORD.size
        if code in _CELL_RECORDS:
            row, column = _ROW_AND_COLUMN.unpack_from(stream, position)
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        elif code == _DIMENSIONS and length >= _EXTENT.size:
            _, last_row, _, last_column = _EXTENT.unpack_from(stream, position)
            rows, columns = max(rows, last_row), max(columns, last_column)
        position += length
    return rows, columns
