"""Exports with a real queue: a worker killed in the middle, two workers at one export (JOB-01 to JOB-05)."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from django.conf import settings
from django.db import connection
from openpyxl import load_workbook

from files.models import Export
from notices.models import Message
from supervision.models import Obligation
from supervision.tasks import make_obligations_export
from tests.addresses import database_url
from tests.cast import NOON, TODAY, World, build_world
from tests.law import policy_for, sweep_on

pytestmark = pytest.mark.redis

#: A worker of the house's own queue; `{before}` is what it does first.
WORKER = """
import django
django.setup()
from django.db import connection
from baogai.celery import app
from files import exporting
from files.tasks import resume_exports
{before}
resume_exports.delay()
app.worker_main(["worker", "--pool=solo", "--loglevel=WARNING", "--without-mingle", "--without-gossip"])
"""
SLOWLY = """
write = exporting.write_xlsx
def slowly(*args):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(30) AS in_the_middle")
    write(*args)
exporting.write_xlsx = slowly
"""


@pytest.fixture
def waiting(transactional_db: None) -> Export:
    world: World = build_world()
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    count = Obligation.objects.count()
    task = make_obligations_export.name
    fresh = Export(
        task=task, title="清单", asked={"query": ""}, rows_total=count, requested_by=world.officer, requested_at=NOON
    )
    fresh.save()
    return fresh


@contextmanager
def _worker(redis_url: str, before: str = "") -> Iterator["subprocess.Popen[bytes]"]:
    """A worker at work; gone afterwards, whatever the test found."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "baogai.settings",
        "DATABASE_URL": database_url(),
        "REDIS_URL": redis_url,
        "STORED_FILES_ROOT": str(settings.STORED_FILES_ROOT),
    }
    with subprocess.Popen([sys.executable, "-c", WORKER.format(before=before)], env=environment) as worker:
        try:
            yield worker
        finally:
            worker.kill()


def _wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.05)


def _in_the_middle() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
               AND query LIKE %s AND pid <> pg_backend_pid()""",
            ["%in_the_middle%"],
        )
        return bool(cursor.fetchone()[0])


def _cancel_sleepers() -> None:
    """The killed worker's statement would sleep on in the server, and hold its claim as long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND query LIKE %s AND pid <> pg_backend_pid()",
            ["%in_the_middle%"],
        )


def test_a_worker_killed_in_the_middle_leaves_the_export_to_the_next(waiting: Export, redis_url: str) -> None:
    with _worker(redis_url, SLOWLY) as killed:
        _wait_until(_in_the_middle)
        killed.send_signal(signal.SIGKILL)
    _cancel_sleepers()
    _wait_until(lambda: not _in_the_middle())
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert not Message.objects.filter(title__contains="已生成").exists()

    def is_done() -> bool:
        waiting.refresh_from_db()
        return waiting.state == "done"

    with _worker(redis_url):
        _wait_until(is_done)
    sheet = load_workbook(settings.STORED_FILES_ROOT / "exports" / f"{waiting.public_id}.xlsx").active
    assert sheet.max_row == Obligation.objects.count() + 1
    assert Message.objects.filter(title__contains="已生成").count() == 1


def test_an_export_that_kills_three_workers_is_given_up_and_says_so(waiting: Export) -> None:
    Export.objects.filter(pk=waiting.pk).update(attempts=3)
    make_obligations_export.delay(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == "failed"
    assert "多次生成都中断了" in waiting.problem


def test_one_export_in_four_workers_is_made_once(waiting: Export) -> None:
    def work() -> None:
        make_obligations_export(waiting.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == ("done", 1)
    assert Message.objects.filter(title__contains="已生成").count() == 1
