"""A Redis of the test run's own, for the tests of the queue."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis for this test run: one of its own, else the one `REDIS_URL` names."""
    program = shutil.which("redis-server")
    if program is None and os.environ.get("REDIS_URL"):
        yield os.environ["REDIS_URL"]
        return
    if program is None:
        pytest.skip("no redis-server on this machine: the tests of the queue were not run")
    port, folder = _free_port(), tmp_path_factory.mktemp("redis")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--appendonly", "no"]
    with (Path(folder) / "log").open("w") as log, subprocess.Popen([program, *options], stdout=log) as server:
        give_up = time.monotonic() + 10
        while not _answers(port) and time.monotonic() < give_up:
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()
