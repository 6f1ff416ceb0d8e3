"""Copy a year's holidays into the editable table."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.errors import DomainError
from supervision.services.holidays import load_holidays


class Command(BaseCommand):
    help = "载入某年的法定节假日与调休工作日，之后可在“数据管理”中修改。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int, help="年份，如 2026")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            new = load_holidays(options["year"], by=None)
        except DomainError as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(f"{options['year']} 年：新载入 {new} 天。")
