"""The example town for tests: loaded once per run into a database of its own, copied for every test that wants it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.db import connection, connections, transaction
from psycopg2 import sql

from kernel.fields import new_public_id
from tests.addresses import address_of, database_url

EXAMPLE_DAY = "2026-10-29"
_ROOT = Path(__file__).parent.parent
_MADE_BY_THIS_RUN: set[str] = set()


def _statement(text: str, *names: str) -> None:
    """One statement about whole databases."""
    with closing(psycopg2.connect(**address_of("postgres"))) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(sql.SQL(text).format(*map(sql.Identifier, names)))


def copy_database(template: str) -> str:
    """A copy of a database nobody is connected to."""
    name = f"baogai_example_{new_public_id()}"
    _statement("CREATE DATABASE {} TEMPLATE {}", name, template)
    _MADE_BY_THIS_RUN.add(name)
    return name


def drop_database(name: str) -> None:
    _statement("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    _MADE_BY_THIS_RUN.discard(name)


def manage(database: str, files: Path, *command: str, expect: int = 0, **environment: str) -> str:
    """Run a command of the portal on that database, as an operator would; what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=_ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "baogai.settings",
            "DATABASE_URL": database_url(database),
            "STORED_FILES_ROOT": str(files),
            "DEBUG": "false",
            "REDIS_URL": "",  # the tests count failed log-ins in the database
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def empty_database(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database without a row in it, to be copied."""
    name = f"baogai_example_{new_public_id()}"
    _statement("CREATE DATABASE {}", name)
    _MADE_BY_THIS_RUN.add(name)
    manage(name, tmp_path_factory.mktemp("none"), "migrate", "--verbosity", "0")
    manage(name, tmp_path_factory.mktemp("none"), "createcachetable")
    yield name
    drop_database(name)


@pytest.fixture(scope="session")
def example_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("example_files")


@pytest.fixture(scope="session")
def example_template(empty_database: str, example_files: Path) -> Iterator[str]:
    """The example as of EXAMPLE_DAY, loaded once per session; tests work on copies."""
    name = copy_database(empty_database)
    manage(name, example_files, "load_example", "--today", EXAMPLE_DAY)
    yield name
    drop_database(name)


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Point the default connection, and those of the live server's threads, at another database."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connections.settings["default"]["NAME"] = connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connections.settings["default"]["NAME"] = connection.settings_dict["NAME"] = before


@pytest.fixture
def example(django_db_blocker: Any, example_template: str, example_files: Path, settings: Any) -> Iterator[None]:
    """The test looks at the example town; what it changes is taken back. Not for browsers: nothing is committed."""
    settings.STORED_FILES_ROOT = settings.MEDIA_ROOT = example_files
    with django_db_blocker.unblock(), connected_to(example_template), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def example_copy(transactional_db: None, example_template: str, example_files: Path, settings: Any) -> Iterator[str]:
    """A copy of the example town of the test's own, also for browsers and commands; gone when the test is over."""
    settings.STORED_FILES_ROOT = settings.MEDIA_ROOT = example_files
    name = copy_database(example_template)
    with connected_to(name):
        yield name
    drop_database(name)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Whatever an interrupted run left behind."""
    for name in tuple(_MADE_BY_THIS_RUN):
        drop_database(name)
