"""P9: the town's desk with its board at 10,000 compounds / 5 M households beside 100 compounds / 50,000.

    DATABASE_URL=postgres://… .venv/bin/python benchmarks/town_board.py [--rounds 3] [--requests 200] [--households 500]

Works in two databases of its own, made and dropped here. Each round asks both towns in turn, each in a fresh
process: an officer's GET of /desk/ through the whole stack of middleware, and the figures on the page are compared
with the rows. All rounds are printed, then medians and ratios. See town_board.md for what exactly is compared.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baogai.settings")

from benchmarks.databases import ROOT, database, environment

SIZES = (100, 10_000)
LAY = """
import django; django.setup()
from benchmarks.ground import lay
from kernel.days import today
lay({compounds}, households={households}, on=today())
"""
ASK = """
import json, re, time
import django; django.setup()
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from accounts.models import User
from kernel.days import today
from kernel.periods import Cadence, Period
from supervision.models import Obligation

client = Client(HTTP_HOST="127.0.0.1")
client.force_login(User.objects.get(username="officer"))
cache.clear()

def ask():
    began = time.perf_counter()
    answer = client.get("/desk/")
    assert answer.status_code == 200, answer.status_code
    return (time.perf_counter() - began) * 1000, answer.content.decode()

ask(); cache.clear()
cold, page = ask()
quarter = Period.containing(today(), Cadence.QUARTER).previous()
owed = Obligation.objects.filter(duty="disclosure", period=quarter.code, released_on__isnull=True)
for name, count in (("已公示", owed.filter(fulfilled_at__isnull=False).count()),
                    ("未公示", owed.filter(fulfilled_at__isnull=True).count())):
    shown = int(re.search(f"<dt>{{name}}</dt><dd><strong[^>]*>(\\\\d+)<", page)[1])
    assert shown == count, (name, shown, count)
with CaptureQueriesContext(connection) as seen:
    ask()
    statements = len(seen)
warm = [ask()[0] for _ in range({requests})]
print(json.dumps({{"cold": cold, "warm": warm, "statements": statements, "kb": len(page) / 1024,
                   "obligations": Obligation.objects.count()}}))
"""


def child(url: str, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(url), check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95) - 1]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--requests", type=int, default=200)
    options.add_argument("--households", type=int, default=500, help="per compound")
    chosen = options.parse_args()
    with ExitStack() as stack:
        urls = {size: stack.enter_context(database(f"bench_board_{size}")) for size in SIZES}
        for size, url in urls.items():
            child(url, LAY.format(compounds=size, households=chosen.households))
            print(f"laid {size:,} compounds, {size * chosen.households:,} households", flush=True)
        medians: dict[int, list[float]] = {size: [] for size in SIZES}
        tails: dict[int, list[float]] = {size: [] for size in SIZES}
        print("round  compounds  obligations  cold ms  median     p95  SQL   KB")
        for turn in range(chosen.rounds):
            for size, url in urls.items():
                seen = json.loads(child(url, ASK.format(requests=chosen.requests)))
                medians[size].append(statistics.median(seen["warm"]))
                tails[size].append(p95(seen["warm"]))
                facts = f"{turn + 1:>5} {size:>10,} {seen['obligations']:>12,} {seen['cold']:>8.1f}"
                times = f"{medians[size][-1]:>7.1f} {tails[size][-1]:>7.1f}"
                print(facts, times, f"{seen['statements']:>4} {seen['kb']:>4.0f}", flush=True)
    small, large = SIZES
    for name, found in (("median", medians), ("p95", tails)):
        low, high = statistics.median(found[small]), statistics.median(found[large])
        print(f"{name}: {low:.1f} ms and {high:.1f} ms, ratio {high / low:.2f}")


if __name__ == "__main__":
    main()
