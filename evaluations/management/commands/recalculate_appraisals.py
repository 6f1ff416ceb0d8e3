"""Recalculate every final appraisal from its stored inputs, and say where score, grade or hash differ."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.models import AppraisalResult
from evaluations.services.appraisals.sheets import recalculate


class Command(BaseCommand):
    help = "由计分依据重新计算审定的物业考评，核对得分、等次和校验码。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--period", default="", help="只核对一个半年，例如 2026H2")

    def handle(self, *_args: Any, **options: Any) -> None:
        found = AppraisalResult.objects.select_related("appraisal__compound").order_by("pk")
        if options["period"]:
            found = found.filter(appraisal__period=options["period"])
        total, wrong = 0, []
        for result in found.iterator(chunk_size=500):
            total += 1
            if not recalculate(result).is_same:
                wrong.append(str(result))
        if wrong:
            raise CommandError(f"{len(wrong)} 份与计分依据不符：{'；'.join(wrong)}。")
        self.stdout.write(f"已重新计算 {total} 份，全部相符。")
