"""How many statements a page costs once it is warm: what a whole process remembers is not counted."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

#: The ceiling for a page (docs: benchmarks, P12).
CEILING = 12


def statements(client: Client, url: str) -> int:
    """Ask twice, count the second time; the page must be there."""
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return len(seen)
