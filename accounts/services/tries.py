"""Counting what is typed or scanned as a secret: slips and links that do not exist, by address."""

from datetime import datetime

from accounts.limits import SECRETS_PER_ADDRESS, give_back, take_one
from accounts.services.signing import TooManyAttemptsError, wait_words
from accounts.services.trail import client_address


def begin_try(*, at: datetime) -> str:
    """Claim the right to try one secret from this address; to be given to `was_right` where it opened something."""
    slot, wait = take_one(SECRETS_PER_ADDRESS, client_address.get() or "", at=at)
    if slot is None:
        raise TooManyAttemptsError(f"试的次数太多，请 {wait_words(wait)}后再试。", field="code")
    return slot


def was_right(claimed: str) -> None:
    """The try was no failure and does not count."""
    give_back(claimed)
