"""The scan for viruses by a ClamAV daemon, where the installation names one: clamd's INSTREAM over a socket.

What is not known to be clean is not taken in: a daemon that is away, busy or unintelligible refuses the upload.
"""

import socket
import struct
from contextlib import suppress
from typing import IO
from urllib.parse import urlsplit

from django.conf import settings

from kernel.errors import DomainError

_CHUNK = 64 * 1024
_LENGTH = struct.Struct("!L")
#: A daemon answers in well under a second; a large file may take some.
_SECONDS = 30
_LONGEST_ANSWER = 4096
_AWAY = "查毒服务暂时连不上，文件没有收下。请过几分钟再传；一直这样的，请告诉系统管理员。"


def check_clean(source: IO[bytes], *, field: str) -> None:
    """Raises DomainError naming `field` where something is found, or where the daemon cannot say that nothing is."""
    if not settings.CLAMD_ADDRESS:
        return
    try:
        answer = _ask(settings.CLAMD_ADDRESS, source)
    except OSError as away:
        raise DomainError(_AWAY, field=field) from away
    if answer.endswith(" FOUND"):
        name = answer.removeprefix("stream:").removesuffix("FOUND").strip()
        raise DomainError(f"这个文件带有病毒（{name[:60]}），没有收下。请先在电脑上查杀，再重新生成文件。", field=field)
    if answer != "stream: OK":
        raise DomainError(_AWAY, field=field)


def is_daemon_address(address: str) -> bool:
    """unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310."""
    parts = urlsplit(address)
    try:
        return (parts.scheme == "unix" and bool(parts.path)) or (
            parts.scheme == "tcp" and bool(parts.hostname and parts.port)
        )
    except ValueError:  # a port that is no number
        return False


def _connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        daemon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        daemon.settimeout(_SECONDS)
        try:
            daemon.connect(parts.path)
        except OSError:
            daemon.close()
            raise
        return daemon
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=_SECONDS)


def _ask(address: str, source: IO[bytes]) -> str:
    """One session: the command, the bytes in pieces with their lengths, a piece of no length, one answer."""
    source.seek(0)
    with _connect(address) as daemon:
        daemon.sendall(b"zINSTREAM\0")
        # A daemon that has heard enough (too large, found already) stops listening before the end, and says why.
        with suppress(BrokenPipeError):
            while piece := source.read(_CHUNK):
                daemon.sendall(_LENGTH.pack(len(piece)) + piece)
            daemon.sendall(_LENGTH.pack(0))
        return _answer(daemon)


def _answer(daemon: socket.socket) -> str:
    told = b""
    while b"\0" not in told and len(told) < _LONGEST_ANSWER and (more := daemon.recv(_LONGEST_ANSWER)):
        told += more
    return told.partition(b"\0")[0].decode("utf-8", "replace").strip()
