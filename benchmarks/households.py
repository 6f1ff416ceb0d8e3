"""The rounds of benchmarks/arriving.py, in a process whose database is the scratch one."""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass

from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher
from django.core.cache import cache
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone

from accounts.models import OutgoingSample, PhoneCode, User
from baogai.tasks import send_code
from benchmarks.ground import lay
from communities.models import Unit
from communities.services import make_slips
from kernel.days import today

_HOUSEHOLDS, _ROUNDS, _PASSWORDS = 50, 3, 10
_HOST = "127.0.0.1"
_SECRET = "仑后村口的老榕树-1987"  # noqa: S105 - of a scratch database
_hashed: list[str] = []
_SERVER = ClientHandler(enforce_csrf_checks=False)


@dataclass(frozen=True)
class Took:
    """Seconds by the clock and, of this process, by the processor: the database's own are in the first only."""

    clock: float
    processor: float

    def __str__(self) -> str:
        return f"{self.clock:.2f} s ({self.processor:.2f} s)"


@contextmanager
def _timed(into: list[Took], times: int = 1) -> Iterator[None]:
    clock, processor = time.perf_counter(), time.process_time()
    yield
    into.append(Took((time.perf_counter() - clock) / times, (time.process_time() - processor) / times))


def _watch(hasher: type, verb: str) -> None:
    real: Callable[..., object] = getattr(hasher, verb)

    def hash_and_note(*args: object, **kwargs: object) -> object:
        _hashed.append(verb)
        return real(*args, **kwargs)

    setattr(hasher, verb, hash_and_note)


def _slips(officer: User, number: int) -> list[str]:
    first = number * _HOUSEHOLDS
    homes = Unit.objects.select_related("building__compound", "stair").order_by("pk")[first : first + _HOUSEHOLDS]
    return [one.secret for one in make_slips(list(homes), where="bench", by=officer, at=timezone.now(), on=today())]


def _phone(number: int, place: int) -> str:
    return f"137{number:04}{place:04}"


def _browser() -> Client:
    """A browser of its own at a server that is running already: a client alone would start a server each."""
    client = Client(HTTP_HOST=_HOST)
    client.handler = _SERVER
    return client


def _arrive(slips: list[str], number: int) -> None:
    """Scan, tap, type the phone, see the home: four pages each."""
    for place, secret in enumerate(slips):
        client = _browser()
        assert client.get(f"/s/{secret}/").status_code == 302
        assert client.get("/arrive/home/").status_code == 200
        answer = client.post("/arrive/home/", {"who": "family", "name": "住户", "phone": _phone(number, place)})
        assert answer.status_code == 302
        assert client.get(answer["Location"]).status_code == 200


def _return(number: int) -> None:
    """Ask for a code, have it sent, type it, see the home."""
    for place in range(_HOUSEHOLDS):
        client = _browser()
        assert client.post("/login/code/", {"phone": _phone(number, place)}).status_code == 302
        send_code(PhoneCode.objects.latest("pk").pk)
        code = re.search(r"\d{6}", OutgoingSample.objects.latest("pk").text)
        assert code is not None
        assert client.post("/login/code/check/", {"code": code.group()}).status_code == 302
        assert client.get("/desk/").status_code == 200


def _sign_in() -> None:
    """By password, ten times."""
    for _ in range(_PASSWORDS):
        assert _browser().post("/login/", {"username": "officer", "password": _SECRET}).status_code == 302


def run() -> None:
    for hasher in (Argon2PasswordHasher, PBKDF2PasswordHasher):
        for verb in ("encode", "verify"):
            _watch(hasher, verb)
    lay(20, households=100, on=today())
    officer = User.objects.get(username="officer")
    officer.set_password(_SECRET)
    officer.save()
    arriving: list[Took] = []
    returning: list[Took] = []
    passwords: list[Took] = []
    for number in range(_ROUNDS + 1):
        slips = _slips(officer, number)
        cache.clear()  # all fifty ask from one address
        _hashed.clear()
        with _timed(arriving):
            _arrive(slips, number)
        with _timed(returning):
            _return(number)
        assert not _hashed, "a password was hashed on the residents' way"
        with _timed(passwords, _PASSWORDS):
            _sign_in()
        assert len(_hashed) >= _PASSWORDS, "the watch on the hashers does not see"
        warm = "" if number else " (warming up, not counted)"
        print(f"{arriving[-1]} in, {returning[-1]} back, {passwords[-1]} one password{warm}", flush=True)
    for label, took in (("in", arriving), ("back", returning), ("one password", passwords)):
        clock, processor = (statistics.median(column) for column in zip(*map(astuple, took[1:]), strict=True))
        print(f"median {label}: {clock:.3f} s ({processor:.3f} s of the processor)")
