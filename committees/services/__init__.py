"""The register of committees, and what their members show on the board."""

from committees.services.cards import (
    MemberCard,
    cards_of,
    forget_left_portraits,
    forget_portraits,
    keep_card,
    withdraw_from_board,
)
from committees.services.register import (
    end_committee,
    file_term,
    find_owner,
    found_committee,
    leave_seat,
    register_term,
    seat_member,
)

__all__ = [
    "MemberCard",
    "cards_of",
    "end_committee",
    "file_term",
    "find_owner",
    "forget_left_portraits",
    "forget_portraits",
    "found_committee",
    "keep_card",
    "leave_seat",
    "register_term",
    "seat_member",
    "withdraw_from_board",
]
