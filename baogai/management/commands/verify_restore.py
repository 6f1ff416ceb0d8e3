"""The restore drill: whether a restored database and its files are whole, and say so in one line at the end (OPS-02).

before the backup   manage.py verify_restore --write-inventory FILE     beside the dump
after pg_restore    manage.py verify_restore --inventory FILE --anchors … --trail-anchors …
"""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from baogai.checks import database_problems
from baogai.inventory import (
    differences,
    lagging_counters,
    read_inventory,
    strange_files,
    take_inventory,
    write_inventory,
)
from kernel.errors import DomainError


class Command(BaseCommand):
    """Runs every check to its end; exit code 1 where anything is missing or damaged."""

    help = "恢复演练：核对表、触发器、约束、行数、校验链和全部附件是否完整。"
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write-inventory", type=Path, metavar="FILE", help="备份前写下清单，与备份放在一起")
        parser.add_argument("--inventory", type=Path, metavar="FILE", help="与备份前写下的清单核对")
        parser.add_argument("--anchors", type=Path, metavar="FILE", help="与此文件中对外公布的公示链头核对")
        parser.add_argument("--trail-anchors", type=Path, metavar="FILE", help="操作记录与此文件中抄存的链头核对")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write_inventory"]:
            write_inventory(options["write_inventory"])
            self.stdout.write(f"已写入 {options['write_inventory']}。")
            return
        faults = list(self._faults(options["inventory"]))
        for fault in faults:
            self.stderr.write(fault)
        if not any(fault.startswith("baogai.E010") for fault in faults) and not self._holds(options):
            faults.append("链或附件")
        if strange := strange_files():
            self.stdout.write(f"另有 {len(strange)} 个文件没有对应的记录（备份之后上传的，可保留）。")
        if faults:
            raise CommandError(f"恢复的数据不完整：{len(faults)} 处，见上。")
        self.stdout.write("恢复核对通过。")

    def _faults(self, file: Path | None) -> Iterator[str]:
        broken = [one for one in database_problems(production=False) if one.is_serious()]
        for problem in broken:
            yield f"{problem.id}：{problem.msg}"
        if broken:
            return
        yield from lagging_counters()
        found = take_inventory()
        self.stdout.write(f"表 {len(found.rows)} 张，共 {sum(found.rows.values())} 行。")
        if file is None:
            return
        try:
            yield from differences(read_inventory(file), found)
        except DomainError as error:
            raise CommandError(error.message) from error

    def _holds(self, options: dict[str, Any]) -> bool:
        try:
            call_command(
                "verify_all",
                anchors=options["anchors"],
                trail_anchors=options["trail_anchors"],
                stdout=self.stdout,
                stderr=self.stderr,
            )
        except CommandError as broken:
            self.stderr.write(str(broken))
            return False
        return True
