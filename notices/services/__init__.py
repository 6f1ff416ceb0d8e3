"""Telling people: messages to inboxes, proofs of posting, printed papers."""

from notices.services.messages import Digest, mark_all_read, mark_read, send_digests, send_message
from notices.services.postings import places_missing, record_posting

__all__ = ["Digest", "mark_all_read", "mark_read", "places_missing", "record_posting", "send_digests", "send_message"]
