"""Django's `migrate`, and the cache's table with it: one command makes a database that can serve."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate


class Command(Migrate):
    """Without Redis the cache is a table, which no migration makes."""

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        is_whole = not (options["app_label"] or options["plan"] or options["check_unapplied"])
        if is_whole and not settings.REDIS_URL:
            call_command("createcachetable", database=options["database"], verbosity=0)
