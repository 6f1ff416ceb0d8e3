"""Acts on the ground: who comes and goes, slips and bindings, and the roster of homes and owners (`roster`)."""

from communities.services.binding import (
    bind,
    decide_binding,
    owner_choices,
    people_of,
    request_binding,
    unbind,
    use_slip,
)
from communities.services.inviting import invite_to_post
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
from communities.services.slips import find_slip, make_slips, revoke_slips, shown_slip

__all__ = [
    "appoint",
    "bind",
    "committee_of",
    "decide_binding",
    "end_appointment",
    "find_slip",
    "firm_of",
    "hand_over",
    "invite_to_post",
    "make_slips",
    "owner_choices",
    "people_of",
    "reference_to",
    "register_firm",
    "reinstate",
    "request_binding",
    "revoke_slips",
    "shown_slip",
    "sign_contract",
    "suspend",
    "unbind",
    "use_slip",
]
