"""A person who signs in, the trail of what was done, and what a local installation would have sent."""

from accounts.models.consent import Consent, DataRequest
from accounts.models.outgoing import OutgoingSample
from accounts.models.people import User
from accounts.models.sealing import TrailHead, TrailLink
from accounts.models.trail import ActionRecord

__all__ = ["ActionRecord", "Consent", "DataRequest", "OutgoingSample", "TrailHead", "TrailLink", "User"]
