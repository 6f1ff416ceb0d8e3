"""The keys of surveys by hand: the auditor's pair, a key out of the escrow, a copy that was out of reach."""

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from nacl.public import PrivateKey

from evaluations.models import Survey
from evaluations.services.closing import note_destroyed
from evaluations.services.keys import KeyStoreError, open_escrow, put_back


class Command(BaseCommand):
    """See docs/operations.md, “Surveys: the key store and the escrow”. Run on the worker's machine."""

    help = "测评密钥：生成审计人员的密钥对，从托管副本恢复，确认取不到的副本已销毁。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["auditor", "restore", "destroyed"])
        parser.add_argument("survey", nargs="?", help="测评编号（测评页地址里的 16 位）")

    def handle(self, *args: Any, act: str, survey: str | None, **options: Any) -> None:
        if act == "auditor":
            self._make_pair()
            return
        found = Survey.objects.filter(public_id=survey or "").first()
        if found is None:
            raise CommandError("没有这个编号的测评。")
        if act == "restore":
            self._restore(found)
            return
        if not found.awaits_destruction:
            raise CommandError("这次测评没有待销毁的密钥。")
        note_destroyed(found)
        self.stdout.write(self.style.SUCCESS(f"已记录：{found}的密钥全部销毁。"))

    def _make_pair(self) -> None:
        pair = PrivateKey.generate()
        self.stdout.write(f"ESCROW_PUBLIC_KEY={bytes(pair.public_key).hex()}")
        self.stdout.write(f"私钥（抄在纸上由审计人员保管，不要存入本机）：{bytes(pair).hex()}")

    def _restore(self, survey: Survey) -> None:
        typed = getpass("审计人员的私钥（64 位十六进制）：")
        try:
            private = open_escrow(survey.public_id, auditor=bytes.fromhex(typed.strip()))
            put_back(survey.public_id, private=private, public=bytes(survey.public_key or b""))
        except ValueError as wrong:
            raise CommandError("私钥应为 64 位十六进制。") from wrong
        except KeyStoreError as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(self.style.SUCCESS("密钥已放回密钥库，一分钟内会自动再试。"))
