"""Gives the role of the web server its rights: everything but changing what is append-only."""

from argparse import ArgumentParser
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
        name = sql.Identifier(role)
        tables = append_only_tables()
        statements = [
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name),
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(name),
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name),
            sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}").format(name),
            *(
                sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(sql.Identifier(table), name)
                for table in tables
            ),
        ]
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        self.stdout.write(self.style.SUCCESS(f"已授权 {role}；{len(tables)} 张表只能查询和新增。"))
