"""The rounds of benchmarks/arriving.py, in a process whose database is the scratch one."""

import re
import statistics
import time
from collections.abc import Callable

from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import OutgoingSample, PhoneCode, User
from baogai.tasks import send_code
from benchmarks.ground import lay
from communities.models import Unit
from communities.services import make_slips
from kernel.days import today

_HOUSEHOLDS, _ROUNDS, _PASSWORDS = 50, 5, 10
_HOST = "127.0.0.1"
_SECRET = "仑后村口的老榕树-1987"  # noqa: S105 - of a scratch database
_hashed: list[str] = []


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


def _arrive(slips: list[str], number: int) -> float:
    """Scan, tap, type the phone, see the home: four pages each."""
    begun = time.perf_counter()
    for place, secret in enumerate(slips):
        client = Client(HTTP_HOST=_HOST)
        assert client.get(f"/s/{secret}/").status_code == 302
        assert client.get("/arrive/home/").status_code == 200
        answer = client.post("/arrive/home/", {"who": "family", "name": "住户", "phone": _phone(number, place)})
        assert answer.status_code == 302
        assert client.get(answer["Location"]).status_code == 200
    return time.perf_counter() - begun


def _return(number: int) -> float:
    """Ask for a code, have it sent, type it, see the home."""
    cache.clear()  # all fifty ask from one address
    begun = time.perf_counter()
    for place in range(_HOUSEHOLDS):
        client = Client(HTTP_HOST=_HOST)
        assert client.post("/login/code/", {"phone": _phone(number, place)}).status_code == 302
        send_code(PhoneCode.objects.latest("pk").pk)
        code = re.search(r"\d{6}", OutgoingSample.objects.latest("pk").text)
        assert code is not None
        assert client.post("/login/code/check/", {"code": code.group()}).status_code == 302
        assert client.get("/desk/").status_code == 200
    return time.perf_counter() - begun


def _sign_in() -> float:
    """One sign-in by password, the mean of ten."""
    begun = time.perf_counter()
    for _ in range(_PASSWORDS):
        assert Client(HTTP_HOST=_HOST).post("/login/", {"username": "officer", "password": _SECRET}).status_code == 302
    return (time.perf_counter() - begun) / _PASSWORDS


def run() -> None:
    for hasher in (Argon2PasswordHasher, PBKDF2PasswordHasher):
        for verb in ("encode", "verify"):
            _watch(hasher, verb)
    lay(20, households=100, on=today())
    officer = User.objects.get(username="officer")
    officer.set_password(_SECRET)
    officer.save()
    rows = []
    for number in range(_ROUNDS + 1):
        slips = _slips(officer, number)
        _hashed.clear()
        arriving, returning = _arrive(slips, number), _return(number)
        assert not _hashed, "a password was hashed on the residents' way"
        password = _sign_in()
        assert len(_hashed) >= _PASSWORDS, "the watch on the hashers does not see"
        if number:  # the first round warms templates and connections, and is not counted
            rows.append((arriving, returning, password))
            print(f"round {number}: {arriving:.2f} s in, {returning:.2f} s back, one password {password:.3f} s")
    for label, column in zip(("in", "back", "one password"), zip(*rows, strict=True), strict=True):
        print(f"median {label}: {statistics.median(column):.3f} s")
