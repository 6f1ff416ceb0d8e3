"""Databases of their own for the benchmarks, made and dropped beside that of DATABASE_URL."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parent.parent


def _server(url: str) -> str:
    """The address of the server's own database, from which others are made."""
    return urlunsplit(urlsplit(url)._replace(path="/postgres"))


@cache
def _collected() -> None:
    """The pages name the collected files as in production."""
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=environment(os.environ["DATABASE_URL"]), check=True)


@contextmanager
def bare_database(name: str) -> Iterator[str]:
    """The URL of an empty database of this run beside that of DATABASE_URL; dropped afterwards."""
    server, name = _server(os.environ["DATABASE_URL"]), f"{name}_{os.getpid()}"
    _run_on(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        _run_on(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def database(name: str) -> Iterator[str]:
    """The same, migrated."""
    _collected()
    with bare_database(name) as url:
        for command in (["migrate", "--verbosity", "0"], ["createcachetable", "--verbosity", "0"]):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment(url), check=True)
        yield url


def _run_on(server: str, *statements: str) -> None:
    link = psycopg2.connect(server)
    link.autocommit = True
    try:
        for statement in statements:
            link.cursor().execute(statement)
    finally:
        link.close()


def environment(url: str) -> dict[str, str]:
    """What a child process needs to work in that database as production does: no DEBUG, templates read once."""
    return os.environ | {"DATABASE_URL": url, "DEBUG": "false", "LOG_LEVEL": "CRITICAL"}


def call(url: str, what: str, module: str = "voters", **more: str) -> Any:
    """A function of a benchmarks module, called in a process of its own over that database; what it tells as JSON."""
    program = f"import django; django.setup(); from benchmarks import {module}; {module}.{what}"
    env = environment(url) | {"DJANGO_SETTINGS_MODULE": "baogai.settings"} | more
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.decode().strip().splitlines()[-1])
