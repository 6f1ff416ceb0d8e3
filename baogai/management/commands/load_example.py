"""Fills an empty database with the example town, to be tried and tested; never for production."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from baogai.example.load import is_loaded, load
from baogai.example.people import LOGINS, PASSWORD
from communities.models import Town
from kernel.days import today as day_in_shanghai


def _day(text: str) -> date:
    return date.fromisoformat(text)


class Command(BaseCommand):
    """Deterministic: the same day gives the same town."""

    help = "载入示例数据（示例人员、企业与账目，均为虚构）；已载入时不重复，正式运行时拒绝。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--today", type=_day, default=None, help="以哪一天为今天，如 2026-10-29；默认当天")

    def handle(self, *args: Any, today: date | None, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("正式运行（DEPLOYMENT=production）不得载入示例数据。")
        if is_loaded():
            self.stdout.write("示例数据已经载入，不重复载入。")
        elif User.objects.exists() or Town.objects.exists():
            raise CommandError("数据库里已有其他数据，示例数据只能载入空数据库。")
        else:
            began = time.monotonic()
            load(today or day_in_shanghai(), say=self._say)
            self.stdout.write(self.style.SUCCESS(f"示例数据已载入（{time.monotonic() - began:.0f} 秒）。"))
        self._print_logins()

    def _say(self, what: str) -> None:
        self.stdout.write(f"  {what}")

    def _print_logins(self) -> None:
        self.stdout.write(f"\n  {'用户名':<9}{'密码':<17}身份")
        for login in LOGINS:
            self.stdout.write(f"  {login.username:<12}{PASSWORD:<19}{login.role}")
