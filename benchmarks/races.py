"""P3: a thousand voters raced sixteen at once by form and API; workers and the database killed amid the votes.

    .venv/bin/python benchmarks/races.py [--homes 1000] [--kills 5]

Needs PostgreSQL's own programs (`pg_config --bindir`): it makes a cluster of its own in a temporary folder, with fsync
on, since it kills that one without warning. `tests/test_survey_races.py` runs the same races small, in every run.

1. Each home is voted for by sixteen requests at the same moment, eight by the page and eight by the API.
2. The control: the same without the unique constraint must store more, else the first proves nothing.
3. While all homes vote, a worker of the web server is killed (SIGKILL) again and again.
4. The same with PostgreSQL itself, which starts again from its log.
After 3 and 4 whoever was not told a receipt votes once more; at the end participations = homes = ballots, the survey is
counted, and every receipt that anybody was told is among the counted ballots.
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.ballots import ANSWERS, by_form
from benchmarks.databases import call, database
from benchmarks.load import Answer, at_once, closed, request
from benchmarks.web import Server, serving

_AT_ONCE = 16
_CONTROLLED = 50
_RECEIPT = re.compile(rb'data-receipt="([0-9A-Z-]{19})"|"receipt": ?"([0-9A-Z-]{19})"')
Visits = list[dict[str, str]]


class Cluster:
    """A PostgreSQL of this run's own."""

    def __init__(self, folder: Path) -> None:
        self._data, self._folder = folder / "data", folder
        self._programs = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout
        self._as = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        self.url = f"postgres://postgres@/postgres?host={folder}"
        if self._as:
            shutil.chown(folder, **self._as)
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")

    def _run(self, program: str, *arguments: str, patience: int = 1) -> None:
        command = [str(Path(self._programs.strip()) / program), *arguments]
        for _ in range(patience):
            # What is left of a killed server holds its memory for a moment.
            if subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, check=False, **self._as).returncode == 0:
                return
            time.sleep(0.5)
        raise SystemExit(f"{program} failed")

    def start(self, patience: int = 1) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self._folder} -c max_connections=100"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", log, "-o", options, "start", patience=patience)

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")

    def kill(self) -> None:
        """As if the machine had lost it: no word to anybody, and up again from its log."""
        os.kill(int((self._data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        time.sleep(0.5)
        self.start(patience=60)


@contextmanager
def cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="races") as folder:
        Path(folder).chmod(0o711)
        own = Cluster(Path(folder))
        own.start()
        try:
            yield own
        finally:
            own.stop()


def _by_api(visit: dict[str, str]) -> bytes:
    answers = ", ".join(f'"{name}": "{letter}"' for name, letter in ANSWERS.items() if name != "comment")
    return request("POST", visit["api"], cookie=visit["cookie"], json=f'{{"answers": {{{answers}}}}}')


def _receipts(answers: list[Answer]) -> set[str]:
    found = (_RECEIPT.search(answer.body) for answer in answers if answer.status in (200, 201))
    return {(one[1] or one[2]).decode().replace("-", "").lower() for one in found if one}


def _told(answers: list[Answer]) -> str:
    words = [f"{status or 'lost'}: {count}" for status, count in sorted(_count(answers).items())]
    broken = sum(answer.was_broken for answer in answers)
    return ", ".join([*words, f"{broken} sent again after their connection broke"] if broken else words)


def _count(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


class Races:
    def __init__(self, url: str, server: Server, keys: str) -> None:
        self._url, self._server, self._keys, self._rounds = url, server, keys, 0

    def call(self, what: str) -> Any:
        return call(self._url, what, KEY_STORE=self._keys)

    def _opened(self) -> Visits:
        self.call(f"open_round({self._rounds})")
        visits: Visits = self.call(f"visits({self._rounds})")
        self._rounds += 1
        return visits

    def raced(self, homes: int) -> dict[str, Any]:
        """Sixteen at once for every home."""
        visits = self._opened()[:homes]
        half = _AT_ONCE // 2
        told = at_once(self._server.port, [[by_form(one), _by_api(one)] * half for one in visits])
        found = self.call(f"found({self._rounds - 1})")
        answers = [one for group in told for one in group]
        broken = sum(answer.status >= 500 or answer.status == 0 for answer in answers)
        print(f"   {_told(answers)}; {found['ballots']} ballots of {found['homes']} homes", flush=True)
        return {"extra": found["ballots"] - len(visits), "broken": broken, "receipts": len(_receipts(answers))}

    def killed(self, kill: Callable[[], None], kills: int) -> None:
        """All homes vote, one after the other over sixteen connections, while something dies again and again."""
        visits, done, killings = self._opened(), threading.Event(), []
        number = self._rounds - 1

        def keep_killing() -> None:
            for _ in range(kills):
                if done.wait(random.uniform(0.3, 1.2)):  # noqa: S311 - no secret
                    return
                kill()
                killings.append(time.perf_counter())

        killer = threading.Thread(target=keep_killing)
        killer.start()
        waiting, receipts = visits, set[str]()
        for attempt in range(1, 30):
            answers = [one for (one,) in closed(self._server.port, _one_each(waiting), connections=_AT_ONCE)]
            receipts |= _receipts(answers)
            print(f"   try {attempt}: {_told(answers)}", flush=True)
            unsure = [visit for visit, one in zip(waiting, answers, strict=True) if one.status not in (200, 409)]
            if not unsure:
                break
            waiting = unsure
            time.sleep(0.5)  # a person tries again in a while, and a database takes one to come back
        done.set()
        killer.join()
        found = self.call(f"found({number})")
        assert found["participations"] == found["homes"] == len(visits), found
        assert found["ballots"] == found["comments"] == found["hours"] == len(visits), found
        counted = set(self.call(f"count_up({number})"))
        assert receipts <= counted, "a receipt was told that is not among the ballots"
        lost = len(counted) - len(receipts)
        print(f"   killed {len(killings)} times; participations = ballots = {len(visits)}; ", end="")
        print(f"{len(receipts)} receipts told, all counted, {lost} lost with their answers", flush=True)


def _one_each(visits: Visits) -> list[list[bytes]]:
    return [[by_form(visit)] for visit in visits]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--homes", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=5)
    asked = parser.parse_args()
    with ExitStack() as stack:
        own = stack.enter_context(cluster())
        os.environ["DATABASE_URL"] = own.url
        keys = stack.enter_context(tempfile.TemporaryDirectory())
        Path(keys).chmod(0o700)
        url = stack.enter_context(database("races"))
        call(url, f"lay({asked.homes})", KEY_STORE=keys)
        server = stack.enter_context(serving(url, KEY_STORE=keys))
        races = Races(url, server, keys)
        print(f"{asked.homes} homes, {_AT_ONCE} tries each at once", flush=True)
        print("   extra ballots {extra}, broken {broken}, receipts {receipts}".format(**races.raced(asked.homes)))
        print(f"a worker killed {asked.kills} times", flush=True)
        races.killed(lambda: os.kill(random.choice(server.workers()), signal.SIGKILL), asked.kills)  # noqa: S311
        print(f"PostgreSQL killed {asked.kills} times", flush=True)
        races.killed(own.kill, asked.kills)
        races.call("without_the_constraint()")
        print(f"the control, {min(_CONTROLLED, asked.homes)} homes without the constraint", flush=True)
        control = races.raced(min(_CONTROLLED, asked.homes))
        print("   extra ballots {extra}".format(**control))
        assert control["extra"] > 0, "the harness does not race"


if __name__ == "__main__":
    main()
