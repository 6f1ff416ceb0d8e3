"""The restore drill: a real dump, a real restore into a new database, and the command that proves it whole (OPS-02)."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.db import connection, connections
from psycopg2 import sql

from accounts.services.sealing import seal_trail
from files.models import StoredFile
from finance.models import Disclosure
from kernel.append_only import trigger_names
from tests.addresses import address_of, database_url
from tests.cast import NOON, build_world
from tests.disclosing import at, publish, third_quarter

NEEDS = pytest.mark.skipif(
    not (shutil.which("pg_dump") and shutil.which("pg_restore")), reason="pg_dump and pg_restore are not installed"
)


def on_server(*statements: sql.Composed) -> None:
    link = psycopg2.connect(**address_of("postgres"))
    link.autocommit = True
    try:
        for statement in statements:
            link.cursor().execute(statement)
    finally:
        link.close()


@contextmanager
def restored(dump: Path) -> Iterator[None]:
    """A new database made from the dump, with Django working in it."""
    name, home = f"{connection.settings_dict['NAME']}_restored", connection.settings_dict["NAME"]
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    on_server(drop, sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    into = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--dbname", database_url(name), str(dump)]
    subprocess.run(into, check=True, timeout=120)
    connections.close_all()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = home
        on_server(drop)


def told(**options: Any) -> str:
    """What the command says; the reason where it ends badly."""
    out = StringIO()
    try:
        call_command("verify_restore", stdout=out, stderr=out, **options)
    except CommandError as broken:
        return f"{out.getvalue()}{broken}"
    return out.getvalue()


@NEEDS
@pytest.mark.django_db(transaction=True)
def test_a_dump_restored_into_a_new_database_is_proved_whole_and_whatever_is_missing_is_named(
    tmp_path: Path, settings: Any
) -> None:
    settings.STORED_FILES_ROOT = tmp_path / "files"
    world = build_world()
    obligation, _ = third_quarter(world)
    publish(obligation, preparer=world.treasurer, head=world.chair, when=at(date(2026, 10, 20)))
    _lay_files(tmp_path / "files")
    seal_trail(at=NOON + timedelta(hours=2))
    inventory, anchors, trail = tmp_path / "inventory", tmp_path / "anchors", tmp_path / "trail"
    call_command("verify_restore", write_inventory=inventory, stdout=StringIO())
    call_command("verify_chain", write_anchors=anchors, stdout=StringIO())
    call_command("verify_trail", write_anchors=trail, stdout=StringIO())
    dump = tmp_path / "baogai.dump"
    subprocess.run(["pg_dump", "--format=custom", "--file", str(dump), database_url()], check=True, timeout=120)
    with restored(dump):
        assert Disclosure.objects.count() == 1
        answer = told(inventory=inventory, anchors=anchors, trail_anchors=trail)
        assert answer.endswith("恢复核对通过。\n"), answer
        (tmp_path / "files" / "ab").mkdir(exist_ok=True)
        (tmp_path / "files" / "ab" / "later").write_bytes(b"x")
        assert "另有 1 个文件没有对应的记录" in told()
        _damage(tmp_path / "files")
        answer = told(inventory=inventory, anchors=anchors, trail_anchors=trail)
        for words in (
            "附件校验失败",
            "没有恢复：constraint communities_body.one_committee_is_in_office_per_compound",
            "finance_ledgeraccount 的编号计数器落后于已有的行",
            "恢复的数据不完整",
        ):
            assert words in answer, answer
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER {trigger_names('finance_entry')[0]} ON finance_entry")
        assert "只增不改的表缺少触发器：finance_entry_append_only" in told(inventory=inventory)
    assert "不是备份时写下的清单" in told(inventory=dump)


def _lay_files(files: Path) -> None:
    """The quick ground's rows have no files behind them: give them some."""
    rows, _ = trigger_names("files_storedfile")
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE files_storedfile DISABLE TRIGGER {rows}")
        cursor.execute("UPDATE files_storedfile SET sha256 = %s", [hashlib.sha256(b"x").hexdigest()])
        cursor.execute(f"ALTER TABLE files_storedfile ENABLE ALWAYS TRIGGER {rows}")
    for path in StoredFile.objects.values_list("path", flat=True):
        (files / path).parent.mkdir(parents=True, exist_ok=True)
        (files / path).write_bytes(b"x")


def _damage(files: Path) -> None:
    """One file lost, one constraint gone, one counter set back."""
    (files / StoredFile.objects.first().path).unlink()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE communities_body DROP CONSTRAINT one_committee_is_in_office_per_compound")
        cursor.execute("SELECT setval(pg_get_serial_sequence('finance_ledgeraccount', 'id'), 1, false)")


@pytest.mark.django_db
def test_another_key_and_fewer_rows_are_said(tmp_path: Path, settings: Any) -> None:
    inventory = tmp_path / "inventory"
    call_command("verify_restore", write_inventory=inventory, stdout=StringIO())
    text = inventory.read_text()
    for table, rows in (("accounts_user", 7), ("finance_entry", 3)):
        text = text.replace(f'"{table}": 0', f'"{table}": {rows}')
    inventory.write_text(text)
    settings.SECRET_KEY = f"{configured.SECRET_KEY}x"
    answer = told(inventory=inventory)
    assert "accounts_user 只有 0 行，备份前有 7 行" in answer
    assert "finance_entry 只有 0 行，备份前有 3 行" in answer
    assert "SECRET_KEY 与备份时不同" in answer
