"""P6 and P7: a 50,000-row roster from .xlsx to the register, beside raw COPY and django-import-export.

    DATABASE_URL=postgres://… .venv/bin/python benchmarks/roster_import.py [--rows 50000] [--rounds 3]

Works in a database of its own (test_<name>), made and dropped here. Every round runs each contender once, in turn;
all rounds are printed, then medians and ratios. See roster_import.md for what exactly is compared.
"""

import argparse
import io
import json
import os
import random
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baogai.settings")

import django  # noqa: E402 - the settings must be named first

django.setup()

import tablib  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.db import connection  # noqa: E402
from import_export import resources  # noqa: E402
from openpyxl import Workbook, load_workbook  # noqa: E402

from accounts.models import User  # noqa: E402
from benchmarks.watch import Cost, Watch  # noqa: E402
from communities.models import Building, City, Compound, RosterImport, Town, Unit, Village  # noqa: E402
from communities.services import roster  # noqa: E402

HEADER = ["序号", "楼栋", "单元", "房号", "业主姓名", "建筑面积（㎡）", "联系电话", "产权证号", "备注"]
FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


# -- What goes in ------------------------------------------------------------------------------------


def household(number: int, dice: random.Random) -> list[object]:
    """One row as offices write it: every spelling of building, stair, room, area and phone."""
    place, door = divmod(number, 4)
    place, floor = divmod(place, 25)
    building, stair = divmod(place, 2)
    room, area = f"{floor + 1:02}{door + 1:02}", f"{dice.randint(5_000, 18_000) / 100:.2f}"
    name = dice.choice("王李张刘陈杨黄赵吴周林蔡许洪庄邱") + "".join(
        dice.choices("雅伟玉静婷明秀敏英兰强俊国华欣鸿", k=2)
    )
    second = f"{dice.choice('、/，')}陈{dice.choice('玉丽英')}" if dice.random() < 0.1 else ""
    phone = f"1{dice.choice('3456789')}{dice.randint(0, 999_999_999):09}"
    return [
        number + 1,
        dice.choice(["{}#", "{}栋", "{}号楼", "{}幢"]).format(building + 1),
        dice.choice([stair + 1, f"{stair + 1}单元"]),
        dice.choice([room, int(room)]),
        name + second,
        dice.choice([area, float(area), f"{area}㎡", f"{area}平方米", area.translate(FULL_WIDTH), f" {area} "]),
        dice.choice([phone, int(phone)]),
        f"闽（2019）石狮市不动产权第{dice.randint(1_000_000, 9_999_999)}号",
        dice.choice(["", "", "出租", "空置"]),
    ]


def workbook(rows: int) -> bytes:
    dice = random.Random(2026)  # noqa: S311 - the same roster every time
    book, body = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("业主名册")
    sheet.append(["示例花园小区业主信息登记表"])
    sheet.append(HEADER)
    for number in range(rows):
        sheet.append(household(number, dice))
    book.save(body)
    return body.getvalue()


def new_compound() -> Compound:
    village = Village.objects.get()
    return Compound.objects.create(village=village, name=f"压测{time.time_ns()}", kind="commercial", built_year=2012)


# -- The contenders ----------------------------------------------------------------------------------

WORKER = """
import json
from datetime import date
import django
django.setup()
from benchmarks.watch import Watch, peak_megabytes
from communities.services import roster
with Watch() as watch:
    roster.process({job}, on=date(2026, 10, 29))
print(json.dumps([*watch.cost, peak_megabytes()]))
"""


def in_a_worker(job: RosterImport) -> tuple[Cost, float]:
    """What the worker does next, in a fresh process: its cost without start-up, and its peak memory in MB."""
    place = connection.settings_dict
    url = f"postgres://{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}/{place['NAME']}"
    program = [sys.executable, "-c", WORKER.format(job=job.pk)]
    done = subprocess.run(
        program, cwd=ROOT, env=os.environ | {"DATABASE_URL": url}, check=True, capture_output=True, text=True
    )
    clock, processor, megabytes = json.loads(done.stdout)
    return Cost(clock, processor), megabytes


