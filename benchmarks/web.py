"""The portal as production serves it: gunicorn by its own configuration, DEBUG off, for the length of a measurement."""

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.databases import ROOT, environment

WORKERS, THREADS = 4, 4
_PATIENCE = 60


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def workers(self) -> list[int]:
        """The processes that answer; what their parent does for them is not among them."""
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(one) for one in found]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def started(command: list[str], folder: Path, env: dict[str, str], page: str) -> Iterator[Server]:
    """gunicorn, once it answers for that page; the portal's own configuration where the folder holds one."""
    port = _free_port()
    shape = ["--bind", f"127.0.0.1:{port}", "-w", str(WORKERS), "-k", "gthread", "--threads", str(THREADS)]
    silent = subprocess.DEVNULL
    process = subprocess.Popen([*command, *shape], cwd=folder, env=env, stdout=silent, stderr=silent)
    try:
        _wait(f"http://127.0.0.1:{port}{page}", process)
        yield Server(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextmanager
def serving(url: str, **more: str) -> Iterator[Server]:
    """The portal over the database of this URL; `more` goes into its environment."""
    command = [sys.executable, "-m", "gunicorn", "baogai.wsgi"]
    with started(command, ROOT, environment(url) | more, "/login/") as server:
        yield server


def _wait(page: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(_PATIENCE * 10):
        if process.poll() is not None:
            raise SystemExit("the server did not start")
        try:
            with urllib.request.urlopen(page, timeout=30):  # noqa: S310 - our own server
                return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not answer")
