"""Starting a half-year's appraisals at 100 and at 10,000 compounds: statements and seconds, and gathering anew.

    DATABASE_URL=postgres://… .venv/bin/python benchmarks/appraisals.py [--sizes 100 10000]

Works in two databases of its own, made and dropped here.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baogai.settings")

from benchmarks.databases import ROOT, database, environment

OPEN = """
import json, time
import django; django.setup()
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from accounts.models import User
from benchmarks.ground import lay
from communities.models import Town
from evaluations.models import Appraisal
from evaluations.services.appraisals.opening import gather_again, open_round
from kernel.days import today
from kernel.periods import Cadence, Period

lay({compounds}, households=1, on=today())
connection.cursor().execute("VACUUM ANALYZE")
town, officer = Town.objects.get(), User.objects.get(username="officer")
half = Period.containing(today(), Cadence.HALF)
told = {{}}

def timed(name, act):
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as seen:
        made = act()
    told[name] = [round(time.perf_counter() - began, 2), len(seen)]
    return made

opened = timed("open", lambda: open_round(town, half, by=officer, at=timezone.now()))
timed("gather", lambda: gather_again(opened, by=officer, at=timezone.now()))
client = Client(HTTP_HOST="127.0.0.1")
client.force_login(officer)
client.get("/appraisals/")
timed("list", lambda: client.get("/appraisals/"))
timed("sheet", lambda: client.get(f"/appraisals/{{Appraisal.objects.first().public_id}}/"))
client.get("/desk/")
timed("desk", lambda: client.get("/desk/"))
client.get("/board/half/")
timed("half-year board", lambda: client.get("/board/half/"))
print(json.dumps({{"appraisals": Appraisal.objects.count(), **told}}))
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--sizes", type=int, nargs="+", default=(100, 10_000), metavar="COMPOUNDS")
    for size in options.parse_args().sizes:
        with database(f"bench_appraisals_{size}") as url:
            program = OPEN.format(compounds=size)
            done = subprocess.run(
                [sys.executable, "-c", program],
                cwd=ROOT,
                env=environment(url),
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
        seen = json.loads(done.stdout)
        print(f"{size:,} compounds, {seen.pop('appraisals'):,} appraisals:", flush=True)
        for name, (seconds, statements) in seen.items():
            print(f"  {name}: {seconds} s, {statements} statements", flush=True)


if __name__ == "__main__":
    main()
