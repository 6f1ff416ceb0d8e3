"""Roster imports under adversity: two at once, a worker killed, a queue that is down (JOB-01 to JOB-05)."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, OperationalError, connection
from kombu.exceptions import OperationalError as QueueDown

from communities import tasks
from communities.models import Compound, Owner, Ownership, RosterImport, Unit
from communities.services import roster
from communities.services.roster import jobs
from tests.addresses import database_url
from tests.cast import TODAY, World, build_world
from tests.rosters import as_xlsx, home

State = RosterImport.State
ROOMS = [f"{floor}0{door}" for floor in range(1, 11) for door in range(1, 5)]


@pytest.fixture
def committed(transactional_db: None) -> World:
    return build_world()


def uploaded(world: World, compound: Compound, *, area: str = "90.00") -> RosterImport:
    file = SimpleUploadedFile("名册.xlsx", as_xlsx(*(home(room, area=area) for room in ROOMS)))
    job = roster.start_import(compound, upload=file, by=world.officer)
    roster.request_preview(job, columns=job.columns)
    return job


def confirmed(world: World, compound: Compound, **file: str) -> RosterImport:
    job = uploaded(world, compound, **file)
    roster.process(job.pk, on=TODAY)
    job.refresh_from_db()
    roster.confirm(job, mode="good_rows", by=world.officer)
    return job


def at_once(*acts: Callable[[], None]) -> list[Exception]:
    """Run the acts in threads of their own; what they raised."""
    raised: list[Exception] = []

    def run(act: Callable[[], None]) -> None:
        try:
            act()
        except (IntegrityError, OperationalError) as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def counts(compound: Compound) -> tuple[int, int, int]:
    return (
        Unit.objects.filter(building__compound=compound).count(),
        Owner.objects.filter(compound=compound).count(),
        Ownership.objects.filter(owner__compound=compound, until_on=None).count(),
    )


def test_two_imports_of_one_compound_are_written_one_after_the_other(committed):
    first, second = (confirmed(committed, committed.bare_compound) for _ in range(2))

    raised = at_once(*(lambda job=job: roster.process(job.pk, on=TODAY) for job in (first, second)))

    assert raised == []
    assert counts(committed.bare_compound) == (len(ROOMS),) * 3
    states = sorted(RosterImport.objects.values_list("state", flat=True))
    assert states == [State.DONE, State.PREVIEWED]
    late = RosterImport.objects.get(state=State.PREVIEWED)
    assert (late.rows_new, late.rows_same) == (0, len(ROOMS))


def test_without_the_lock_the_same_race_collides(committed, monkeypatch):
    """The positive control: were there no lock, the race above would be seen."""
    first, second = (confirmed(committed, committed.bare_compound) for _ in range(2))
    both_compared, write = threading.Barrier(2, timeout=30), jobs.write_register

    def write_together(*args: object, **kwargs: object) -> None:
        both_compared.wait()
        write(*args, **kwargs)

    monkeypatch.setattr(jobs, "lock_register", lambda _compound: None)
    monkeypatch.setattr(jobs, "write_register", write_together)

    raised = at_once(*(lambda job=job: roster.process(job.pk, on=TODAY) for job in (first, second)))

    assert len(raised) == 1
    assert "a_building_is_keyed_once" in str(raised[0]) or "a_unit_is_keyed_once" in str(raised[0])


def test_one_job_in_two_workers_is_done_once(committed):
    job = confirmed(committed, committed.bare_compound)
    assert at_once(*[lambda: roster.process(job.pk, on=TODAY)] * 4) == []
    roster.process(job.pk, on=TODAY)
    assert counts(committed.bare_compound) == (len(ROOMS),) * 3
    job.refresh_from_db()
    assert (job.state, job.rows_done) == (State.DONE, len(ROOMS))


WORKER = """
import django
django.setup()
from communities.services import roster
from communities.services.roster import applying
from datetime import date
applying._STEPS = (*applying._STEPS[:4], "SELECT pg_sleep(3) AS in_the_middle", *applying._STEPS[4:])
roster.process({job}, on=date(2026, 10, 29))
"""


def in_the_middle() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
               AND query LIKE %s AND pid <> pg_backend_pid()""",
            ["%in_the_middle%"],
        )
        return bool(cursor.fetchone()[0])


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.05)


def test_a_worker_killed_in_the_middle_leaves_nothing_half(committed):
    job = confirmed(committed, committed.bare_compound)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "baogai.settings",
        "DATABASE_URL": database_url(),
        "STORED_FILES_ROOT": str(settings.STORED_FILES_ROOT),
    }
    with subprocess.Popen([sys.executable, "-c", WORKER.format(job=job.pk)], env=environment) as worker:
        wait_until(in_the_middle)
        worker.send_signal(signal.SIGKILL)
    wait_until(lambda: not in_the_middle())

    assert counts(committed.bare_compound) == (0, 0, 0)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (State.APPLYING, 1)

    tasks.resume_roster_imports()

    assert counts(committed.bare_compound) == (len(ROOMS),) * 3
    job.refresh_from_db()
    assert job.state == State.DONE


def test_a_job_that_keeps_breaking_is_parked_and_says_so(committed, monkeypatch):
    job = confirmed(committed, committed.bare_compound)
    other = confirmed(committed, committed.compound)

    def broken(*args: object, **kwargs: object) -> None:
        raise OperationalError("the server is gone")

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "write_register", broken)
        for _ in range(jobs.MOST_ATTEMPTS):
            with pytest.raises(OperationalError):
                roster.process(job.pk, on=TODAY)
    tasks.resume_roster_imports()

    job.refresh_from_db()
    other.refresh_from_db()
    assert job.state == State.FAILED
    assert "多次处理都中断了" in job.problem
    assert counts(committed.bare_compound) == (0, 0, 0)
    assert other.state == State.DONE


def test_with_the_queue_down_the_request_stands_and_is_done_later(committed, client_of, monkeypatch):
    file = SimpleUploadedFile("名册.xlsx", as_xlsx(home("101")))
    job = roster.start_import(committed.bare_compound, upload=file, by=committed.officer)
    url = f"/compounds/{committed.bare_compound.public_id}/roster/{job.public_id}/"

    def down(*args: object) -> None:
        raise QueueDown("no queue")

    with monkeypatch.context() as patch:
        patch.setattr(tasks.process_roster_import, "delay", down)
        answer = client_of(committed.officer).post(f"{url}columns/", job.columns)
        assert answer.status_code == 302
        job.refresh_from_db()
        assert job.state == State.PREVIEWING
        page = client_of(committed.officer).get(url).content.decode()
        assert "刷新进度" in page
        assert 'http-equiv="refresh"' in page
    tasks.resume_roster_imports()

    job.refresh_from_db()
    assert (job.state, job.rows_new) == (State.PREVIEWED, 1)
    moved_on = client_of(committed.officer).get(url, headers={"HX-Request": "true"})
    assert moved_on["HX-Redirect"] == url


def test_a_file_changed_on_the_disk_is_not_imported(committed):
    job = uploaded(committed, committed.bare_compound)
    path = settings.STORED_FILES_ROOT / job.file.path
    path.write_bytes(path.read_bytes() + b" ")
    roster.process(job.pk, on=TODAY)
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "附件校验失败" in job.problem
