"""A person who signs in, the trail of what was done, and what a local installation would have sent."""

from accounts.models.outgoing import OutgoingSample
from accounts.models.people import User
from accounts.models.trail import ActionRecord

__all__ = ["ActionRecord", "OutgoingSample", "User"]
