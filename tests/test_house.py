"""The house keeps its own rules: layers, arrows, rooms, and no hidden ways."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db.models import Field, Model

from kernel.fields import ReferenceField

ROOT = settings.BASE_DIR
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
#: App name -> height above the kernel; siblings share one.
HEIGHTS = {
    app.strip(): height
    for height, floor in enumerate(reversed(LINTER["contracts"][0]["layers"]))
    for app in floor.split("|")
}
#: The named places where a lower room points at something higher. A new one needs a decision record.
UPWARD = {
    ("accounts.ActionRecord", "subject"),
    ("notices.Message", "subject"),
    ("notices.Posting", "subject"),
    ("supervision.Obligation", "evidence"),
}

#: The rooms another app may import from; `baogai` wires up all of them, the kernel is open to everybody.
OPEN_ROOMS = {"models", "querysets", "services", "permissions", "rules"}
ALSO_OPEN = {
    "files": {"exporting", "forms", "importing", "reading", "writing"},
    "accounts": {"compiled", "gateways", "limits"},
}


def our_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in HEIGHTS]


def our_files() -> Iterator[Path]:
    for app in HEIGHTS:
        yield from (path for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts)


def test_imports_point_downwards() -> None:
    # In a process of its own: the linter sets up logging anew, and silences every logger it does not know.
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_another_app_enters_by_the_open_rooms_only() -> None:
    """What an app keeps to itself (views, forms, tasks) may change without asking anybody."""
    entered = []
    for path in our_files():
        app, room = path.relative_to(ROOT).parts[0], path.relative_to(ROOT).with_suffix("").parts[1]
        for node in ast.walk(ast.parse(path.read_text())):
            if app == "baogai" or not isinstance(node, ast.ImportFrom) or "." not in (node.module or ""):
                continue
            other, door = str(node.module).split(".")[:2]
            is_ours = other in HEIGHTS and other not in (app, "kernel")
            if is_ours and door not in OPEN_ROOMS | ALSO_OPEN.get(other, set()) | ({room} & {"admin"}):
                entered.append(f"{path.relative_to(ROOT)}: {node.module}")
    assert entered == []


def test_foreign_keys_follow_the_same_arrows() -> None:
    astray = []
    for model in our_models():
        for field in model._meta.get_fields():
            if not isinstance(field, Field) or field.related_model is None:
                continue
            source, target = model._meta.app_label, field.related_model._meta.app_label
            is_down = target not in HEIGHTS or source == target or HEIGHTS[target] < HEIGHTS[source]
            if not is_down:
                astray.append(f"{model._meta.label}.{field.name} -> {target}")
    assert astray == []


def test_only_the_named_places_point_upward() -> None:
    found = {
        (model._meta.label, field.name)
        for model in our_models()
        for field in model._meta.get_fields(include_parents=False)
        if isinstance(field, ReferenceField | GenericForeignKey)
    }
    assert found == UPWARD


def test_no_integer_key_is_named_in_an_address() -> None:
    key = re.compile(r"<int:(pk|id|\w+_id)>")
    assert [path for path in our_files() if path.name == "urls.py" and key.search(path.read_text())] == []


def test_no_import_hides_inside_a_function() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path in our_files()
        for outer in ast.walk(ast.parse(path.read_text()))
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


def test_nothing_happens_by_signal() -> None:
    listening = [
        str(path.relative_to(ROOT))
        for path in our_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith((".signals", "django.dispatch"))
    ]
    assert listening == []


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc"])
def test_every_room_has_a_name_that_says_what_is_in_it(name: str) -> None:
    assert [path for path in our_files() if name in (path.stem, path.parent.name)] == []


def test_every_app_says_what_it_owns_and_must_not_know() -> None:
    silent = [app for app in HEIGHTS if not ast.get_docstring(ast.parse((ROOT / app / "__init__.py").read_text()))]
    assert silent == []


def test_no_file_grows_beyond_five_hundred_lines() -> None:
    files = [*our_files(), *sorted((ROOT / "tests").rglob("*.py"))]
    assert [path.name for path in files if len(path.read_text().splitlines()) > 500] == []
