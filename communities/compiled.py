"""Reads whose SQL is written once per process: where every request asks, writing it costs more than running it."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

#: What stands in for the values while the SQL is written; no row and no other parameter of a query is like them.
_NOBODY = -7_070_707_070_707
_NEVER = date(1583, 1, 2)


class CompiledRead:
    """Rows of a person on a day, as tuples: `read(user_id, on)`.

    The queryset, made by the same methods as everywhere, stays the only place that says what is read; its SQL is kept
    with the places of the two values, which are bound anew each time.
    """

    def __init__(self, make: Callable[[int, date], QuerySet[Any, tuple[Any, ...]]]) -> None:
        self._make = make
        self._written: tuple[str, Sequence[Any]] | None = None

    def __call__(self, user_id: int, on: date) -> list[tuple[Any, ...]]:
        if self._written is None:
            self._written = self._make(_NOBODY, _NEVER).query.sql_with_params()
        sql, parameters = self._written
        values: dict[Any, Any] = {_NOBODY: user_id, _NEVER: on}
        with connection.cursor() as cursor:
            cursor.execute(sql, [values.get(one, one) for one in parameters])
            return cursor.fetchall()
