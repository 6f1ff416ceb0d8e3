"""Telling people: messages to inboxes, proofs of posting, printed papers."""

from notices.services.messages import mark_read, send_message
from notices.services.postings import places_missing, record_posting

__all__ = ["mark_read", "places_missing", "record_posting", "send_message"]
