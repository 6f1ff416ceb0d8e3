"""Secrets on paper: made at random, read back however a person types them, kept as a hash only."""

import hashlib
import secrets

from kernel.fields import UNMISTAKABLE
from kernel.text import clean

#: Sixteen of thirty-two characters: 80 bits, which nobody guesses, and a plain hash of which is safe to keep.
LENGTH = 16
_GROUP = 4
_LOOKALIKES = str.maketrans("oil", "011")


def new_secret() -> str:
    """Sixteen characters, none of which can be taken for another."""
    return "".join(secrets.choice(UNMISTAKABLE) for _ in range(LENGTH))


def in_groups(secret: str) -> str:
    """As it is printed and read aloud: 7K3M-9Q2T-…"""
    shown = secret.upper()
    return "-".join(shown[start : start + _GROUP] for start in range(0, len(shown), _GROUP))


def read_secret(typed: str) -> str:
    """What was meant: capitals, full-width letters, blanks and dashes aside, O for 0 and I or L for 1."""
    folded = clean(typed[: LENGTH * 4]).lower().translate(_LOOKALIKES)
    return "".join(char for char in folded if char in UNMISTAKABLE)


def digest(secret: str) -> str:
    """What the database keeps of a secret: 64 hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()
