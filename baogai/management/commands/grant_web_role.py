"""Gives the role of the web server its rights: everything but changing what is append-only."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from psycopg2 import sql

from baogai.checks import append_only_tables


class Command(BaseCommand):
    """Run by the owner of the tables (`MIGRATE_DATABASE_URL`) after every `migrate`; may run again at will."""

    help = "给网页所用的数据库角色授权；只增不改的表只给查询和新增。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="网页所用的数据库角色，例如 baogai_web")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        if connection.settings_dict["USER"] == role:
            raise CommandError("属主不能同时是网页所用的角色：请设置 MIGRATE_DATABASE_URL。")
        tables = append_only_tables()
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in _statements(sql.Identifier(role), tables, _counters(tables)):
                cursor.execute(statement)
        self.stdout.write(self.style.SUCCESS(f"已授权 {role}；{len(tables)} 张表只能查询和新增。"))


def _counters(tables: list[str]) -> list[str]:
    """The sequences that number the tables' rows."""
    with connection.cursor() as cursor:
        # A table whose key is other columns, as that of opened ballots, has no counter.
        cursor.execute(
            "SELECT pg_get_serial_sequence(quote_ident(name), 'id') FROM unnest(%s) AS name"
            " JOIN pg_attribute ON attrelid = quote_ident(name)::regclass AND attname = 'id'",
            [tables],
        )
        return [name for (name,) in cursor.fetchall() if name]


def _statements(role: sql.Identifier, tables: list[str], counters: list[str]) -> Iterator[sql.Composed]:
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role)
    yield sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(role)
    # UPDATE of a counter: django-import-export sets it after an import.
    yield sql.SQL("GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {}").format(role)
    yield sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}").format(role)
    for table in tables:
        yield sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), role)
    for counter in counters:  # qualified and quoted by PostgreSQL itself
        yield sql.SQL("REVOKE UPDATE ON SEQUENCE {} FROM {}").format(sql.SQL(counter), role)
