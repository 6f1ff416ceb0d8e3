#!/usr/bin/env python
"""Django's command line. Commands that own the tables connect as the owner role."""

import os
import sys

from django.core.management import execute_from_command_line

# The web role may neither alter tables nor touch append-only rows; these commands do the owner's work.
OWNER_COMMANDS = frozenset({"migrate", "createcachetable", "grant_web_role", "sqlmigrate", "flush", "dbshell"})


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baogai.settings")
    if len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ["AS_TABLE_OWNER"] = "true"  # settings then read MIGRATE_DATABASE_URL
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
