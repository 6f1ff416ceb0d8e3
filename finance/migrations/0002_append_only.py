"""Triggers that make the app's records append-only; see kernel/append_only.py."""

from django.db import migrations

from kernel.append_only import install, remove

TABLES = (
    "finance_bankstatement",
    "finance_statementline",
    "finance_entry",
    "finance_disclosure",
    "finance_countersign",
)


class Migration(migrations.Migration):
    dependencies = [("finance", "0001_initial"), ("accounts", "0002_append_only")]

    operations = [*(migrations.RunSQL(install(table), remove(table)) for table in TABLES)]
