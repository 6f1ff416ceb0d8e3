"""P8: the sweep of 10,000 compounds × 12 duties beside the set-based SQL that writes the same rows.

    DATABASE_URL=postgres://… .venv/bin/python benchmarks/sweep.py [--compounds 10000] [--rounds 3]

Works in databases of its own, made and dropped here. Each round copies one laid town and gives a fresh process to each
contender in turn: the reference (first, again), and the sweep (first, again, on the next day). The rows of both are
counted and compared afterwards. All rounds are printed, then medians and ratios. See sweep.md for what is compared.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baogai.settings")

import psycopg2

from benchmarks.databases import ROOT, database, environment

BASE = "bench_sweep"

# A firm and a committee for every compound, each with its head; a firm serves ten compounds. From July to 1 October
# every compound owes four disclosures, four forums, a survey, an appraisal and two monthly details: twelve.
LAY = """
import django; django.setup()
from datetime import date
from django.db import connection
from communities.models import City, Town
from kernel.days import start_of
from supervision.models import Policy
town = Town.objects.create(city=City.objects.create(code="350581", name="石狮市"), code="350581101", name="压测镇",
                           supervised_from_on=date(2026, 7, 1))
moment = start_of(date(2026, 1, 1))
Policy.objects.create(town=town, number="压测〔2026〕1号", title="压测", kind="original", from_on=date(2026, 1, 1),
                      entered_at=moment, confirmed_at=moment)
