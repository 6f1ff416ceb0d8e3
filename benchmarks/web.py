"""The portal as production serves it: gunicorn by its own configuration, DEBUG off, for the length of a measurement."""

import signal
import socket
import subprocess
import sys
import time
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
def serving(url: str, **more: str) -> Iterator[Server]:
    """The portal over the database of this URL; `more` goes into its environment."""
    port = _free_port()
    env = environment(url) | {"WEB_WORKERS": str(WORKERS), "WEB_THREADS": str(THREADS)} | more
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "baogai.wsgi"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield Server(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(_PATIENCE * 10):
        if process.poll() is not None:
            raise SystemExit("the server did not start")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/login/", timeout=30):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not answer")
