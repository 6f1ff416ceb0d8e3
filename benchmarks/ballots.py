"""P1, P2, P4, P10: ballots a second by the real page beside pgbench and beside survey packages; the count beside SQL.

    DATABASE_URL=postgres://… .venv/bin/python benchmarks/ballots.py [--homes 2000] [--rounds 3] [--peers] [--sealed N]

Works in databases of its own, made and dropped here, with a key store of its own. The portal is served as in production
(benchmarks/web.py). Each round: pgbench (its TPC-B, 32 connections, 5 s); then every home votes once over 32 kept
connections, through all of the portal: session, CSRF check, standing, permission, lock, seals, trail, receipt page.
A vote counts where its rows are found in the database afterwards. Then they vote once more at 70 % of that pace whether
or not earlier ones are answered. With `--peers` two survey packages take the same number of answers in the same round
(benchmarks/rivals.py). Last, one survey of many sealed ballots is counted beside one SQL statement over them in clear.
"""

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.databases import call, database
from benchmarks.load import Answer, closed, paced, quantile, request
from benchmarks.rivals import NAMES, Rivals, rivals
from benchmarks.web import THREADS, WORKERS, Server, serving

_CONNECTIONS = 32
_LOADED = 0.7
ANSWERS = {f"q{n}": "B" for n in range(1, 11)} | {"comment": "楼道灯坏了"}


def pgbench(url: str) -> float:
    command = ["pgbench", "-c", str(_CONNECTIONS), "-j", "2", "-T", "5", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    return float(found.group(1)) if found else 0.0


def by_form(visit: dict[str, str]) -> bytes:
    """The vote of a home as its browser sends it."""
    token = visit["cookie"].rpartition("=")[2]
    return request("POST", visit["page"], cookie=visit["cookie"], form=ANSWERS | {"csrfmiddlewaretoken": token})


def refusals(answers: list[Answer], taken: int = 200) -> str:
    odd = [answer.status for answer in answers if answer.status != taken]
    return f", answered otherwise: {sorted(set(odd))} x {len(odd)}" if odd else ""


def _voted(server: Server, url: str, keys: str, number: int, pace: float = 0) -> tuple[float, list[Answer]]:
    """Votes a second found in the database afterwards, and the answers; at a pace, where one is given."""
    call(url, f"open_round({number})", KEY_STORE=keys)
    sent = [by_form(visit) for visit in call(url, f"visits({number})", KEY_STORE=keys)]
    began = time.perf_counter()
    if pace:
        answers = paced(server.port, sent, per_second=pace)
    else:
        answers = [one for (one,) in closed(server.port, [[one] for one in sent], connections=_CONNECTIONS)]
    took = time.perf_counter() - began
    found = call(url, f"found({number})", KEY_STORE=keys)
    assert found["participations"] == found["ballots"] == found["comments"] == found["hours"], found
    return found["ballots"] / took, answers


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--homes", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--sealed", type=int, default=0)
    asked = parser.parse_args()
    with ExitStack() as stack:
        keys = stack.enter_context(tempfile.TemporaryDirectory())
        Path(keys).chmod(0o700)
        url = stack.enter_context(database("bench_ballots"))
        call(url, f"lay({asked.homes})", KEY_STORE=keys)
        subprocess.run(["pgbench", "-i", "-q", "-s", "10", url], check=True, capture_output=True)
        server = stack.enter_context(serving(url, KEY_STORE=keys))
        peers = stack.enter_context(rivals(asked.homes // 4)) if asked.peers else None
        print(f"gunicorn, {WORKERS} workers of {THREADS} threads; {asked.homes} homes in one survey", flush=True)
        _measure(server, url, keys, asked, peers)
        if asked.sealed:
            counted = call(url, f"count({2 * asked.rounds + 1}, {asked.sealed})", KEY_STORE=keys)
            print("P10: " + ", ".join(f"{name} {value:.2f}" for name, value in counted.items()))


def _measure(server: Server, url: str, keys: str, asked: argparse.Namespace, peers: Rivals | None) -> None:
    ratios, paces, loaded = [], [], []
    of_peers: dict[str, list[float]] = {name: [] for name in NAMES}
    _voted(server, url, keys, 0)  # warms the workers up
    for number in range(1, asked.rounds + 1):
        reference = pgbench(url)
        pace, answers = _voted(server, url, keys, 2 * number - 1)
        paces.append(pace)
        ratios.append(pace / reference)
        p95 = quantile([one.seconds for one in answers], 0.95)
        print(
            f"round {number}: pgbench {reference:.0f}/s, ballots {pace:.0f}/s = {100 * ratios[-1]:.1f} %,"
            f" p95 {p95:.0f} ms{refusals(answers)}",
            flush=True,
        )
        loaded.append(_at_a_pace(server, url, keys, 2 * number, _LOADED * pace))
        for name in NAMES if peers else ():
            of_peers[name].append(peers.pace(name, connections=_CONNECTIONS))
            print(f"         {name} {of_peers[name][-1]:.0f}/s", flush=True)
    print(f"P1 median: {100 * statistics.median(ratios):.1f} % of pgbench")
    for name in NAMES if peers else ():
        ratio = statistics.median(mine / other for mine, other in zip(paces, of_peers[name], strict=True))
        extra = peers.double_votes(name, people=40, times=16)
        print(f"P2 median: {ratio:.1f} times {name}; which stores {extra} extra ballots of 40 people raced 16 at once")
    print(f"P4 median of the rounds: p95 {statistics.median(loaded):.0f} ms")


def _at_a_pace(server: Server, url: str, keys: str, number: int, pace: float) -> float:
    """p95 in milliseconds of votes that come so many a second."""
    _, answers = _voted(server, url, keys, number, pace=pace)
    middle, p95, p99 = (quantile([one.seconds for one in answers], part) for part in (0.5, 0.95, 0.99))
    told = f"at {pace:.0f}/s: median {middle:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms"
    print(f"         {told}{refusals(answers)}", flush=True)
    return p95


if __name__ == "__main__":
    main()
