"""What a piece of work costs: by the clock, and in processor seconds of this process and its database server.

The clock suffers from whatever else the machine does; processor seconds hardly do, and both are printed.
"""

import os
import re
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from django.db import connection


class Cost(NamedTuple):
    """Seconds."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.2f} ({self.processor:.2f})"

    def plus(self, other: "Cost") -> "Cost":
        return Cost(self.clock + other.clock, self.processor + other.processor)

    def times(self, factor: float) -> "Cost":
        return Cost(self.clock * factor, self.processor * factor)


class Watch:
    """`with Watch() as watch: …` then `watch.cost`. The server must run on this machine, else it counts for nothing."""

    cost = Cost(0, 0)

    def __enter__(self) -> Self:
        self._began = self._now()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        ended = self._now()
        self.cost = Cost(ended.clock - self._began.clock, ended.processor - self._began.processor)

    @staticmethod
    def _now() -> Cost:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
        spent = stat.read_text().rpartition(")")[2].split()[11:13] if stat.exists() else ("0", "0")
        server = sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")
        return Cost(time.perf_counter(), time.process_time() + server)


def peak_megabytes() -> float:
    """The most memory this process ever held. Not ru_maxrss: there a child begins with its parent's."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
