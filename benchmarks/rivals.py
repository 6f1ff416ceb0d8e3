"""P2: two survey packages from PyPI beside the portal: votes a second, and the double votes they store.

They are installed by pip, on the first run, into an environment of their own under the temporary folder, and run in a
plain project (benchmarks/peers) as the portal is: gunicorn with as many workers and threads, kept connections, the same
PostgreSQL. Each takes one answer to ten questions and a remark from every person; a vote counts where its row is found.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.databases import ROOT, bare_database
from benchmarks.load import at_once, closed, request
from benchmarks.web import started

_PACKAGES = ("Django==5.2.*", "psycopg2-binary", "gunicorn", "django-form-surveys==2.5.0")
_MORE = ("django-survey-and-report==1.5.0", "setuptools<81")
_HOME = Path(tempfile.gettempdir()) / "baogai-benchmark-peers"
_TOKEN = "t" * 32
NAMES = ("django-form-surveys", "django-survey-and-report")


def _python() -> str:
    """The interpreter of the packages' own environment."""
    python = _HOME / "bin" / "python"
    if not (_HOME / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(_HOME)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *_PACKAGES, *_MORE], check=True)
        (_HOME / "complete").touch()
    return str(python)


class Rivals:
    """The packages over one database, served and waiting."""

    def __init__(self, url: str, python: str, port: int) -> None:
        self._python, self.port = python, port
        self._env = _environment(url)
        self._sessions: list[str] = []

    def call(self, what: str) -> Any:
        program = f"from peers import ground; ground.{what}"
        command = [self._python, "-c", program]
        done = subprocess.run(command, cwd=ROOT / "benchmarks", env=self._env, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout.decode().strip().splitlines()[-1])

    def lay(self, people: int) -> None:
        self._sessions = self.call(f"lay({people})")

    def _votes(self, name: str) -> list[bytes]:
        """A request per person, to a survey nobody has answered yet."""
        survey = self.call("open_surveys()")[name]
        fields = survey["fields"] | {"csrfmiddlewaretoken": _TOKEN}
        cookies = (f"sessionid={session}; csrftoken={_TOKEN}" for session in self._sessions)
        return [request("POST", survey["path"], cookie=cookie, form=fields) for cookie in cookies]

    def pace(self, name: str, *, connections: int) -> float:
        """Votes a second, found afterwards."""
        sent = self._votes(name)
        began = time.perf_counter()
        closed(self.port, [[one] for one in sent], connections=connections)
        took = time.perf_counter() - began
        return float(self.call("found()")[name]) / took

    def double_votes(self, name: str, *, people: int, times: int) -> int:
        """Ballots beyond one a person, of so many raced so many times at once."""
        sent = self._votes(name)[:people]
        at_once(self.port, [[one] * times for one in sent])
        return int(self.call("found()")[name]) - people


def _environment(url: str) -> dict[str, str]:
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "peers.settings", "PYTHONPATH": "."}


@contextmanager
def rivals(people: int) -> Iterator[Rivals]:
    """Both packages, with so many people signed in."""
    python = _python()
    with bare_database("bench_rivals") as url:
        env = _environment(url)
        migrate = [python, "-m", "django", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT / "benchmarks", env=env, check=True)
        with started([python, "-m", "gunicorn", "peers.application"], ROOT / "benchmarks", env, "/survey/") as server:
            both = Rivals(url, python, server.port)
            both.lay(people)
            yield both
