"""P5, second half: voters a second from opening a handed-over link to the receipt, over HTTP on this machine.

    DATABASE_URL=postgres://… .venv/bin/python benchmarks/link_to_receipt.py [--homes 600] [--rounds 3]

Works in a database of its own, made and dropped here; the portal is served as in production (benchmarks/web.py). Each
voter is a browser of its own with cookies, sixteen of them at a time, and takes the whole way: the link, the question
who they are, the button that signs in, the ballot it leads to, the vote; five requests, nothing left out. A voter
counts where the ballot is found in the database afterwards.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.ballots import ANSWERS
from benchmarks.databases import call, database
from benchmarks.load import Browser, quantile, walked
from benchmarks.web import THREADS, WORKERS, serving

_AT_ONCE = 16


def _way(link: str, page: str) -> Callable[[Browser], Awaitable[None]]:
    async def walk(browser: Browser) -> None:
        confirm = await browser.get(f"/login/link/{link}/")
        await browser.get(confirm)
        paper = await browser.post(confirm, {})
        assert paper == page
        await browser.get(page)
        await browser.post(page, ANSWERS)
        assert b"data-receipt" in browser.answer.body

    return walk


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--homes", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with ExitStack() as stack:
        keys = stack.enter_context(tempfile.TemporaryDirectory())
        Path(keys).chmod(0o700)
        url = stack.enter_context(database("bench_links"))
        call(url, f"lay({asked.homes})", KEY_STORE=keys)
        call(url, "open_round(0)", KEY_STORE=keys)
        server = stack.enter_context(serving(url, KEY_STORE=keys))
        print(f"gunicorn, {WORKERS} workers of {THREADS} threads, {_AT_ONCE} voters at a time", flush=True)
        paces, before = [], 0
        for number in range(asked.rounds + 1):
            rows = call(url, f"links(0, {number}, {asked.rounds + 1})", KEY_STORE=keys)
            began = time.perf_counter()
            took = walked(server.port, [_way(**row) for row in rows], connections=_AT_ONCE)
            clock = time.perf_counter() - began
            after = int(call(url, "found(0)", KEY_STORE=keys)["ballots"])
            pace, before = (after - before) / clock, after
            paces.append(pace)
            note = "" if number else " (warming up, not counted)"
            print(f"{pace:.0f} voters/s, {len(rows)} ways, each p95 {quantile(took, 0.95):.0f} ms{note}", flush=True)
        print(f"P5 median: {statistics.median(paces[1:]):.0f} voters/s from link to receipt")


if __name__ == "__main__":
    main()
