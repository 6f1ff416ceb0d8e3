"""A script in every text people type stays text on every page they can open (IN-03)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.db.models import F, Value

from accounts.models import User
from baogai.checks import append_only_tables
from finance.models import Disclosure
from kernel.append_only import trigger_names
from supervision.services.sweep import sweep
from tests import crawling
from tests.cast import NOON, TODAY, World
from tests.routes import build_estate

SCRIPT = "'\"><script>alert(1)</script>"
OURS = {"accounts", "communities", "committees", "supervision", "finance", "notices", "files"}
#: What the machine reads and nobody types.
MACHINES = {
    "password",
    "path",
    "sha256",
    "task",
    "query",
    "dedupe_key",
    "token",
    "topic",
    "content_type",
    "secret_hash",
}
_TEXTS = {"text", "counterparty", "reason", "note", "contact", "name", "opening_proof"}


@contextmanager
def triggers_lifted() -> Iterator[None]:
    """As the tables' owner, inside the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in append_only_tables():
            for trigger in trigger_names(table):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in append_only_tables():
            for trigger in trigger_names(table):
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")


def _is_typed(field: models.Field) -> bool:
    return (
        isinstance(field, models.CharField | models.TextField)
        and not (field.choices or field.unique or field.primary_key or field.name in MACHINES)
        and (field.max_length is None or field.max_length >= 40)
    )


def plant() -> set[str]:
    """Put the script at the end of every typed text there is, where the database lets it; which fields took it."""
    planted = set()
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        for field in model._meta.concrete_fields:
            if not _is_typed(field) or not model._default_manager.exists():
                continue
            try:
                with transaction.atomic():
                    kept = models.functions.Left(F(field.name), (field.max_length or 200) - len(SCRIPT))
                    model._default_manager.update(**{field.name: models.functions.Concat(kept, Value(SCRIPT))})
            except DatabaseError:
                continue
            planted.add(f"{model.__name__}.{field.name}")
    for disclosure in Disclosure.objects.all():
        Disclosure.objects.filter(pk=disclosure.pk).update(figures=_with_script(disclosure.figures))
    return planted


def _with_script(figures: Any) -> Any:
    if isinstance(figures, list):
        return [_with_script(one) for one in figures]
    if not isinstance(figures, dict):
        return figures
    return {
        key: f"{value}{SCRIPT}" if key in _TEXTS and isinstance(value, str) else _with_script(value)
        for key, value in figures.items()
    }


@pytest.mark.owner
def test_no_page_runs_what_somebody_typed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    build_estate(world)
    sweep(TODAY, at=NOON)
    with triggers_lifted():
        planted = plant()
    assert len(planted) > 40, sorted(planted)
    raw: dict[str, str] = {}
    read = crawling.text_of

    def keep(answer: Any) -> str:
        if "html" in answer["Content-Type"]:
            raw[answer.wsgi_request.get_full_path()] = answer.getvalue().decode()
        return read(answer)

    monkeypatch.setattr(crawling, "text_of", keep)
    shown = 0
    for who in ("officer", "chair", ""):
        raw.clear()
        crawling.crawl(User.objects.get(pk=world.people[who].pk) if who else None)
        assert [url for url, page in raw.items() if "<script>alert(1)" in page] == [], who
        shown += sum("&lt;script&gt;alert(1)" in page for page in raw.values())
    assert shown > 20, "the script was there, as text"
