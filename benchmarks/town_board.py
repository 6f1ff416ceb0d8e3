"""P9: the town's desk and its board at 10,000 compounds / 5 M households beside 100 compounds / 50,000.

    DATABASE_URL=postgres://… .venv/bin/python benchmarks/town_board.py
        [--rounds 3] [--requests 200] [--households 500] [--sizes 100 10000]

Works in two databases of its own, made and dropped here. Each round asks both towns, in turn first, each in a fresh
process: an officer's GET of /desk/ and of /board/ through the whole stack of middleware. The figures on both pages are
compared with the rows, before and after one obligation more is fulfilled. All rounds are printed, then medians and
ratios. See town_board.md for what exactly is compared.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baogai.settings")

from benchmarks.databases import ROOT, database, environment

PAGES = ("/desk/", "/board/")
LAY = """
import django; django.setup()
from benchmarks.ground import lay
from kernel.days import today
lay({compounds}, households={households}, on=today())
from django.db import connection
connection.cursor().execute("VACUUM ANALYZE")  # as autovacuum does; else it would come in the middle of a round
"""
ASK = """
import json, re, time
import django; django.setup()
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from accounts.models import User
from kernel.days import today
from kernel.fields import Reference
from kernel.periods import Cadence, Period
from supervision.models import Obligation
from supervision.services import fulfil

client = Client(HTTP_HOST="127.0.0.1")
client.force_login(User.objects.get(username="officer"))
quarter = Period.containing(today(), Cadence.QUARTER)
owed = Obligation.objects.filter(duty="disclosure", period=quarter.previous().code, released_on__isnull=True)

def ask(page):
    began = time.perf_counter()
    answer = client.get(page)
    assert answer.status_code == 200, answer.status_code
    return (time.perf_counter() - began) * 1000, answer

def compare():
    '''The desk's quarter and the board's sum are those of the rows.'''
    text = ask("/desk/")[1].content.decode()
    for name, count in (("已公示", owed.filter(fulfilled_at__isnull=False).count()),
                        ("未公示", owed.filter(fulfilled_at__isnull=True).count())):
        shown = int(re.search(f"<dt>{{name}}</dt><dd><strong[^>]*>(\\d+)<", text)[1])
        assert shown == count, (name, shown, count)
    text = ask("/board/")[1].content.decode()
    cells = re.findall("，合计[^，]*?完成 (\\d+) 件，应办 (\\d+) 件", text)
    due = Obligation.objects.filter(deadline_on__range=(quarter.first, quarter.last), released_on__isnull=True)
    shown = [sum(int(cell[at]) for cell in cells) for at in (0, 1)]
    assert shown == [due.filter(fulfilled_at__isnull=False).count(), due.count()], shown

compare()
one = owed.filter(fulfilled_at__isnull=True).first()
if one is not None:
    fulfil(one, at=timezone.now(), evidence=Reference("files.storedfile", "0", "凭据"), by=None)
    compare()  # at once, not within a minute
found = {{}}
for page in {pages}:
    cache.clear()
    cold, answer = ask(page)
    with CaptureQueriesContext(connection) as seen:
        ask(page)
        statements = len(seen)
    warm = [ask(page)[0] for _ in range({requests})]
    found[page] = {{"cold": cold, "warm": warm, "statements": statements, "kb": len(answer.content) / 1024}}
print(json.dumps({{"pages": found, "obligations": Obligation.objects.count()}}))
"""


def child(url: str, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(url), check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def p95(values: list[float]) -> float:
    """By nearest rank."""
    return sorted(values)[math.ceil(len(values) * 0.95) - 1]


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--requests", type=int, default=200)
    options.add_argument("--households", type=int, default=500, help="per compound")
    options.add_argument("--sizes", type=int, nargs=2, default=(100, 10_000), metavar="COMPOUNDS")
    return options.parse_args()


def main() -> None:
    chosen = _options()
    small, large = chosen.sizes
    medians: dict[tuple[str, int], list[float]] = {(page, size): [] for page in PAGES for size in chosen.sizes}
    tails: dict[tuple[str, int], list[float]] = {key: [] for key in medians}
    with ExitStack() as stack:
        urls = {size: stack.enter_context(database(f"bench_board_{size}")) for size in chosen.sizes}
        for size, url in urls.items():
            child(url, LAY.format(compounds=size, households=chosen.households))
            print(f"laid {size:,} compounds, {size * chosen.households:,} households", flush=True)
        print("| round | page | compounds | obligations | cold ms | median ms | p95 ms | SQL | KB |")
        print("|---|---|---|---|---|---|---|---|---|")
        for turn in range(chosen.rounds):
            for size in chosen.sizes if turn % 2 == 0 else reversed(chosen.sizes):
                seen = json.loads(child(urls[size], ASK.format(requests=chosen.requests, pages=PAGES)))
                for page, facts in seen["pages"].items():
                    median, tail = statistics.median(facts["warm"]), p95(facts["warm"])
                    medians[page, size].append(median)
                    tails[page, size].append(tail)
                    of_town = f"| {turn + 1} | {page} | {size:,} | {seen['obligations']:,} | {facts['cold']:.1f}"
                    print(
                        f"{of_town} | {median:.1f} | {tail:.1f} | {facts['statements']} | {facts['kb']:.0f} |",
                        flush=True,
                    )
    for page in PAGES:
        for name, found in (("median", medians), ("p95", tails)):
            low, high = statistics.median(found[page, small]), statistics.median(found[page, large])
            print(f"{page} {name}: {low:.1f} ms and {high:.1f} ms, ratio {high / low:.2f}")


if __name__ == "__main__":
    main()