with connection.cursor() as cursor:
    cursor.execute('''
INSERT INTO communities_village (public_id, town_id, name, duty_area)
SELECT 'v' || lpad(n::text, 15, '0'), %(town)s, '村' || n, '' FROM generate_series(1, 100) n;
INSERT INTO communities_compound
    (public_id, village_id, name, kind, built_year, address, has_maintenance_fund, has_lift, has_owner_group)
SELECT 'c' || lpad(n::text, 15, '0'), (SELECT min(id) FROM communities_village) + n %% 100, '小区' || n, 'old',
       2000, '', true, true, true FROM generate_series(1, %(compounds)s) n;
INSERT INTO communities_propertyfirm (public_id, name, credit_code, contact, phone)
SELECT 'f' || lpad(n::text, 15, '0'), '企业' || n, lpad(n::text, 18, '0'), '', ''
FROM generate_series(0, %(compounds)s / 10) n;
INSERT INTO communities_servicecontract (public_id, compound_id, firm_id, from_on, fee_per_m2)
SELECT 's' || lpad(id::text, 15, '0'), id,
       (SELECT min(id) FROM communities_propertyfirm) + id / 10 %% (%(compounds)s / 10), '2024-01-01', 1
FROM communities_compound;
INSERT INTO communities_body (public_id, kind, name, town_id, village_id, compound_id, from_on)
SELECT 'b' || lpad(id::text, 15, '0'), 'committee', name || '业委会', %(town)s, village_id, id, '2024-01-01'
FROM communities_compound;
INSERT INTO communities_body (public_id, kind, name, town_id, from_on)
VALUES ('office', 'office', '小区服务岗', %(town)s, '2024-01-01'),
       ('group', 'leading_group', '领导小组', %(town)s, '2024-01-01');
INSERT INTO communities_post (public_id, body_id, firm_id, title, role, is_single, "order")
SELECT 'p' || lpad(id::text, 15, '0'), id, NULL::bigint, '负责人',
       CASE kind WHEN 'committee' THEN 'committee_chair' ELSE 'town_officer' END, true, 1 FROM communities_body
UNION ALL
SELECT 'q' || lpad(id::text, 15, '0'), NULL, id, '经理', 'firm_manager', true, 1 FROM communities_propertyfirm;
INSERT INTO accounts_user (public_id, username, name, password, phone, email, is_active, is_staff, is_superuser,
                           is_example, wants_care_mode, joined_at)
SELECT 'u' || lpad(id::text, 15, '0'), 'u' || id, '人' || id, '!', '', '', true, false, false, true, false, now()
FROM communities_post;
INSERT INTO communities_appointment (public_id, post_id, user_id, from_on, is_exclusive, basis)
SELECT 'a' || lpad(p.id::text, 15, '0'), p.id, u.id, '2024-01-01', true, ''
FROM communities_post p JOIN accounts_user u ON u.username = 'u' || p.id;
INSERT INTO supervision_pilotentry (compound_id, entered_on) SELECT id, '2026-08-01' FROM communities_compound;
ANALYZE''', {"town": town.pk, "compounds": COMPOUNDS})
"""

# What somebody who knew the answer would write by hand, in one transaction.
REFERENCE = """
import json
import django; django.setup()
from django.db import connection, transaction
from benchmarks.watch import Watch
OBLIGATIONS = '''
INSERT INTO supervision_obligation
    (public_id, duty, period, period_first_on, period_last_on, town_id, compound_id, bearer_body_id, bearer_firm_id,
     policy_id, opened_on, due_on, deadline_on, progress, released_reason)
SELECT substr(md5(random()::text), 1, 16), d.duty, d.period, d.first_on::date, d.last_on::date, v.town_id, c.id,
       CASE d.bearer WHEN 'committee' THEN b.id WHEN 'office' THEN office.id END,
       CASE d.bearer WHEN 'firm' THEN s.firm_id END, p.id, d.opened_on::date, d.due_on::date, d.due_on::date, 'none', ''
FROM communities_compound c
JOIN communities_village v ON v.id = c.village_id
JOIN communities_servicecontract s ON s.compound_id = c.id
JOIN communities_body b ON b.compound_id = c.id
CROSS JOIN (SELECT id FROM communities_body WHERE kind = 'office') office
CROSS JOIN supervision_policy p
CROSS JOIN (VALUES
    ('disclosure', '2026Q2', '2026-04-01', '2026-06-30', '2026-07-01', '2026-07-31', 'firm'),
    ('disclosure', '2026Q2', '2026-04-01', '2026-06-30', '2026-07-01', '2026-07-31', 'committee'),
    ('disclosure', '2026Q3', '2026-07-01', '2026-09-30', '2026-10-01', '2026-10-31', 'firm'),
    ('disclosure', '2026Q3', '2026-07-01', '2026-09-30', '2026-10-01', '2026-10-31', 'committee'),
    ('owners_forum', '2026Q3', '2026-07-01', '2026-09-30', '2026-07-01', '2026-09-30', 'firm'),
    ('owners_forum', '2026Q3', '2026-07-01', '2026-09-30', '2026-07-01', '2026-09-30', 'committee'),
    ('owners_forum', '2026Q4', '2026-10-01', '2026-12-31', '2026-10-01', '2026-12-31', 'firm'),
    ('owners_forum', '2026Q4', '2026-10-01', '2026-12-31', '2026-10-01', '2026-12-31', 'committee'),
    ('committee_survey', '2026H2', '2026-07-01', '2026-12-31', '2026-07-01', '2026-12-31', 'office'),
    ('firm_appraisal', '2026H2', '2026-07-01', '2026-12-31', '2026-07-01', '2026-12-31', 'office'),
    ('utilities_detail', '2026-08', '2026-08-01', '2026-08-31', '2026-09-01', '2026-09-15', 'firm'),
    ('utilities_detail', '2026-09', '2026-09-01', '2026-09-30', '2026-10-01', '2026-10-15', 'firm')
) d (duty, period, first_on, last_on, opened_on, due_on, bearer)
ON CONFLICT DO NOTHING'''
REST = '''
INSERT INTO supervision_reminder (obligation_id, step, "on", written_at)
SELECT o.id, s.step, o.deadline_on - s.days, now()
FROM supervision_obligation o
CROSS JOIN (VALUES ('remind_first', 14), ('remind_second', 7), ('remind_last', 1), ('overdue', -1)) s (step, days)
WHERE o.deadline_on - s.days BETWEEN o.opened_on AND '2026-10-01'
ON CONFLICT DO NOTHING;
INSERT INTO supervision_proposal (obligation_id, act, clause, proposed_on, decision, reason)
SELECT id, 'urge', '方案', deadline_on + 1, '', '' FROM supervision_obligation WHERE deadline_on < '2026-10-01'
ON CONFLICT DO NOTHING;
INSERT INTO supervision_boardcell
    (town_id, village_id, duty, period, deadline_on, total, done_on_time, done_late, unposted, corrected_late)
SELECT o.town_id, c.village_id, o.duty, o.period, o.deadline_on, count(*), 0, 0, 0, 0
FROM supervision_obligation o JOIN communities_compound c ON c.id = o.compound_id GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (town_id, village_id, duty, period, deadline_on) DO UPDATE SET total = excluded.total'''
def run(*statements):
    with Watch() as watch, transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return watch.cost
def add(one, other):
    return one.plus(other)
found = {}
for name in ("first", "again"):
    opening, rest = run(OBLIGATIONS), run(REST)
    found[f"{name}_obligations"], found[name] = opening, add(opening, rest)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
