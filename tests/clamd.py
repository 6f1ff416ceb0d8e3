"""A ClamAV daemon in thirty lines: it speaks INSTREAM over a socket and finds what the test tells it to find."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

VIRUS = b"X5O!P%@AP"


class FakeDaemon:
    """Answers each session once; `heard` is what it was shown."""

    def __init__(self, answer: bytes | None = None) -> None:
        self.heard: list[bytes] = []
        self._answer = answer
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._door.getsockname()[1]}"
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            with caller, caller.makefile("rb") as heard:
                if heard.read(10) != b"zINSTREAM\0":
                    caller.sendall(b"UNKNOWN COMMAND\0")
                    continue
                shown = b""
                while size := struct.unpack("!L", heard.read(4))[0]:
                    shown += heard.read(size)
                self.heard.append(shown)
                found = b"stream: Eicar-Signature FOUND\0" if VIRUS in shown else b"stream: OK\0"
                caller.sendall(found if self._answer is None else self._answer)

    def close(self) -> None:
        self._door.close()


@contextmanager
def daemon(answer: bytes | None = None) -> Iterator[FakeDaemon]:
    fake = FakeDaemon(answer)
    try:
        yield fake
    finally:
        fake.close()
