"""The tries of benchmarks/sign_in.py, in a process whose database is the scratch one."""

import re
import statistics
import time

from django.core.cache import cache
from django.test import Client
from django.test.client import ClientHandler

from accounts.models import User

_TRIES = 50
_WITHIN = 0.25
_SECRET = "仑后村口的老榕树-1987"  # noqa: S105 - of a scratch database
_SERVER = ClientHandler(enforce_csrf_checks=False)


def _accounts() -> dict[str, str]:
    """Kind -> a user name of it."""
    for name, is_active, has_password in (("known", True, True), ("closed", False, True), ("bare", True, False)):
        person = User(username=name, name=name, phone="", is_active=is_active)
        if has_password:
            person.set_password(_SECRET)
        else:
            person.set_unusable_password()
        person.save()
    return {"known": "known", "unknown": "nobody", "closed": "closed", "without a password": "bare"}


def _tried(username: str) -> tuple[float, tuple[int, str]]:
    cache.clear()
    client = Client(HTTP_HOST="127.0.0.1")
    client.handler = _SERVER
    began = time.perf_counter()
    answer = client.post("/login/", {"username": username, "password": "wrong-Wrong-123"})
    took = time.perf_counter() - began
    text = re.sub(r"\b[A-Za-z0-9]{64}\b|nonce-[\w+/=-]+", "token", answer.content.decode())
    return took, (answer.status_code, text.replace(username, "…"))


def run() -> None:
    accounts = _accounts()
    times: dict[str, list[float]] = {kind: [] for kind in accounts}
    answers = set()
    for attempt in range(_TRIES + 5):
        for kind, username in accounts.items():
            took, answer = _tried(username)
            if attempt >= 5:  # the first ones warm up
                times[kind].append(took)
                answers.add(answer)
    medians = {kind: statistics.median(found) for kind, found in times.items()}
    for kind, median in medians.items():
        print(f"{kind}: median {1000 * median:.0f} ms")
    spread = max(medians.values()) / min(medians.values()) - 1
    statuses = sorted(status for status, _ in answers)
    print(f"kinds of answer: {len(answers)}, status {statuses}; medians within {100 * spread:.0f} %")
    assert len(answers) == 1, "the answers differ"
    assert spread <= _WITHIN, "the times tell"
