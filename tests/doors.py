"""The four questions every view is asked: nobody, a stranger, one who may only read, and the right person."""

from typing import Any

from django.test import Client

from accounts.models import User


def _ask(user: User | None, url: str, data: dict[str, Any] | None) -> Any:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client.get(url) if data is None else client.post(url, data)


def requires_login(url: str, *, data: dict[str, Any] | None = None) -> None:
    """Nobody is sent to the login page and comes back to the same address."""
    answer = _ask(None, url, data)
    assert answer.status_code == 302, answer.status_code
    assert answer["Location"].startswith("/login/?next="), answer["Location"]


def hides_from(user: User, url: str, *, data: dict[str, Any] | None = None) -> None:
    """A stranger gets the same 404 as for something that does not exist."""
    assert _ask(user, url, data).status_code == 404


def refuses(user: User, url: str, *, data: dict[str, Any] | None = None) -> None:
    """An insider without the right gets 403."""
    assert _ask(user, url, data).status_code == 403


def serves(user: User | None, url: str, *, data: dict[str, Any] | None = None) -> Any:
    """The right person gets the page (200), or after a successful act a redirect that is not to the login."""
    answer = _ask(user, url, data)
    assert answer.status_code in (200, 302), answer.status_code
    if answer.status_code == 302:
        assert not answer["Location"].startswith("/login/"), answer["Location"]
    return answer
