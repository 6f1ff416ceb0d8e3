"""The example town for tests: loaded once per run, copied by every worker that wants it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from tests.databases import connected_to, copy_database, made_once, manage

EXAMPLE_DAY = "2026-10-29"


@pytest.fixture(scope="session")
def empty_database(migrated_template: str) -> str:
    """A migrated database without a row in it, of this worker's own, to run commands on."""
    return copy_database(migrated_template)


@pytest.fixture(scope="session")
def example_files(shared_folder: Path) -> Path:
    """Where the files of the example lie; tests only read there."""
    return shared_folder / "example_files"


@pytest.fixture(scope="session")
def example_database(migrated_template: str, shared_folder: Path, example_files: Path) -> str:
    """The example as of EXAMPLE_DAY: loaded once per run, and this worker's copy of it."""

    def make(name: str) -> None:
        copy_database(migrated_template, name)
        example_files.mkdir(exist_ok=True)
        manage(name, example_files, "load_example", "--today", EXAMPLE_DAY)

    return copy_database(made_once(shared_folder, "example", make))


@pytest.fixture
def example(django_db_blocker: Any, example_database: str, example_files: Path, settings: Any) -> Iterator[None]:
    """The test looks at the example town; what it changes is taken back. Not for browsers: nothing is committed."""
    settings.STORED_FILES_ROOT = settings.MEDIA_ROOT = example_files
    with django_db_blocker.unblock(), connected_to(example_database), transaction.atomic():
        yield
        transaction.set_rollback(True)
