"""The outbox with a real worker, a real Redis and real accidents (JOB-01, JOB-02, JOB-03)."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as house
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import OutgoingSample
from notices.models import Delivery, Wishes
from notices.querysets import DeliveryQuerySet
from notices.rules import Channel
from notices.services.relay import claim, relay
from supervision.models import Obligation
from tests.addresses import database_url
from tests.cast import NOON, TODAY, World, build_world
from tests.gateway import KEY, FakeGateway
from tests.law import policy_for, sweep_on
from tests.outbox import State, sms_of, states, tell

pytestmark = pytest.mark.redis


@pytest.fixture
def committed(transactional_db: None) -> World:
    """The cast; the chair sleeps at no hour, for these workers look at the real clock."""
    world = build_world()
    Wishes.objects.create(user=world.chair)
    return world


def owed(world: World) -> Obligation:
    """Overdue, so that an officer may urge; what the sweep itself told is out of the way."""
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    Delivery.objects.all().delete()
    return Obligation.objects.get(duty="disclosure", period="2026Q2", bearer_body=world.committee)


#: An officer urges by the page, in a process with the installation's own settings.
URGE = """
import time
import django
django.setup()
from django.test import Client
from accounts.models import User
client = Client(SERVER_NAME="localhost")
client.force_login(User.objects.get(username="officer"))
client.get("/healthz")  # a server at work is warm
began = time.monotonic()
answer = client.post("/obligations/urge/", {"obligation": ["%s"], "confirmed": "1"})
print(answer.status_code, time.monotonic() - began)
"""


NUDGE = """
import django
django.setup()
from notices.tasks import deliver_due
for _ in range(%d):
    deliver_due.delay()
"""


@dataclass
class Installation:
    """Processes of the product on the test's database, with a queue and a gateway of the test's."""

    redis: str
    environment: dict[str, str]
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        # A group of its own, so that a kill -9 takes the pool's children along, as a power cut would.
        process = subprocess.Popen(
            [sys.executable, *command], env=self.environment, start_new_session=True, cwd=house.BASE_DIR
        )
        self.running.append(process)
        return process

    def worker(self, *options: str) -> subprocess.Popen[bytes]:
        return self.start("-m", "celery", "--app", "baogai", "worker", "--loglevel", "ERROR", "-c", "2", *options)

    def urge(self, obligation: Obligation) -> tuple[int, float]:
        """Status of the answer, and how long it took."""
        said = subprocess.run(
            [sys.executable, "-c", URGE % obligation.public_id],
            env=self.environment,
            cwd=house.BASE_DIR,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout.split()
        return int(said[-2]), float(said[-1])

    def nudge(self, times: int = 1) -> None:
        subprocess.run(
            [sys.executable, "-c", NUDGE % times],
            env=self.environment,
            cwd=house.BASE_DIR,
            check=True,
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def installation(redis_url: str, gateway: FakeGateway) -> Iterator[Callable[..., Installation]]:
    made: list[Installation] = []

    def make(redis: str = redis_url, **more: str) -> Installation:
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "baogai.settings",
            "DATABASE_URL": database_url(),
            "STORED_FILES_ROOT": str(house.STORED_FILES_ROOT),
            "KEY_STORE": str(house.KEY_STORE),
            "REDIS_URL": redis,
            "SMS_GATEWAY_URL": f"{gateway.url}/sms",
            "SMS_ACCESS_KEY": KEY,
            "EMAIL_URL": "",
            "DEBUG": "true",  # a page's files need not have been collected on this machine
            "PYTHONWARNINGS": "ignore",
        }
        made.append(Installation(redis, environment | more))
        return made[-1]

    yield make
    for one in made:
        for process in one.running:
            kill(process)


def wait_until(condition: Callable[[], Any], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.1)


def due_now() -> None:
    """Whatever day it is outside."""
    Delivery.objects.filter(state=State.WAITING).update(due_at=Now())


# -- Killed in the middle (JOB-01) ----------------------------------------------------------------------------


def test_an_sms_in_the_air_when_the_worker_is_killed_is_left_to_a_person(
    committed: World, gateway: FakeGateway, installation: Callable[..., Installation]
) -> None:
    gateway.answers = ["hang", (200, '{"code": "OK"}')]
    here, obligation = installation(), owed(committed)
    assert here.urge(obligation)[0] == 302
    due_now()
    here.nudge()
    worker = here.worker()
    wait_until(lambda: gateway.got)
    kill(worker)
    in_the_air = Delivery.objects.get(state=State.SENDING)
    assert in_the_air.attempts == 1
    Delivery.objects.filter(state=State.SENDING).update(lease_until=Now() - timedelta(seconds=1))
    here.worker()
    here.nudge()
    wait_until(lambda: State.UNKNOWN in states())
    wait_until(lambda: State.SENDING not in states())
    assert len([one for one in gateway.got if one["phone"] == gateway.got[0]["phone"]]) == 1
    in_the_air.refresh_from_db()
    assert (in_the_air.state, in_the_air.fault) == (State.UNKNOWN, "发送途中中断，不知是否已发出")
    assert committed.chair.messages.filter(kind="urging").count() == 1, "in the inbox exactly once"


def test_a_letter_in_the_air_when_the_worker_is_killed_is_sent_again(
    committed: World, installation: Callable[..., Installation]
) -> None:
    committed.chair.email, committed.chair.phone = "chair@example.com", ""
    committed.chair.save()
    tell(committed.chair)
    due_now()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # a mail server that takes the call and says nothing
        here = installation(EMAIL_URL=f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        worker = here.worker()
        here.nudge()
        wait_until(lambda: states(Channel.EMAIL) == [State.SENDING])
        with silent.accept()[0]:  # held, or the worker would see it hang up
            kill(worker)
    Delivery.objects.update(lease_until=Now() - timedelta(seconds=1))
    again = installation()
    again.worker()
    again.nudge()
    wait_until(lambda: states(Channel.EMAIL) == [State.SENT])
    assert [one.address for one in OutgoingSample.objects.all()] == ["chair@example.com"]


@contextmanager
def killed_at_the_end(command: list[str]) -> Iterator[None]:
    """A server that falls as in a power cut, also where the test fails."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            yield
        finally:
            server.kill()


