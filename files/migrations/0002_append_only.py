"""Triggers that make stored files append-only; see kernel/append_only.py."""

from django.db import migrations

from kernel.append_only import CREATE_FUNCTION, install, remove

TABLES = ("files_storedfile",)


class Migration(migrations.Migration):
    dependencies = [("files", "0001_initial")]

    operations = [
        migrations.RunSQL(CREATE_FUNCTION, migrations.RunSQL.noop),
        *(migrations.RunSQL(install(table), remove(table)) for table in TABLES),
    ]
