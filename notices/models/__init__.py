"""Messages and their delivery, what people wish to be told how, group robots, proofs of posting."""

from notices.models.deliveries import Delivery
from notices.models.groups import Announcement, GroupRobot
from notices.models.inbox import Message
from notices.models.postings import Posting, PostingPicture
from notices.models.wishes import ChannelWish, Wishes

__all__ = ["Announcement", "ChannelWish", "Delivery", "GroupRobot", "Message", "Posting", "PostingPicture", "Wishes"]
