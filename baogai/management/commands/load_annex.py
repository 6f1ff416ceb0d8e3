"""Enters the town of 宝政〔2023〕87号 for production: villages, bodies, posts and the holders its annex names."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User
from baogai.annex.ground import fill_posts, lay_ground, person_of_annex
from communities.models import Town
from kernel.days import today
from kernel.errors import DomainError
from supervision.services.holidays import is_packaged, load_holidays
from supervision.services.policies import seed_plan


class Command(BaseCommand):
    """May run again at will: what is there stays as it is, also where the town has changed it since."""

    help = "录入宝政〔2023〕87号附件：村（社区）、组织、职务与所列人员（人员须经邀请才能登录）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since",
            type=date.fromisoformat,
            default=None,
            help="自哪一天起监督（此前的期间不产生义务事项），如 2026-10-01；默认当天，只在首次录入时生效",
        )

    def handle(self, *args: Any, since: date | None, **options: Any) -> None:
        if User.objects.filter(is_example=True).exists():
            raise CommandError("数据库里有示例数据，请换一个空数据库再录入附件。")
        is_new = not Town.objects.exists()
        try:
            with transaction.atomic():
                ground = lay_ground()
                appointed = fill_posts(ground, person_named=person_of_annex)
                seed_plan(ground.town)
                if is_new:
                    Town.objects.filter(pk=ground.town.pk).update(supervised_from_on=since or today())
        except DomainError as error:
            raise CommandError(error.message) from error
        self._load_holidays()
        self.stdout.write(
            self.style.SUCCESS(f"{ground.town}：{len(ground.villages)} 个村（社区），新增任职 {appointed} 项。")
        )

    def _load_holidays(self) -> None:
        """This year's and the next's, as far as the packaged calendar knows them; the rest is entered by hand."""
        for year in (today().year, today().year + 1):
            if is_packaged(year):
                load_holidays(year, by=None)
            else:
                self.stdout.write(f"随程序的节假日表没有 {year} 年，国务院通知公布后请在“数据管理”中录入。")