# -- Redis away (JOB-03) --------------------------------------------------------------------------------------


def test_with_redis_down_the_urging_stands_at_once_and_leaves_when_it_is_back(
    committed: World, gateway: FakeGateway, installation: Callable[..., Installation], tmp_path: Path
) -> None:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server on this machine: nothing to take down")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here, obligation = installation(f"redis://127.0.0.1:{port}/0"), owed(committed)
    status, seconds = here.urge(obligation)
    assert status == 302
    assert seconds < 5, "the act does not wait for the queue: kombu left alone would, for six seconds"
    assert obligation.urgings.count() == 1
    due_now()
    assert gateway.got == []
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    options = ("--beat", "--schedule", str(tmp_path / "schedule"))
    with killed_at_the_end(command):
        # Nobody nudges any more: the beat must find it.
        worker = here.worker(*options)
        wait_until(lambda: committed.chair.phone in gateway.phones, seconds=90)
    with killed_at_the_end(command):
        tell(committed.chair, key="after the restart")
        due_now()

        def arrived() -> bool:
            # kombu ends a worker whose task was in the air when Redis fell; what keeps it up starts another.
            if worker.poll() is not None and here.running[-1] is worker:
                here.worker(*options)
            return gateway.phones.count(committed.chair.phone) == 2

        wait_until(arrived, seconds=90)
        for process in here.running:
            kill(process)


def test_a_redis_that_neither_answers_nor_refuses_holds_up_no_act_for_long(
    committed: World, installation: Callable[..., Installation]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        here, obligation = installation(f"redis://127.0.0.1:{silent.getsockname()[1]}/0"), owed(committed)
        status, seconds = here.urge(obligation)
    assert (status, obligation.urgings.count()) == (302, 1)
    assert seconds < 12


# -- Twice (JOB-02) -------------------------------------------------------------------------------------------


def test_the_same_task_many_times_in_two_workers_sends_each_once(
    committed: World, gateway: FakeGateway, installation: Callable[..., Installation]
) -> None:
    people = list(committed.people.values())
    Wishes.objects.bulk_create((Wishes(user=one) for one in people), ignore_conflicts=True)
    tell(*people)
    due_now()
    here = installation()
    here.nudge(times=6)
    here.worker("--hostname", "one@%h")
    here.worker("--hostname", "two@%h")
    wait_until(lambda: not {State.WAITING, State.SENDING} & set(states()))
    assert sorted(gateway.phones) == sorted(one.phone for one in people if sms_of(one).state == State.SENT)
    assert len(gateway.got) > 10


# -- The race for a claim -------------------------------------------------------------------------------------


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    answers: list[Any] = []

    def run(act: Callable[[], Any]) -> None:
        try:
            answers.append(act())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_of_many_who_claim_at_once_each_gets_another(committed: World) -> None:
    tell(committed.chair, committed.treasurer, committed.member)
    claimed = at_once([lambda: claim(NOON + timedelta(minutes=1))] * 8)
    keys = [one.pk for bundle in claimed for one in bundle]
    assert len(keys) == len(set(keys)) == 3


def test_without_the_lock_the_same_race_gives_one_delivery_to_two(
    committed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control: were the row not held, the race above would be seen."""
    tell(committed.chair)
    both_have_read = threading.Barrier(2, timeout=30)

    def unheld(self: DeliveryQuerySet, **kwargs: Any) -> list[Delivery]:
        found = list(self[:1])
        both_have_read.wait()
        return found

    monkeypatch.setattr(DeliveryQuerySet, "select_for_update", unheld)
    claimed = at_once([lambda: claim(NOON + timedelta(minutes=1))] * 2)
    assert [len(bundle) for bundle in claimed] == [1, 1]
    assert claimed[0][0].pk == claimed[1][0].pk


def test_of_many_relays_at_once_one_works(committed: World, gateway: FakeGateway) -> None:
    tell(committed.chair, committed.treasurer, committed.member, committed.manager)
    at_once([lambda: relay(timezone.now)] * 4)
    assert len(gateway.phones) == len(set(gateway.phones)) == 4
    assert set(states()) == {State.SENT}
