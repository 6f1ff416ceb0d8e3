"""Lines of a to-do list, as every desk shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse


@dataclass(frozen=True)
class Todo:
    """One thing to do: until when, what, why (clause), and the one button that starts it."""

    title: str
    url: str
    action: str
    due_on: date | None = None
    detail: str = ""
    clause: str = ""


def by_deadline(todos: Iterable[Todo]) -> list[Todo]:
    """The most urgent first; what has no deadline stands last."""
    return sorted(todos, key=lambda todo: (todo.due_on is None, todo.due_on or date.max))


def obligations_url(**filters: str) -> str:
    """The list of obligations with these filters set."""
    return f"{reverse('supervision:obligations')}?{urlencode({k: v for k, v in filters.items() if v})}"
