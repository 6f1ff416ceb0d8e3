"""Triggers that make the app's records append-only; see kernel/append_only.py."""

from django.db import migrations

from kernel.append_only import CREATE_FUNCTION, DROP_FUNCTION, install, remove

TABLES = ("accounts_actionrecord",)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(CREATE_FUNCTION, DROP_FUNCTION),
        *(migrations.RunSQL(install(table), remove(table)) for table in TABLES),
    ]
