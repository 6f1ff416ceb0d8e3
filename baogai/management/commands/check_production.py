"""Says what stands between this installation and production, or that nothing does."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.management.base import BaseCommand, CommandError

from baogai.checks import configuration_problems, database_problems


class Command(BaseCommand):
    """The server runs the same check when it starts, with `--as-is`."""

    help = "检查能否正式运行；有不允许的情况时以非零状态退出。"
    # The registered checks would stop this command before it could list everything at once.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-is", action="store_true", help="按现有 DEPLOYMENT 检查，而不按正式运行")

    def handle(self, *args: Any, as_is: bool, **options: Any) -> None:
        production = settings.PRODUCTION or not as_is
        problems = [*configuration_problems(production=production), *database_problems(production=production)]
        for problem in problems:
            self._show(problem)
        if refused := sum(problem.is_serious() for problem in problems):
            raise CommandError(f"{refused} 项不允许启动。", returncode=3)
        if production:
            self.stdout.write(self.style.SUCCESS("可以正式运行。"))

    def _show(self, problem: CheckMessage) -> None:
        word = "拒绝" if problem.is_serious() else "警告"
        text = f"{word} {problem.id}：{problem.msg}" + (f" {problem.hint}" if problem.hint else "")
        self.stderr.write(self.style.ERROR(text))
