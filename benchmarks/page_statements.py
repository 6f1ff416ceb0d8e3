"""P12: SQL statements per page, at 20 and at 400 compounds.

    DATABASE_URL=postgres://… .venv/bin/python benchmarks/page_statements.py

Works in two databases of its own, made and dropped here. In each, six people and a visitor walk from their desk along
every link; of pages alike (one address pattern) each opens one, twice. Both times are counted: the first with nothing
remembered, the second as people work. A page that needs more statements where there are more rows is named, and so is
one that was found in one of the two towns only, for it was not compared.
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
Walked = dict[str, dict[str, tuple[int, int]]]
WALK = """
import html, json, re, sys
import django; django.setup()
from django.core.cache import cache
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
        cache.clear()
        with CaptureQueriesContext(connection) as first:
            answer = client.get(path)
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        with CaptureQueriesContext(connection) as counted:
            client.get(path)
            found.setdefault(kind or "/", {{}})[who or "nobody"] = (len(first), len(counted))
        waiting += [html.unescape(link) for link in re.findall(r'href="(/[^"#]*)"', answer.content.decode())]

for who in ("officer", "auditor", "cadre", "chair", "manager", "owner", None):
    walk(who)
print(json.dumps(found))
"""


def walked(url: str, size: tuple[int, int, int]) -> Walked:
    """Statements by page and person, the first time and the second."""
    compounds, households, entries = size
    program = WALK.format(compounds=compounds, households=households, entries=entries)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(url), check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout)


def main() -> None:
    with ExitStack() as stack:
        small, large = (walked(stack.enter_context(database(f"bench_pages_{size[0]}")), size) for size in SIZES)
    print("| page | statements | again | of whom | with 20 times the rows | again |")
    print("|---|---|---|---|---|---|")
    growing, alone = [], []
    for page in sorted({*small, *large}):
        before, after = small.get(page, {}), large.get(page, {})
        both = before.keys() & after.keys()
        alone += [f"{page} ({name})" for name in sorted(before.keys() ^ after.keys())]
        growing += [f"{page} ({name}: {before[name]} to {after[name]})" for name in both if _grows(before, after, name)]
        if both:
            who = max(both, key=lambda name: (after[name][1], after[name][0], name))
            print(f"| {page} | {before[who][0]} | {before[who][1]} | {who} | {after[who][0]} | {after[who][1]} |")
    every = {page: max(again for _, again in counts.values()) for page, counts in large.items()}
    over = [page for page, most in every.items() if most > CEILING]
    print(f"{len(every)} pages, at most {max(every.values())} statements; above {CEILING}: {', '.join(over) or 'none'}")
    print(f"growing with rows: {'; '.join(growing) or 'none'}")
    print(f"found in one town only, not compared: {'; '.join(alone) or 'none'}")


def _grows(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]], name: str) -> bool:
    return any(more > few for few, more in zip(before[name], after[name], strict=True))


if __name__ == "__main__":
    main()
