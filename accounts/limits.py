"""Limits on failed sign-ins, on codes sent and on slips tried, counted in the shared cache.

An attempt claims a free slot before the password is looked at, and a slot comes free again a while after its
failure. Claiming is one atomic `add` on every cache we run on, so a hundred guesses at once get no more than the
limit. A right password gives its slots back. While no slot is free nothing is counted: nobody can keep a door
closed for longer than the window by hammering at it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.core.cache import cache


@dataclass(frozen=True)
class Limit:
    """So many failures within so long; then the door stays closed until the oldest is that long ago."""

    name: str
    failures: int
    window: timedelta

    def slots(self, who: str) -> list[str]:
        mark = sha256(who.encode()).hexdigest()[:32]
        return [f"sign-in:{self.name}:{mark}:{number}" for number in range(self.failures)]


#: An account guessed at from anywhere; and an address guessing at any account (a whole office may share one).
PER_ACCOUNT = Limit("account", 5, timedelta(minutes=15))
PER_ADDRESS = Limit("address", 30, timedelta(minutes=15))

#: Codes to one phone: not two within a minute, three within a quarter of an hour, ten a day (AUTH-03).
CODES_PER_PHONE = Limit("code", 1, timedelta(minutes=1))
CODES_PER_QUARTER = Limit("code-quarter", 3, timedelta(minutes=15))
CODES_PER_DAY = Limit("code-day", 10, timedelta(days=1))
#: Codes asked for from one address; a whole village may share one.
CODES_PER_ADDRESS = Limit("code-address", 60, timedelta(minutes=15))
#: Slips and links that do not exist, from one address; those that do are given back. Eighty bits are not guessed
#: anyway, and the whole village hall may mistype.
SECRETS_PER_ADDRESS = Limit("secret-address", 60, timedelta(minutes=15))


#: Wrong codes of one person's second factor: behind the right password, so nobody else can close this door.
SECOND_FACTOR = Limit("second-factor", 5, timedelta(minutes=15))


@dataclass(frozen=True)
class Attempt:
    """What one attempt to sign in claimed, or how long it has to wait."""

    slots: tuple[str, ...] = ()
    account_slots: tuple[str, ...] = ()
    wait: timedelta | None = None
    is_last: bool = False


def _claim(limit: Limit, who: str, *, at: datetime) -> tuple[str | None, int, timedelta]:
    """The slot claimed, how many are still free after it, and how long to wait where none was."""
    slots = limit.slots(who)
    taken = cache.get_many(slots)
    free = [slot for slot in slots if slot not in taken]
    for left, slot in enumerate(reversed(free)):
        if cache.add(slot, at + limit.window, timeout=int(limit.window.total_seconds())):
            return slot, len(free) - left - 1, timedelta()
    first_free = min((until for until in taken.values()), default=at + limit.window)
    return None, 0, max(first_free - at, timedelta(seconds=1))


def begin_attempt(username: str, address: str | None, *, at: datetime) -> Attempt:
    """Claim the right to try one password for this account from this address."""
    account = username.casefold()
    mine, left, wait = _claim(PER_ACCOUNT, account, at=at)
    if mine is None:
        return Attempt(wait=wait)
    theirs, left_there, wait = _claim(PER_ADDRESS, address or "", at=at)
    if theirs is None:
        cache.delete(mine)
        return Attempt(wait=wait)
    return Attempt(
        slots=(mine, theirs),
        account_slots=tuple(PER_ACCOUNT.slots(account)),
        is_last=left == 0 or left_there == 0,
    )


def forgive(attempt: Attempt) -> None:
    """The password was right: free this attempt's slots and the account's earlier failures."""
    cache.delete_many([*attempt.slots, *attempt.account_slots])


def take_all(*wanted: tuple[Limit, str], at: datetime) -> timedelta | None:
    """Take a slot of every limit, or none; how long to wait where one has no slot free."""
    taken: list[str] = []
    for limit, who in wanted:
        slot, _, wait = _claim(limit, who, at=at)
        if slot is None:
            cache.delete_many(taken)
            return wait
        taken.append(slot)
    return None


def take_one(limit: Limit, who: str, *, at: datetime) -> tuple[str | None, timedelta]:
    """A slot to be given back where the attempt was no failure; or how long to wait."""
    slot, _, wait = _claim(limit, who, at=at)
    return slot, wait


def give_back(slot: str) -> None:
    """The attempt was no failure."""
    cache.delete(slot)
