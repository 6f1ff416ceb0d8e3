"""The trail's chains: sealed once, and whatever is tampered with shows; cut tails and rewrites by anchor."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.models import ActionRecord, TrailHead, TrailLink, User
from accounts.services import record_action
from accounts.services.sealing import _append, _seal, seal_trail
from accounts.tasks import seal_trail as sealing_task
from kernel.append_only import trigger_names
from kernel.fields import Reference
from tests.cast import NOON, World

MONTHS = ("2026-09", "2026-10")


def write(world: World, number: int, *, at: Any = NOON) -> None:
    with time_machine.travel(at):
        record_action(
            f"第{number}件", by=world.officer, subject=Reference("finance.entry", f"id{number}", "题"), detail="原话"
        )


@pytest.fixture
def sealed(world: World) -> World:
    """Three lines of September and five of October, sealed."""
    for number in range(8):
        write(world, number, at=NOON + timedelta(days=-40 if number < 3 else 0, minutes=number))
    assert seal_trail(at=NOON + timedelta(hours=2)) == 8
    return world


@pytest.fixture
def anchors(sealed: World, tmp_path: Path) -> Path:
    file = tmp_path / "anchors"
    call_command("verify_trail", write_anchors=file, stdout=StringIO())
    return file


def faults(anchors: Path | None = None, **options: Any) -> str:
    """What the command says; empty where it ends well."""
    told = StringIO()
    with time_machine.travel(NOON + timedelta(hours=4)):
        try:
            call_command("verify_trail", anchors=anchors, stdout=StringIO(), stderr=told, **options)
        except CommandError:
            return told.getvalue()
    return ""


def as_superuser(*statements: str) -> None:
    """What somebody with the whole database in their hands can do: past triggers and foreign keys."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        tables = [model._meta.db_table for model in (ActionRecord, TrailLink)]
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
            for trigger in trigger_names(table):
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def place(seq: int, month: str = "2026-10") -> TrailLink:
    return TrailLink.objects.get(month=month, seq=seq)


# -- Sealing -----------------------------------------------------------------------------------------------------------


def test_every_line_is_sealed_once_in_the_chain_of_its_month(sealed: World) -> None:
    assert [(head.month, head.seq) for head in TrailHead.objects.order_by("month")] == [("2026-09", 3), ("2026-10", 5)]
    assert [link.record.act for link in TrailLink.objects.filter(month="2026-10").order_by("seq")] == [
        f"第{number}件" for number in range(3, 8)
    ]
    before = list(TrailLink.objects.values())
    sealing_task()
    sealing_task()
    assert list(TrailLink.objects.values()) == before, "nothing waits: nothing happens"
    write(sealed, 9, at=NOON + timedelta(hours=3))
    sealing_task()
    assert place(6).prev == place(5).hash
    assert faults() == ""


def test_a_month_ends_at_midnight_in_beijing(world: World) -> None:
    for moment in ("2026-10-31T15:59:59+00:00", "2026-10-31T16:00:00+00:00"):
        with time_machine.travel(moment, tick=False):
            record_action("跨月", by=world.officer)
    sealing_task()
    assert [link.month for link in TrailLink.objects.order_by("record_id")] == ["2026-10", "2026-11"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_seal_every_line_once(world: World) -> None:
    for number in range(40):
        write(world, number)
    start = Barrier(2)

    def seal(_: int) -> int:
        start.wait()
        try:
            return seal_trail(at=NOON + timedelta(hours=2))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(seal, range(2))) == 40
    assert sorted(TrailLink.objects.values_list("seq", flat=True)) == list(range(1, 41))
    assert faults() == ""


