"""Reads whose SQL is written once per process: where every request asks, writing it costs more than running it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet


class CompiledRead:
    """Rows as tuples: `CompiledRead(make, *stand_ins)`, and then `read(*values)`.

    The queryset, made by the same methods as everywhere, stays the only place that says what is read; its SQL is kept
    with the places of the values, which are bound anew each time. A stand-in is a value of the same type that no row
    and no other parameter of the query is like.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, tuple[Any, ...]]], *stand_ins: Any) -> None:
        self._make, self._stand_ins = make, stand_ins
        self._written: tuple[str, Sequence[Any]] | None = None

    def __call__(self, *values: Any) -> list[tuple[Any, ...]]:
        if self._written is None:
            self._written = self._make(*self._stand_ins).query.sql_with_params()
        sql, parameters = self._written
        bound = dict(zip(self._stand_ins, values, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(sql, [bound.get(one, one) for one in parameters])
            return cursor.fetchall()
