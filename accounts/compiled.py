"""Statements every request runs: their SQL is written once per process, and planned once per connection.

Writing the SQL of four joined readings and planning it costs five to ten times what running it does. What the server
has planned lives with the connection: a pooler in between must keep sessions whole (docs/operations.md).
"""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.models import QuerySet
from psycopg2.extensions import AsIs

#: Stand in for a moment and for an id while SQL is written (`CompiledRead`).
NEVER = datetime.fromisoformat("1583-01-02T00:00:00+00:00")
NO_ID = -7_070_707_070_707
_numbers = count(1)


class Prepared:
    """One statement of SQL, its values written $1, $2, …: `statement(*values)` returns its rows as tuples."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._names: WeakKeyDictionary[Any, str] = WeakKeyDictionary()

    def __call__(self, *values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            name = self._names.get(connection.connection)
            if name is None:
                # A name of its own per try: one that the server knows while we do not would be in the way.
                fresh = f"prepared_{next(_numbers)}"
                cursor.execute(f"PREPARE {fresh} AS {self._sql}; {_execute(cursor, fresh, values)}")
                self._names[connection.connection] = fresh
            else:
                cursor.execute(_execute(cursor, name, values))
            return cursor.fetchall()


def _execute(cursor: Any, name: str, values: tuple[Any, ...]) -> str:
    told: bytes = cursor.mogrify(f"EXECUTE {name} ({', '.join(['%s'] * len(values))})", values)
    return told.decode()


class CompiledRead:
    """Rows of a queryset as tuples: `CompiledRead(make, *stand_ins)`, and then `read(*values)`.

    The queryset, made by the same methods as everywhere, stays the only place that says what is read; its SQL is kept
    with the places of the values, which are bound anew each time. A stand-in is a value of the same type that no row
    and no other parameter of the query is like: never -1, which stands in every `-F("amount")`.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, tuple[Any, ...]]], *stand_ins: Any) -> None:
        self._make, self._stand_ins = make, stand_ins
        self._read: Prepared | None = None

    def __call__(self, *values: Any) -> list[tuple[Any, ...]]:
        if self._read is None:
            self._read = Prepared(self._written())
        return self._read(*values)

    def _written(self) -> str:
        sql, parameters = self._make(*self._stand_ins).query.sql_with_params()
        places = {stand_in: AsIs(f"${place}") for place, stand_in in enumerate(self._stand_ins, 1)}
        with connection.cursor() as cursor:
            told: bytes = cursor.mogrify(sql, [places.get(one, one) for one in parameters])
        return told.decode()
