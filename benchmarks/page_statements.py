"""P12: SQL statements per page, at 20 and at 400 compounds.

    DATABASE_URL=postgres://… .venv/bin/python benchmarks/page_statements.py

Works in two databases of its own, made and dropped here. In each, six people and a visitor walk from their desk along
every link; of pages alike (one address pattern) each opens one, twice, and the second time is counted. A page that
needs more statements where there are more rows is named.
"""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baogai.settings")

from benchmarks.databases import ROOT, database, environment

# compounds, households and entries of each account
SIZES = ((20, 10, 30), (400, 200, 600))
CEILING = 12
WALK = """
import html, json, re, sys
import django; django.setup()
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, resolve
from accounts.models import User
from benchmarks.ground import lay
from kernel.days import today

lay({compounds}, households={households}, entries={entries}, on=today())
found = {{}}

def kind_of(path):
    try:
        return resolve(path.partition("?")[0]).route
    except Resolver404:
        return None

def walk(who):
    client = Client(HTTP_HOST="127.0.0.1")
    if who:
        client.force_login(User.objects.get(username=who))
    waiting, seen = ["/desk/" if who else "/"], set()
    while waiting:
        path = waiting.pop(0)
        kind = kind_of(path)
        if kind is None or kind in seen or kind.startswith(("admin", "api", "static")) or "." in kind:
            continue
        seen.add(kind)
        answer = client.get(path)
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        with CaptureQueriesContext(connection) as counted:
            client.get(path)
            found.setdefault(kind or "/", {{}})[who or "nobody"] = len(counted)
        waiting += [html.unescape(link) for link in re.findall(r'href="(/[^"#]*)"', answer.content.decode())]

for who in ("officer", "auditor", "cadre", "chair", "manager", "owner", None):
    walk(who)
print(json.dumps(found))
"""


def walked(url: str, size: tuple[int, int, int]) -> dict[str, dict[str, int]]:
    """Statements by page and person."""
    compounds, households, entries = size
    program = WALK.format(compounds=compounds, households=households, entries=entries)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(url), check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


def main() -> None:
    with ExitStack() as stack:
        small, large = (walked(stack.enter_context(database(f"bench_pages_{size[0]}")), size) for size in SIZES)
    print(f"{'page':<52} {'statements':>10} {'of whom':>8} {'with 20x rows':>13}")
    worst, growing = 0, []
    for page in sorted(large):
        before, after = small.get(page, {}), large[page]
        who = max(after, key=lambda name: after[name])
        grown = [f"{name} {before[name]} to {after[name]}" for name in after if after[name] > before.get(name, 99)]
        growing += [f"{page}: {', '.join(grown)}"] if grown else []
        worst = max(worst, after[who])
        print(f"{page:<52} {before.get(who, 0):>10} {who:>8} {after[who]:>13}")
    over = [page for page in large if max(large[page].values()) > CEILING]
    print(f"{len(large)} pages, at most {worst} statements; above {CEILING}: {', '.join(over) or 'none'}")
    print(f"growing with rows: {'; '.join(growing) or 'none'}")


if __name__ == "__main__":
    main()
