"""Recompute the chains of the action trail, against anchors also what is missing; or check an exported month alone."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.services.exporting import verify_export
from accounts.services.sealing import trail_heads, verify_trail
from kernel.anchors import Anchors, read_anchors
from kernel.days import today
from kernel.errors import DomainError


class Command(BaseCommand):
    """Exit code 1 where anything does not hold."""

    help = "复核操作记录的校验链；或用 --export 单独复核一份导出的 CSV。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anchors", type=Path, metavar="FILE", help="与此文件中抄存的链头核对")
        parser.add_argument("--write-anchors", type=Path, metavar="FILE", help="复核无误后，把现在的链头追加到此文件")
        parser.add_argument("--export", type=Path, metavar="CSV", help="只复核这份导出的月份，不看数据库")

    def handle(self, *args: Any, **options: Any) -> None:
        anchors = self._anchors(options["anchors"]) if options["anchors"] else {}
        if options["export"]:
            faults = self._export(options["export"], anchors)
        else:
            faults = list(verify_trail(anchors, at=timezone.now()))
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"操作记录链不成立：{len(faults)} 处。")
        if options["export"]:
            self.stdout.write("导出的操作记录链成立。")
            return
        heads = trail_heads()
        self.stdout.write(f"操作记录链成立：{len(heads)} 个月，{sum(seq for _, seq, _ in heads)} 条。")
        if options["write_anchors"]:
            self._append(options["write_anchors"], heads)

    def _export(self, file: Path, anchors: Anchors) -> list[str]:
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                return list(verify_export(lines, anchors))
        except OSError as error:
            raise CommandError(f"读不到 {file}：{error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{file}：{error.message}") from error

    def _anchors(self, file: Path) -> Anchors:
        try:
            return read_anchors(file.read_text(encoding="utf-8").splitlines(), chain="月份")
        except OSError as error:
            raise CommandError(f"读不到 {file}：{error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{file}：{error.message}") from error

    def _append(self, file: Path, heads: list[tuple[str, int, str]]) -> None:
        with file.open("a", encoding="utf-8") as kept:
            kept.write(f"# {today()}\n")
            kept.writelines(f"{month} {seq} {digest}\n" for month, seq, digest in heads)
        self.stdout.write(f"已写入 {file}。")
