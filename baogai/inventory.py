"""What a database holds, in figures and names, written beside a backup and compared with what was restored (OPS-02)."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from baogai.checks import append_only_tables
from files.models import StoredFile
from kernel.errors import DomainError

_GUARDS = """
SELECT 'trigger ' || c.relname || '.' || t.tgname || ' ' || t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND n.nspname = current_schema()
UNION ALL
SELECT 'constraint ' || c.relname || '.' || k.conname || CASE WHEN k.convalidated THEN '' ELSE ' (not validated)' END
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relname NOT LIKE '%\\_cache'
UNION ALL
SELECT 'index ' || i.indexname FROM pg_indexes i
WHERE i.schemaname = current_schema() AND i.tablename NOT LIKE '%\\_cache'
"""


@dataclass(frozen=True)
class Inventory:
    """Rows by table, the names of what guards them, and a fingerprint of the key that second factors hang on."""

    rows: dict[str, int] = field(default_factory=dict)
    guards: tuple[str, ...] = ()
    key: str = ""


def take_inventory() -> Inventory:
    """As the database stands now."""
    with connection.cursor() as cursor:
        cursor.execute(_GUARDS)
        guards = tuple(sorted(name for (name,) in cursor.fetchall()))
        rows = {}
        for table in _tables():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own names
            rows[table] = cursor.fetchone()[0]
    return Inventory(rows, guards, salted_hmac("baogai.inventory", "key", algorithm="sha256").hexdigest()[:16])


def _tables() -> list[str]:
    """Those of the apps, sessions left out: they come and go."""
    return sorted({model._meta.db_table for model in apps.get_models() if model._meta.managed} - {"django_session"})


def write_inventory(file: Path) -> None:
    file.write_text(json.dumps(asdict(take_inventory()), ensure_ascii=False, indent=1), encoding="utf-8")


def read_inventory(file: Path) -> Inventory:
    """Raises DomainError for what is no inventory."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return Inventory(dict(told["rows"]), tuple(told["guards"]), str(told["key"]))
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise DomainError(f"{file} 不是备份时写下的清单。") from fault


def differences(kept: Inventory, found: Inventory) -> Iterator[str]:
    """What is missing in the restored database. Rows may be more than were listed: people worked on until the dump."""
    grows_only = set(append_only_tables())
    for table, rows in sorted(kept.rows.items()):
        now = found.rows.get(table)
        if now is None:
            yield f"缺少表 {table}。"
        elif now < rows and (table in grows_only or now == 0):
            yield f"{table} 只有 {now} 行，备份前有 {rows} 行。"
    for guard in sorted(set(kept.guards) - set(found.guards)):
        yield f"没有恢复：{guard}。"
    if kept.key != found.key:
        yield "SECRET_KEY 与备份时不同：所有动态口令失效，所有人须重新登录。请换回备份时的 .env。"


def lagging_counters() -> Iterator[str]:
    """Sequences behind their tables: the next row would collide."""
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table, column = model._meta.db_table, model._meta.pk.column
            if not column:  # a key of several columns counts by none
                continue
            cursor.execute("SELECT pg_get_serial_sequence(quote_ident(%s), %s)", [table, column])
            sequence = cursor.fetchone()[0]
            if sequence is None:
                continue
            quoted = connection.ops.quote_name
            cursor.execute(
                f"SELECT coalesce(max({quoted(column)}), 0) <= (SELECT last_value FROM {sequence})"  # noqa: S608 - as above
                f" FROM {quoted(table)}"
            )
            if not cursor.fetchone()[0]:
                yield f"{table} 的编号计数器落后于已有的行。"


def strange_files() -> list[str]:
    """Stored files that no row knows: harmless, and a sign that files and database are of different moments."""
    root = Path(settings.STORED_FILES_ROOT)
    known = set(StoredFile.objects.values_list("path", flat=True))
    there = (one.relative_to(root).as_posix() for one in root.glob("[0-9a-f][0-9a-f]/*") if one.is_file())
    return sorted(path for path in there if path not in known)
