"""Every invariant that can be recounted: the chains of disclosures, editions and the trail, final scores, every file.

For the nightly run and after a restore; exit code 1 where anything does not hold.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from files.models import StoredFile
from files.services import verify_stored
from notices.models import Edition
from notices.services.editions import verify_editions


class Command(BaseCommand):
    """Runs every check to its end before it says whether all hold."""

    help = "复核公示链、发布稿链、操作记录链、审定的考评与全部附件。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anchors", type=Path, metavar="FILE", help="与此文件中对外公布的链头核对")
        parser.add_argument("--trail-anchors", type=Path, metavar="FILE", help="操作记录与此文件中抄存的链头核对")

    def handle(self, *args: Any, **options: Any) -> None:
        holds = [
            self._holds("verify_chain", anchors=options["anchors"]),
            self._holds("verify_trail", anchors=options["trail_anchors"]),
            self._holds("recalculate_appraisals"),
            self._editions(),
            self._files(),
        ]
        if not all(holds):
            raise CommandError("复核未通过，见上。")
        self.stdout.write("复核通过。")

    def _holds(self, command: str, **options: Path | None) -> bool:
        try:
            call_command(command, **options, stdout=self.stdout, stderr=self.stderr)
        except CommandError as broken:
            self.stderr.write(str(broken))
            return False
        return True

    def _editions(self) -> bool:
        faults = list(verify_editions())
        for fault in faults:
            self.stderr.write(fault)
        self.stdout.write(f"发布稿 {Edition.objects.count()} 份，不成立 {len(faults)} 处。")
        return not faults

    def _files(self) -> bool:
        checked = damaged = 0
        for file in StoredFile.objects.order_by("pk").iterator():
            checked += 1
            if not verify_stored(file):
                damaged += 1
                self.stderr.write(f"附件校验失败：{file.name}（编号 {file.public_id}，存放名 {file.path}）")
        self.stdout.write(f"附件 {checked} 个，校验失败 {damaged} 个。")
        return damaged == 0
