"""Telling people: messages to inboxes and beyond, proofs of posting, printed papers."""

from notices.services.groups import announce_to_group, remove_robot, set_robot
from notices.services.messages import Digest, mark_all_read, mark_read, send_digests, send_message
from notices.services.postings import places_missing, record_posting
from notices.services.undelivered import give_up, send_again
from notices.services.wishes import Preferences, preferences_of, set_preferences

__all__ = [
    "Digest",
    "Preferences",
    "announce_to_group",
    "give_up",
    "mark_all_read",
    "mark_read",
    "places_missing",
    "preferences_of",
    "record_posting",
    "remove_robot",
    "send_again",
    "send_digests",
    "send_message",
    "set_preferences",
    "set_robot",
]
