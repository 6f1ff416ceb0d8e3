"""A person who signs in, and the trail of what was done."""

from accounts.models.people import User
from accounts.models.trail import ActionRecord

__all__ = ["ActionRecord", "User"]
