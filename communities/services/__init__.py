"""Acts on the ground: who comes and goes (`offices`), and the roster of homes and owners (`roster`)."""

from communities.services.offices import (
    appoint,
    committee_of,
    end_appointment,
    firm_of,
    hand_over,
    reference_to,
    register_firm,
    reinstate,
    sign_contract,
    suspend,
)

__all__ = [
    "appoint",
    "committee_of",
    "end_appointment",
    "firm_of",
    "hand_over",
    "reference_to",
    "register_firm",
    "reinstate",
    "sign_contract",
    "suspend",
]
