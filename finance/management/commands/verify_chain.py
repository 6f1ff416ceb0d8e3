"""Recompute every disclosure's hash, link, sums and postings; against anchors also what is missing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from finance.services.verification import chain_heads, verify_disclosures
from kernel.anchors import Anchors, read_anchors
from kernel.days import today
from kernel.errors import DomainError


class Command(BaseCommand):
    """Exit code 1 where anything does not hold."""

    help = "复核全部公示的校验链、冻结数据与账目。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anchors", type=Path, metavar="FILE", help="与此文件中对外公布的链头核对")
        parser.add_argument("--write-anchors", type=Path, metavar="FILE", help="复核无误后，把现在的链头追加到此文件")

    def handle(self, *args: Any, **options: Any) -> None:
        anchors = self._read(options["anchors"]) if options["anchors"] else None
        faults = list(verify_disclosures(anchors))
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"校验链不成立：{len(faults)} 处。")
        heads = chain_heads()
        self.stdout.write(f"校验链成立：{len(heads)} 个小区，{sum(seq for _, seq, _ in heads)} 份公示。")
        if options["write_anchors"]:
            self._append(options["write_anchors"], heads)

    def _read(self, file: Path) -> Anchors:
        try:
            return read_anchors(file.read_text(encoding="utf-8").splitlines(), chain="小区编号")
        except OSError as error:
            raise CommandError(f"读不到 {file}：{error.strerror}") from error
        except DomainError as error:
            raise CommandError(f"{file}：{error.message}") from error

    def _append(self, file: Path, heads: list[tuple[str, int, str]]) -> None:
        with file.open("a", encoding="utf-8") as kept:
            kept.write(f"# {today()}\n")
            kept.writelines(f"{chain} {seq} {digest}\n" for chain, seq, digest in heads)
        self.stdout.write(f"已写入 {file}。")
