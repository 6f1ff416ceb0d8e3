"""P1, P3, P10: ballots a second by the real page beside pgbench; voters raced; the count beside SQL.

    DATABASE_URL=postgres://… .venv/bin/python benchmarks/ballots.py [--homes 600] [--sealed 50000] [--rounds 3]

Works in a database of its own, made and dropped here, with a key store of its own. Each round: pgbench (its TPC-B, 32
connections, 5 s), then four processes that post one ballot per home through all of Django (session, CSRF check,
permission, trail, lock, seals). A vote counts where its rows are found in the database afterwards. Last, one survey of
many sealed ballots is counted beside one SQL statement that tallies the same answers in clear.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baogai.settings")

from benchmarks.databases import ROOT, database, environment

_PROCESSES = 4
_CALL = "import django; django.setup(); from benchmarks import voters; voters.{}"


def _child(url: str, call: str, keys: str) -> subprocess.Popen[str]:
    env = environment(url) | {"KEY_STORE": keys}
    return subprocess.Popen([sys.executable, "-c", _CALL.format(call)], cwd=ROOT, env=env, text=True, stdout=-1)


def _told(child: subprocess.Popen[str]) -> dict[str, float]:
    out, _ = child.communicate()
    if child.returncode:
        raise SystemExit(child.returncode)
    found: dict[str, float] = json.loads(out.strip().splitlines()[-1])
    return found


def _pgbench(url: str) -> float:
    done = subprocess.run(
        ["pgbench", "-c", "32", "-j", "2", "-T", "5", url], capture_output=True, text=True, check=True
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    return float(found.group(1)) if found else 0.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--homes", type=int, default=600)
    parser.add_argument("--sealed", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    ratios = []
    with database("bench_ballots") as url, tempfile.TemporaryDirectory() as keys:
        Path(keys).chmod(0o700)
        _told(_child(url, f"lay({asked.homes})", keys))
        subprocess.run(["pgbench", "-i", "-q", "-s", "10", url], check=True, capture_output=True)
        for number in range(asked.rounds):
            reference = _pgbench(url)
            _told(_child(url, f"open_round({number})", keys))
            voters = [_child(url, f"vote({number}, {part}, {_PROCESSES})", keys) for part in range(_PROCESSES)]
            took = [_told(one) for one in voters]
            found = _told(_child(url, f"found({number})", keys))["ballots"]
            per_second = found / max(one["seconds"] for one in took)
            ratios.append(per_second / reference)
            print(f"round {number + 1}: pgbench {reference:.0f}/s, ballots {per_second:.0f}/s ({found:.0f} rows found)")
        print(f"P1 median: {100 * statistics.median(ratios):.1f} % of pgbench")
        raced = _told(_child(url, f"race({asked.rounds}, 16)", keys))
        print("P3: " + ", ".join(f"{name} {value:.0f}" for name, value in raced.items()))
        counted = _told(_child(url, f"count({asked.rounds + 1}, {asked.sealed})", keys))
        print("P10: " + ", ".join(f"{name} {value:.2f}" for name, value in counted.items()))


if __name__ == "__main__":
    main()
