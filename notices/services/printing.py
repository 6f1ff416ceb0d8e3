"""Papers (PDF) from the house's own templates. Nothing is fetched from anywhere (reliability F7, PDF-01).

The same content is made once and kept on disk by the hash of what it was made from (performance P13).
"""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

from kernel.errors import DomainError

#: What a paper may name as `asset:…`; everything else a template could point at is refused.
ASSETS = {
    "asset:poster.css": ("print/poster.css", "text/css"),
    "asset:slips.css": ("print/slips.css", "text/css"),
    "asset:board.css": ("print/board.css", "text/css"),
    "asset:official.css": ("print/official.css", "text/css"),
    "asset:chart.css": ("print/chart.css", "text/css"),
    "asset:survey.css": ("print/survey.css", "text/css"),
}


class PrintingError(Exception):
    """A paper cannot be made: its template or the installation is at fault, never the person."""


class NoTypesetterError(DomainError):
    """This machine lacks the libraries that papers are set with; everything else works."""

    def __init__(self) -> None:
        super().__init__("本机没有安装排版组件（Pango），暂时不能生成 PDF。请管理员按运行说明安装后再试。")


def asset(url: str) -> bytes:
    """The content of a named asset."""
    found = finders.find(ASSETS[url][0])
    if found is None:
        raise PrintingError(f"{url} is missing from the installation")
    return Path(found).read_bytes()


#: Pictures a paper shows, by the address its HTML names them with (`picture:…`): content type and bytes.
Pictures = Mapping[str, tuple[str, bytes]]


def render_pdf(html: str, pictures: Pictures | None = None) -> bytes:
    """A tagged PDF from the house's own HTML, fonts embedded. Raises PrintingError where it names a foreign address."""
    try:
        # Imported when the first paper is wanted: where the libraries are missing, all other pages still serve.
        typesetting = import_module("notices.services.typesetting")
    except OSError as missing:
        raise NoTypesetterError from missing
    result: bytes = typesetting.render_pdf(html, pictures or {})
    return result


def kept_pdf(html: str) -> Path:
    """The paper for this very HTML and its assets, made at the first call and kept.

    Two callers at once make it once: the second waits for the first.
    """
    folder = Path(settings.STORED_FILES_ROOT) / "prints"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = content_key(html)
    kept = folder / f"{key}.pdf"
    if kept.exists():
        return kept
    with (folder / f"{key[0]}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _write(kept, render_pdf(html))
    return kept


def content_key(html: str) -> str:
    """What a paper is made from, as one hash: its HTML and the assets it may use."""
    digest = hashlib.sha256(html.encode())
    for url in sorted(ASSETS):
        digest.update(asset(url))
    return digest.hexdigest()


def _write(target: Path, content: bytes) -> None:
    """Whole or not at all."""
    handle, name = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(target)