def test_without_the_locked_head_the_database_itself_refuses_a_fork(sealed: World) -> None:
    """The positive control: a worker that read the head before another moved it."""
    stale = TrailHead.objects.get(month="2026-10")
    write(sealed, 9, at=NOON + timedelta(hours=1))
    write(sealed, 10, at=NOON + timedelta(hours=1))
    first, second = ActionRecord.objects.order_by("-pk")[:2]
    assert _seal([first], at=NOON) == 1
    with pytest.raises(IntegrityError, match="a_month_has_no_fork"), transaction.atomic():
        _append(stale, second, at=NOON).save()


def test_a_line_committed_late_is_sealed_and_one_slipped_in_later_is_reported(sealed: World) -> None:
    ids = [place(5).record_id + 50, place(5).record_id + 20]
    with time_machine.travel(NOON + timedelta(hours=2)):
        ActionRecord.objects.create(pk=ids[0], act="先提交")
        seal_trail(at=NOON + timedelta(hours=2))
        ActionRecord.objects.create(pk=ids[1], act="后提交")
    assert seal_trail(at=NOON + timedelta(hours=2, minutes=5)) == 1
    assert faults() == ""
    with time_machine.travel(NOON + timedelta(minutes=30)):
        ActionRecord.objects.create(pk=ids[1] + 1, act="事后插入")
    assert seal_trail(at=NOON + timedelta(hours=4)) == 0
    assert "是事后插入的" in faults()


# -- Six ways of tampering ---------------------------------------------------------------------------------------------


@pytest.mark.owner
def test_1_an_edited_line_shows(sealed: World, anchors: Path) -> None:
    for column, value in (("detail", "'改过'"), ("result", "'refused'"), ("address", "'10.0.0.1'"), ("by_id", "NULL")):
        with transaction.atomic():
            as_superuser(f"UPDATE accounts_actionrecord SET {column} = {value} WHERE id = {place(2).record_id}")
            assert "第 2 号的内容被改动" in faults(), column
            transaction.set_rollback(True)
    assert faults(anchors) == ""


@pytest.mark.owner
def test_2_a_line_deleted_in_the_middle_shows(sealed: World) -> None:
    gone = place(3).record_id
    as_superuser(f"DELETE FROM accounts_actionrecord WHERE id = {gone}")
    assert "第 3 号之后缺失" in faults()
    as_superuser(f"DELETE FROM accounts_traillink WHERE record_id = {gone}")
    assert "第 3 号之后缺失" in faults()


@pytest.mark.owner
def test_3_a_deleted_tail_shows_by_the_head_and_with_the_head_put_back_by_anchor(sealed: World, anchors: Path) -> None:
    last, kept = place(5), place(4)
    as_superuser(
        f"DELETE FROM accounts_traillink WHERE id = {last.pk}",
        f"DELETE FROM accounts_actionrecord WHERE id = {last.record_id}",
    )
    assert "尾部被删" in faults()
    TrailHead.objects.filter(month="2026-10").update(seq=4, hash=kept.hash)
    assert faults() == "", "without an anchor nobody could know"
    assert "第 5 号已对外公布，链中却没有（尾部被删）" in faults(anchors)


@pytest.mark.owner
def test_4_an_inserted_line_shows(sealed: World) -> None:
    middle = place(3)
    as_superuser(
        "INSERT INTO accounts_actionrecord (id, at, act, by_text, parts, result, detail)"
        f" VALUES (-1, '{middle.record.at.isoformat()}', '插入', '', '[]', 'done', '')"
    )
    assert "没有入链，是事后插入的" in faults()
    assert seal_trail(at=NOON + timedelta(hours=4)) == 0, "it is never sealed"
    as_superuser(
        "ALTER TABLE accounts_traillink DROP CONSTRAINT a_month_has_no_fork_by_number",
        "ALTER TABLE accounts_traillink DROP CONSTRAINT a_month_has_no_fork_by_link",
        "INSERT INTO accounts_traillink (record_id, month, seq, prev, body_sha, hash, hash_version, sealed_at)"
        f" VALUES (-1, '2026-10', 3, '{middle.prev}', '{'a' * 64}', '{'b' * 64}', 1, now())",
    )
    assert "第 3 号" in faults()


