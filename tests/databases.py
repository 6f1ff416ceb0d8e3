"""The databases of a run: made once, copied by every worker, emptied between tests that really commit."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test import TransactionTestCase
from psycopg2 import sql

from kernel.fields import new_public_id
from tests.addresses import address_of, database_url, web_role

_ROOT = Path(__file__).parent.parent
#: The same in every worker of one run, so that what one makes the others find and the last one drops.
_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or new_public_id()
_PREFIX = f"baogai_run_{_RUN[:16]}_"
#: What migrations write and no test changes.
_KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}


# -- Whole databases -------------------------------------------------------------------------------


def _statement(text: str, *names: str) -> None:
    """One statement about whole databases."""
    with closing(psycopg2.connect(**address_of("postgres"))) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(sql.SQL(text).format(*map(sql.Identifier, names)))


def copy_database(template: str, name: str = "") -> str:
    """A copy of a database nobody is connected to."""
    name = name or f"{_PREFIX}{new_public_id()}"
    _statement("CREATE DATABASE {} TEMPLATE {}", name, template)
    return name


def drop_database(name: str) -> None:
    _statement("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


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
            "KEY_STORE": f"{files}_keys",
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


# -- Made once per run -----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of the run."""
    here = tmp_path_factory.getbasetemp()
    return here.parent if "PYTEST_XDIST_WORKER" in os.environ else here


def made_once(folder: Path, what: str, make: Callable[[str], None]) -> str:
    """The name of a database of the run: whoever asks first has it made, the others wait and find it."""
    name = f"{_PREFIX}{what}"
    with (folder / f"{what}.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if not lock.read():
            make(name)
            lock.write("made")
    return name


@pytest.fixture(scope="session")
def migrated_template(django_db_modify_db_settings_parallel_suffix: None, shared_folder: Path) -> str:
    """A migrated database without a row of ours in it, to be copied; nobody stays connected to it."""

    def make(name: str) -> None:
        _statement("CREATE DATABASE {}", name)
        manage(name, shared_folder, "migrate", "--verbosity", "0")

    return made_once(shared_folder, "migrated", make)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest, django_db_keepdb: bool) -> None:
    """Workers copy the migrated database instead of migrating one each; a database kept from before migrates itself."""
    if not django_db_keepdb:
        made = {"TEMPLATE": request.getfixturevalue("migrated_template"), "MIGRATE": False}
        connections.settings["default"]["TEST"].update(made)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The test database, and a role with the rights of the web server on it.

    Made here, before any test begins its transaction: otherwise the first test's rollback would take the role away.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [web_role()])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE ROLE "{web_role()}"')
        call_command("grant_web_role", web_role(), stdout=StringIO())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The run's databases go with its last process: the one that started the workers, or the only one."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    with closing(psycopg2.connect(**address_of("postgres"))) as server, server.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_PREFIX])
        left = [name for (name,) in cursor.fetchall()]
    for name in left:
        drop_database(name)


# -- Between tests ---------------------------------------------------------------------------------


def _filled_tables() -> list[str]:
    """Tables with rows, in one statement."""
    tables = sorted(set(connection.introspection.table_names()) - _KEPT_TABLES)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{one}' WHERE EXISTS (SELECT FROM {one})" for one in tables))
        return [name for (name,) in cursor.fetchall()]


_GUARDS = """
SELECT t.tgrelid::regclass::text, t.tgname FROM pg_trigger t
WHERE t.tgenabled = 'A' AND NOT t.tgisinternal AND t.tgrelid::regclass::text = ANY(%s)
"""


def _empty_after(case: TransactionTestCase) -> None:
    """Take every row away, as the tables' owner: past the triggers that hold them, for this one transaction.

    Lifting them here keeps any way around them out of the product. Only what is filled is touched, which takes
    a tenth of the time of Django's flush, and the types of content stay, which no test changes.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        filled = _filled_tables()
        cursor.execute(_GUARDS, [filled])
        guards = cursor.fetchall()
        steps = ["SET LOCAL session_replication_role = replica"]  # a superuser's right; so no foreign key is asked
        steps += [f'ALTER TABLE {table} DISABLE TRIGGER "{trigger}"' for table, trigger in guards]
        steps += [f"DELETE FROM {table}" for table in filled]
        steps += [f'ALTER TABLE {table} ENABLE ALWAYS TRIGGER "{trigger}"' for table, trigger in guards]
        cursor.execute(";".join(steps))
    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def _emptied_past_append_only_tables() -> Iterator[None]:
    """After a test that really commits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_after)
        yield
