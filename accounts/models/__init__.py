"""A person who signs in, and the trail of what was done."""

from accounts.models.consent import Consent, DataRequest
from accounts.models.people import User
from accounts.models.sealing import TrailHead, TrailLink
from accounts.models.trail import ActionRecord

__all__ = ["ActionRecord", "Consent", "DataRequest", "TrailHead", "TrailLink", "User"]
