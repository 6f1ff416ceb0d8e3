"""A person who signs in, what opens the door, consent, the trail, and what a local installation would have sent."""

from accounts.models.consent import Consent, DataRequest
from accounts.models.doors import EntryLink, PhoneCode
from accounts.models.outgoing import OutgoingSample
from accounts.models.passwords import PasswordRecord
from accounts.models.people import User
from accounts.models.sealing import TrailHead, TrailLink
from accounts.models.trail import ActionRecord

__all__ = [
    "ActionRecord",
    "Consent",
    "DataRequest",
    "EntryLink",
    "OutgoingSample",
    "PasswordRecord",
    "PhoneCode",
    "TrailHead",
    "TrailLink",
    "User",
]