@pytest.mark.owner
def test_5_two_swapped_lines_show(sealed: World) -> None:
    one, other = place(2), place(4)
    as_superuser(
        f"UPDATE accounts_traillink SET record_id = -record_id WHERE id = {one.pk}",
        f"UPDATE accounts_traillink SET record_id = {one.record_id} WHERE id = {other.pk}",
        f"UPDATE accounts_traillink SET record_id = {other.record_id} WHERE id = {one.pk}",
    )
    told = faults()
    assert "第 2 号的内容被改动" in told
    assert "第 4 号的内容被改动" in told


@pytest.mark.owner
def test_6_a_chain_rewritten_with_right_hashes_shows_by_anchor_alone(sealed: World, anchors: Path) -> None:
    as_superuser(
        f"UPDATE accounts_actionrecord SET detail = '改过' WHERE id = {place(1).record_id}",
        "DELETE FROM accounts_traillink WHERE month = '2026-10'",
        "DELETE FROM accounts_trailhead WHERE month = '2026-10'",
    )
    records = ActionRecord.objects.filter(link__isnull=True).order_by("pk")
    assert _seal(list(records), at=NOON) == 5
    assert faults() == "", "every hash is right"
    assert "第 5 号与对外公布的校验码不符（链被重写）" in faults(anchors)


@pytest.mark.owner
def test_a_month_deleted_whole_shows_by_anchor(sealed: World, anchors: Path) -> None:
    ids = ", ".join(map(str, TrailLink.objects.filter(month="2026-09").values_list("record_id", flat=True)))
    as_superuser(
        "DELETE FROM accounts_traillink WHERE month = '2026-09'",
        "DELETE FROM accounts_trailhead WHERE month = '2026-09'",
        f"DELETE FROM accounts_actionrecord WHERE id IN ({ids})",
    )
    assert faults() == ""
    assert "2026-09" in faults(anchors)


# -- Taken away --------------------------------------------------------------------------------------------------------


def test_an_exported_month_is_checked_by_the_file_alone(
    sealed: World, anchors: Path, client_of: Callable[[User], Client], tmp_path: Path
) -> None:
    file = tmp_path / "2026-10.csv"
    told = client_of(sealed.auditor).get("/trail/export/", {"month": "2026-10"}).getvalue().decode()
    file.write_text(told, encoding="utf-8")
    assert faults(anchors, export=file) == ""
    file.write_text(told.replace("第4件", "第四件"), encoding="utf-8")
    assert "内容被改动" in faults(export=file)
    lines = told.splitlines(keepends=True)
    missing = next(number for number, line in enumerate(lines) if line.startswith("3,"))
    file.write_text("".join(lines[:missing] + lines[missing + 1 :]), encoding="utf-8")
    assert "第 3 号之后缺失" in faults(export=file)
    shown = lines[missing].replace("第5件", "第九件", 1)
    file.write_text("".join([*lines[:missing], shown, *lines[missing + 1 :]]), encoding="utf-8")
    assert "“何事”栏与入链内容不符" in faults(export=file)
    file.write_text("姓名,电话\n", encoding="utf-8")
    with pytest.raises(CommandError, match="不是导出的操作记录"):
        call_command("verify_trail", export=file)


def test_a_broken_trail_fails_the_nightly_check(sealed: World, tmp_path: Path) -> None:
    call_command("verify_all", stdout=StringIO())
    wrong = tmp_path / "anchors"
    wrong.write_text(f"2026-10 5 {'0' * 16}\n")
    told = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_all", trail_anchors=wrong, stdout=StringIO(), stderr=told)
    assert "链被重写" in told.getvalue()
    wrong.write_text("2026-10 x\n")
    with pytest.raises(CommandError, match="第 1 行"):
        call_command("verify_trail", anchors=wrong)
    assert date(2026, 10, 29) == NOON.date()