def portal(content: bytes, rows: int) -> tuple[Cost, Cost, Cost, float]:
    """Upload, preview, apply, and the worker's peak memory; the rows are counted in the register afterwards."""
    compound, user = new_compound(), User.objects.get()
    with Watch() as upload:
        job = roster.start_import(compound, upload=SimpleUploadedFile("名册.xlsx", content), by=user)
        roster.request_preview(job, columns=job.columns)
    preview, previewing = in_a_worker(job)
    job.refresh_from_db()
    assert (job.state, job.rows_new, job.rows_bad) == ("previewed", rows, 0), (job.state, job.problem)
    roster.confirm(job, mode="good_rows", by=user)
    apply, applying = in_a_worker(job)
    assert Unit.objects.filter(building__compound=compound).count() == rows
    return upload.cost, preview, apply, max(previewing, applying)


FLAT = """
    CREATE TABLE IF NOT EXISTS bench_roster (
        id bigserial PRIMARY KEY, building text, stair text, room text, owner text, area numeric(12, 2), phone text,
        certificate text, remark text)
"""


def flat_lines(rows: int) -> str:
    dice = random.Random(2026)  # noqa: S311 - the same roster every time
    lines = []
    for number in range(rows):
        cells = "\t".join(map(str, household(number, dice)[1:5]))
        lines.append(f"{cells}\t{number % 90 + 50}.25\t13800000000\t闽（2019）石狮市不动产权第{number}号\t\n")
    return "".join(lines)


def copy_flat(lines: str) -> Cost:
    """COPY of the same fields, already valid, into one table with a primary key and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bench_roster")
        with Watch() as watch:
            cursor.copy_expert(
                "COPY bench_roster (building, stair, room, owner, area, phone, certificate, remark) FROM STDIN",
                io.StringIO(lines),
            )
    return watch.cost


REGISTER = {
    "communities_building": ("id, compound_id, key, text", "compound_id = {0}"),
    "communities_stair": (
        "id, building_id, key, text",
        "building_id IN (SELECT id FROM communities_building WHERE compound_id = {0})",
    ),
    "communities_unit": (
        "public_id, building_id, stair_id, room_key, room_text, area, certificate, remark, id",
        "building_id IN (SELECT id FROM communities_building WHERE compound_id = {0})",
    ),
    "communities_owner": ("public_id, compound_id, name, phone, kind, id", "compound_id = {0}"),
    "communities_ownership": (
        "id, unit_id, owner_id",
        "owner_id IN (SELECT id FROM communities_owner WHERE compound_id = {0})",
    ),
}


def dump_register(compound: Compound) -> dict[str, str]:
    """The finished register as COPY text, to be copied back by `copy_register`."""
    dumped = {}
    with connection.cursor() as cursor:
        for table, (columns, condition) in REGISTER.items():
            body = io.StringIO()
            chosen = f"SELECT {columns} FROM {table} WHERE {condition.format(compound.pk)}"  # noqa: S608 - named above
            cursor.copy_expert(f"COPY ({chosen}) TO STDOUT", body)
            dumped[table] = body.getvalue()
    return dumped


def copy_register(compound: Compound, dumped: dict[str, str]) -> Cost:
    """COPY of the finished rows into the real tables, with their indexes, constraints and foreign keys."""
    with connection.cursor() as cursor:
        for table, (_, condition) in reversed(REGISTER.items()):
            cursor.execute(f"DELETE FROM {table} WHERE {condition.format(compound.pk)}")  # noqa: S608 - named above
        cursor.execute("VACUUM communities_unit, communities_owner, communities_ownership")
        with Watch() as watch:
            cursor.execute("BEGIN")
            for table, (columns, _) in REGISTER.items():
                cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", io.StringIO(dumped[table]))
            cursor.execute("COMMIT")
    return watch.cost


class UnitResource(resources.ModelResource):
    """django-import-export as it comes: homes only, no owners, no normalising, no faults in Chinese."""

    class Meta:
        model = Unit
        import_id_fields = ("building", "room_key")
        fields = ("building", "room_key", "room_text", "area", "certificate", "remark")


def import_export(content: bytes, rows: int) -> Cost:
    """The package's default: read by openpyxl, a dry run for its preview, then the import."""
    building = Building.objects.create(compound=new_compound(), key="1", text="1栋")
    with Watch() as watch:
        sheet = load_workbook(io.BytesIO(content), read_only=True).active
        dataset = tablib.Dataset(headers=["building", "room_key", "room_text", "area", "certificate", "remark"])
        for number, cells in enumerate(sheet.iter_rows(min_row=3, max_row=rows + 2, values_only=True)):
            dataset.append([building.pk, f"r{number}", cells[3], f"{number % 90 + 50}.25", cells[7], cells[8] or ""])
        for dry_run in (True, False):
            result = UnitResource().import_data(dataset, dry_run=dry_run)
            assert not result.has_errors(), result.row_errors()[:1]
    assert building.units.count() == rows
    return watch.cost


