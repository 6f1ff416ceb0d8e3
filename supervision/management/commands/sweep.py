"""Run the sweep by hand."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kernel.days import today
from kernel.errors import DomainError
from supervision.services.sweep import sweep


class Command(BaseCommand):
    help = "期限巡查：补开事项、提醒、标出逾期、提出督促建议。可反复运行。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--on", type=date.fromisoformat, help="按何日巡查，如 2026-10-31；默认今日（北京时间）")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = sweep(options["on"] or today(), at=timezone.now())
        except DomainError as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(
            f"{run.on}：新开 {run.opened} 件，解除 {run.released} 件，提醒 {run.reminded} 次，"
            f"建议督促 {run.proposed} 件，通知 {run.told} 人。"
        )