print(json.dumps(found))
"""

SWEEP = """
import json
import django; django.setup()
from datetime import date, timedelta
from django.db import connection
from django.test.utils import CaptureQueriesContext
from benchmarks.watch import Watch
from kernel.days import start_of
from supervision.services.sweep import sweep
def run(day):
    with Watch() as watch:
        sweep(day, at=start_of(day) + timedelta(hours=9))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return watch.cost
day = date(2026, 10, 1)
found = {"first": run(day), "again": run(day), "next_day": run(day + timedelta(days=1))}
with CaptureQueriesContext(connection) as captured:
    sweep(day + timedelta(days=1), at=start_of(day + timedelta(days=1)) + timedelta(hours=10))
found["statements"] = len(captured)
print(json.dumps(found))
"""

# Both contenders must have left these, row for row (the town's own four obligations are the sweep's alone).
ROWS = """
SELECT (SELECT count(*) FROM supervision_obligation WHERE compound_id IS NOT NULL),
       (SELECT sum(hash_record_extended(
            ROW(duty, period, compound_id, bearer_body_id, bearer_firm_id, opened_on, due_on, deadline_on), 0))
          FROM supervision_obligation WHERE compound_id IS NOT NULL),
       (SELECT count(*) FROM supervision_reminder r JOIN supervision_obligation o ON o.id = r.obligation_id
          WHERE o.compound_id IS NOT NULL AND r."on" <= '2026-10-01'),
       (SELECT count(*) FROM supervision_proposal p JOIN supervision_obligation o ON o.id = p.obligation_id
          WHERE o.compound_id IS NOT NULL AND p.proposed_on <= '2026-10-01'),
       (SELECT sum(total) FROM supervision_boardcell WHERE village_id IS NOT NULL),
       (SELECT count(*) FROM notices_message)
"""


def beside(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def copy_of(url: str) -> Any:
    """A copy of the laid town, dropped afterwards."""
    laid = urlsplit(url).path[1:]
    copy = f"{laid}_round"
    link = psycopg2.connect(beside(url, "postgres"))
    link.autocommit = True
    try:
        link.cursor().execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        link.cursor().execute(f'CREATE DATABASE "{copy}" TEMPLATE "{laid}"')
        yield beside(url, copy)
        link.cursor().execute(f'DROP DATABASE "{copy}" WITH (FORCE)')
    finally:
        link.close()


def child(url: str, program: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment(url), check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout) if done.stdout else {}


def rows_in(url: str) -> tuple[Any, ...]:
    link = psycopg2.connect(url)
    try:
        cursor = link.cursor()
        cursor.execute(ROWS)
        return cursor.fetchone()
    finally:
        link.close()


def shown(cost: list[float]) -> str:
    return f"{cost[0]:.2f} s ({cost[1]:.2f})"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--compounds", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    costs: dict[str, list[list[float]]] = {}
    with database(BASE) as url:
        child(url, LAY.replace("COMPOUNDS", str(chosen.compounds)))
        print(f"{chosen.compounds:,} compounds × 12 duties; seconds by the clock (processor seconds)", flush=True)
        for turn in range(chosen.rounds):
            left = {}
            for name, program in (("sql", REFERENCE), ("sweep", SWEEP))[:: 1 if turn % 2 == 0 else -1]:
                with copy_of(url) as own:
                    found = child(own, program)
                    left[name] = rows_in(own)
                statements = found.pop("statements", None)
                for part, cost in found.items():
                    costs.setdefault(f"{name} {part}", []).append(cost)
                line = "  ".join(f"{part} {shown(cost)}" for part, cost in found.items())
                print(
                    f"round {turn + 1} {name:>5}: {line}" + (f"  {statements} statements" if statements else ""),
                    flush=True,
                )
            assert left["sql"][:-1] == left["sweep"][:-1], left
            obligations, _, reminders, proposals, _, _ = left["sql"]
            messages = left["sweep"][-1]
        print(
            f"rows of both: {obligations:,} obligations, {reminders:,} reminders, {proposals:,} proposals;"
            f" the sweep alone also sent {messages:,} digests"
        )
    medians = {
        name: [statistics.median(column) for column in zip(*found, strict=True)] for name, found in costs.items()
    }
    for part, reference in (
        ("first", "first"),
        ("first", "first_obligations"),
        ("again", "again"),
        ("again", "again_obligations"),
        ("next_day", "again"),
    ):
        mine, theirs = medians[f"sweep {part}"], medians[f"sql {reference}"]
        print(
            f"sweep {part} ÷ SQL {reference}: {shown(mine)} ÷ {shown(theirs)}"
            f" = {mine[0] / theirs[0]:.2f} ({mine[1] / max(theirs[1], 0.01):.2f})"
        )


if __name__ == "__main__":
    main()
