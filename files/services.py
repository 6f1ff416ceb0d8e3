"""Taking files in by one door, keeping them, and handing them out unharmed."""

import hashlib
import os
import secrets
from contextlib import ExitStack
from io import BufferedRandom, BufferedReader, BytesIO
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import FileResponse
from django.utils import timezone

from accounts.models import User
from files.models import StoredFile
from files.naming import check_name, safe_name
from files.pictures import reencode
from files.quotas import check_quota, count_picture, count_table
from files.rules import DOORS, IMAGES, SHOWN_INLINE, DoorRule, Kind
from files.scanning import check_clean
from files.sniffing import check_content
from kernel.errors import DomainError

_CHUNK = 2**20


class DamagedFileError(DomainError):
    """The bytes on disk are not those that were stored: 附件校验失败."""


@transaction.atomic
def store_upload(upload: UploadedFile, *, door: str, by: User, field: str = "file") -> StoredFile:
    """Check an upload by its door's rule and keep it under a random name outside every served folder.

    Pictures are re-encoded, which strips EXIF and position. Raises DomainError naming `field`, in Chinese, for
    whatever the door does not let in, and for more than a person may hand in on a day; nothing is kept then. Checks
    FILE-01 to FILE-04.
    """
    rule = DOORS[door]
    name = safe_name(upload.name or "")
    suffix = check_name(name, rule, field=field)
    _check_size(upload.size or 0, rule, field=field)
    check_quota(by, size=upload.size or 0, at=timezone.now(), field=field)
    with ExitStack() as on_failure:
        path = _new_path()
        whole = _full(path)
        on_failure.callback(whole.unlink, missing_ok=True)
        with whole.open("xb+") as kept:
            os.fchmod(kept.fileno(), 0o600)
            kind = _receive(upload, kept, suffix=suffix, rule=rule, field=field)
            size, digest = _seal(kept)
        stored = StoredFile.objects.create(
            door=door,
            name=f"{name.rpartition('.')[0]}.{kind.suffix}" if kind.suffix != suffix else name,
            content_type=kind.content_type,
            size=size,
            sha256=digest,
            path=path,
            uploaded_by=by,
        )
        on_failure.pop_all()
    return stored


def check_picture(upload: UploadedFile, *, door: str, by: User, field: str = "file") -> tuple[Kind, bytes]:
    """The same checks for a picture that is kept as a row, because it must be possible to delete it again.

    What it became, and its bytes. Raises DomainError naming `field`.
    """
    rule = DOORS[door]
    suffix = check_name(safe_name(upload.name or ""), rule, field=field)
    _check_size(upload.size or 0, rule, field=field)
    count_picture(by, at=timezone.now(), field=field)
    kept = BytesIO()
    kind = _receive(upload, kept, suffix=suffix, rule=rule, field=field)
    return kind, kept.getvalue()


def receive_table(upload: UploadedFile, *, by: User, field: str = "file") -> tuple[str, bytes]:
    """The same checks for a table that is read and not kept, because it holds what nobody here may keep.

    Its name, made safe, and its bytes. Raises DomainError naming `field`.
    """
    rule = DOORS["table"]
    name = safe_name(upload.name or "")
    suffix = check_name(name, rule, field=field)
    _check_size(upload.size or 0, rule, field=field)
    count_table(by, at=timezone.now(), field=field)
    read = BytesIO()
    _receive(upload, read, suffix=suffix, rule=rule, field=field)
    return name, read.getvalue()


def _check_size(size: int, rule: DoorRule, *, field: str) -> None:
    if size == 0:
        raise DomainError("文件是空的，请检查后重新选择。", field=field)
    if size > rule.largest:
        raise DomainError(f"文件有 {size / 2**20:.1f} MB，太大了。可用：{rule.words}。", field=field)


def _receive(upload: UploadedFile, kept: IO[bytes], *, suffix: str, rule: DoorRule, field: str) -> Kind:
    """Copy the upload, counting, and check it; a picture ends up re-encoded in `kept`."""
    received = 0
    for chunk in upload.chunks(_CHUNK):
        received += len(chunk)
        _check_size(received, rule, field=field)
        kept.write(chunk)
    kind = check_content(kept, suffix=suffix, rule=rule, field=field)
    check_clean(kept, field=field)
    if kind in IMAGES:
        kept.seek(0)
        original = BytesIO(kept.read())
        kept.seek(0)
        kept.truncate()
        kind = reencode(original, kept, longest_side=rule.longest_side, field=field)
    return kind


def _seal(kept: BufferedRandom) -> tuple[int, str]:
    """Put the bytes safely on disk; their number and SHA-256."""
    kept.flush()
    os.fsync(kept.fileno())
    kept.seek(0)
    digest = hashlib.file_digest(kept, "sha256").hexdigest()
    return kept.tell(), digest


def open_stored(file: StoredFile) -> BufferedReader:
    """The stored bytes, after checking that they are still those that were stored. Raises DamagedFileError."""
    try:
        opened = _full(file.path).open("rb")
    except OSError as missing:
        raise DamagedFileError(f"附件校验失败：“{file.name}”已不在服务器上，请联系镇小区办。") from missing
    if hashlib.file_digest(opened, "sha256").hexdigest() != file.sha256:
        opened.close()
        raise DamagedFileError(f"附件校验失败：“{file.name}”与上传时不一致，请联系镇小区办。")
    opened.seek(0)
    return opened


def verify_stored(file: StoredFile) -> bool:
    """Whether the bytes on disk are those that were stored (LED-12)."""
    try:
        open_stored(file).close()
    except DamagedFileError:
        return False
    return True


def serve(file: StoredFile, *, inline: bool = False) -> FileResponse:
    """Hand a stored file to a person whose right to it the caller has checked.

    As a download with its name (RFC 6266), or in the window where `inline` and the kind is a picture or a PDF; never
    cached by anybody, never sniffed. Raises DamagedFileError instead of serving changed bytes.
    """
    response = FileResponse(
        open_stored(file),
        as_attachment=not (inline and file.content_type in SHOWN_INLINE),
        filename=file.name,
        content_type=file.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    if file.content_type.startswith("image/"):
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _new_path() -> str:
    """A random name, spread over 256 folders."""
    name = secrets.token_hex(20)
    (Path(settings.STORED_FILES_ROOT) / name[:2]).mkdir(mode=0o700, parents=True, exist_ok=True)
    return f"{name[:2]}/{name[2:]}"


def _full(path: str) -> Path:
    return Path(settings.STORED_FILES_ROOT) / path
