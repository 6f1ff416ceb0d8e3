"""Messages and their delivery, wishes, group robots, proofs of posting, editions and their papers."""

from notices.models.deliveries import Delivery
from notices.models.editions import (
    Edition,
    EditionDispatch,
    EditionDraft,
    EditionHead,
    EditionPaper,
    EditionPress,
    LetterCounter,
)
from notices.models.groups import Announcement, GroupRobot
from notices.models.inbox import Message
from notices.models.postings import Posting, PostingPicture
from notices.models.wishes import ChannelWish, Wishes

__all__ = [
    "Announcement",
    "ChannelWish",
    "Delivery",
    "Edition",
    "EditionDispatch",
    "EditionDraft",
    "EditionHead",
    "EditionPaper",
    "EditionPress",
    "GroupRobot",
    "LetterCounter",
    "Message",
    "Posting",
    "PostingPicture",
    "Wishes",
]
