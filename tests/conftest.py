"""What every test stands on: the cast, the day, the database between tests, and no way out of this machine."""

import gc
import os
import socket
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import time_machine
from _pytest import runner
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from evaluations.services import turn
from kernel.days import SHANGHAI
from tests.addresses import web_role
from tests.cast import TODAY, client_of, world

__all__ = ["client_of", "world"]
pytest_plugins = [
    "tests.browser",
    "tests.databases",
    "tests.example_data",
    "tests.gateway",
    "tests.queue",
    "tests.rosters",
]


#: Django's queries are many small objects that die at once: looking for circles among them a hundred times less often
#: saves a twentieth of the run.
gc.freeze()
gc.set_threshold(70_000, 10, 10)


def _with_room(run: Callable[..., Any], *args: Any) -> Any:
    """`run(*args)`, with one piece of the interpreter's stack for all that it calls.

    CPython 3.11 keeps the frames of functions in pieces of 16 KiB, asks the system for the next where a call does not
    fit, and gives it back as the call returns. A page asked for by a test lies two hundred calls deep: loops that cross
    the edge of a piece took a fifth of the run. A frame that needs much gets a piece as large (512 KiB here), and what
    is called within lies in the same.
    """
    return run(*args)


_with_room.__code__ = _with_room.__code__.replace(co_stacksize=33_000)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> object:
    """As pytest runs a test, with room."""
    return _with_room(runner.pytest_runtest_protocol, item, nextitem)


#: No test is judged by the clock: a machine busy with other work draws its examples slowly and finds the same.
hypothesis_settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("house")


# -- The day ---------------------------------------------------------------------------------------


def noon_of(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Every test begins at noon of TODAY, whatever day it is outside; `clock.move_to(…)` goes elsewhere."""
    with time_machine.travel(noon_of(TODAY)) as traveller:
        yield traveller


@pytest.fixture
def on_day(clock: time_machine.Traveller) -> Callable[..., None]:
    """`on_day(date(2026, 10, 31), time(23, 59, 59))`: go to that moment in Shanghai (noon unless told)."""

    def go(day: date, at: time = time(12)) -> None:
        clock.move_to(datetime.combine(day, at, tzinfo=SHANGHAI))

    return go


@pytest.fixture(scope="session", autouse=True)
def _database_goes_by_the_same_clock() -> Iterator[None]:
    """Surveys close by the database's clock, which no test can move; `test_survey_voting` asks the real one."""
    real = turn.vote_beside_others

    def vote_beside_others(survey_id: int) -> datetime:
        real(survey_id)
        return timezone.now()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turn, "database_now", timezone.now)
        patch.setattr(turn, "vote_beside_others", vote_beside_others)
        yield


@pytest.fixture
def key_store(settings: Any, tmp_path: Path) -> Path:
    """A key store of this test's own, empty."""
    settings.KEY_STORE = tmp_path / "keys"
    settings.KEY_STORE.mkdir(mode=0o700)
    return tmp_path / "keys"


# -- The order -------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no worker is left walking alone at the end."""
    items.sort(key=lambda item: "test_every_page_anybody_can_reach" not in item.name)


# -- The rights of the web server ------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _as_the_web_role(request: pytest.FixtureRequest) -> None:
    """Tests work with the rights of production's web role; those marked `owner` tamper with what it may not touch.

    Tests that really commit are left out: their connections come and go, and Django's flush is the owner's work.
    """
    marker = request.node.get_closest_marker("django_db")
    really_commits = {"transactional_db", "live_server"} & set(request.fixturenames) or (
        marker and marker.kwargs.get("transaction")
    )
    wants_database = marker or "db" in request.fixturenames
    if really_commits or not wants_database or request.node.get_closest_marker("owner"):
        return
    request.getfixturevalue("db")
    with connection.cursor() as cursor:
        cursor.execute(f'SET LOCAL ROLE "{web_role()}"')


# -- No way out ------------------------------------------------------------------------------------


def _is_here(address: Any) -> bool:
    host = address[0] if isinstance(address, tuple) else None
    if host is None or host == "localhost":  # a socket in the file system, or this machine by name
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def _no_outgoing_network() -> Iterator[None]:
    """A test that reaches beyond this machine fails at once, naming the address."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if not _is_here(address):
            raise AssertionError(f"a test tried to reach {address!r}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        # Proxies of the developer's shell would send even local requests elsewhere.
        for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
            patch.delenv(name)
        yield