# -- The rounds --------------------------------------------------------------------------------------


def measure(rows: int, rounds: int, package_rows: int) -> None:
    city = City.objects.create(code="350581", name="石狮市")
    town = Town.objects.create(city=city, code="350581101", name="宝盖镇", supervised_from_on=date(2023, 11, 1))
    Village.objects.create(town=town, name="仑后村")
    User.objects.create(username="bench", name="压测")
    with connection.cursor() as cursor:
        cursor.execute(FLAT)
        cursor.execute("SHOW synchronous_commit")
        print(f"rows {rows:,}; synchronous_commit={cursor.fetchone()[0]}; import-export on {package_rows:,} rows")
    content, lines = workbook(rows), flat_lines(rows)
    portal(content, rows)  # warms the caches of disk and database, and makes the register to be copied
    compound = Compound.objects.latest("id")
    dumped = dump_register(compound)
    seen: dict[str, list[Cost]] = {}
    memory = 0.0
    for number in range(rounds):
        *stages, megabytes = portal(content, rows)
        memory = max(memory, megabytes)
        costs = dict(zip(("upload", "preview", "apply"), stages, strict=True)) | {
            "COPY, one table": copy_flat(lines),
            "COPY, the register": copy_register(compound, dumped),
            "import-export": import_export(content, package_rows).times(rows / package_rows),
        }
        print(f"round {number + 1}: " + "; ".join(f"{name} {cost}" for name, cost in costs.items()))
        for name, cost in costs.items():
            seen.setdefault(name, []).append(cost)
    report(
        {name: Cost(*map(statistics.median, zip(*costs, strict=True))) for name, costs in seen.items()}, rows, memory
    )


def report(median: dict[str, Cost], rows: int, megabytes: float) -> None:
    whole = median["upload"].plus(median["preview"]).plus(median["apply"])
    print("medians: " + "; ".join(f"{name} {cost}" for name, cost in median.items()))
    print("seconds by the clock (processor seconds of process and server)\n")
    for words, ours in (("preview", median["preview"]), ("everything", whole)):
        print(f"{words}: {ours} s, {rows / ours.clock:,.0f} rows/s")
        for name in ("COPY, one table", "COPY, the register", "import-export"):
            clock, processor = (theirs / mine for theirs, mine in zip(median[name], ours, strict=True))
            print(f"  ÷ {name}: {clock:.3f} ({processor:.3f})")
    print(f"peak memory of the worker: {megabytes:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--package-rows", type=int, default=1_000)
    chosen = parser.parse_args()
    before = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        measure(chosen.rows, chosen.rounds, chosen.package_rows)
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


if __name__ == "__main__":
    main()
