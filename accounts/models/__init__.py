"""A person who signs in, what opens the door, the trail, and what a local installation would have sent."""

from accounts.models.doors import EntryLink, PhoneCode
from accounts.models.outgoing import OutgoingSample
from accounts.models.passwords import PasswordRecord
from accounts.models.people import User
from accounts.models.trail import ActionRecord

__all__ = ["ActionRecord", "EntryLink", "OutgoingSample", "PasswordRecord", "PhoneCode", "User"]
