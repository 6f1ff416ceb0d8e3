"""What a person had typed when their session ended, for the page that is being made to show (decision 0021)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import QueryDict

_before: ContextVar[QueryDict | None] = ContextVar("typed_before", default=None)


def typed_before() -> QueryDict | None:
    """The fields of this page's form as they were sent too late, names as in the form; None on every other page.

    Forms whose fields the house's field tag draws are filled by it; a form that draws its own rows takes this.
    """
    return _before.get()


@contextmanager
def giving_back(typed: QueryDict) -> Iterator[None]:
    """While the page is made, `typed` is what was typed before."""
    token = _before.set(typed)
    try:
        yield
    finally:
        _before.reset(token)
