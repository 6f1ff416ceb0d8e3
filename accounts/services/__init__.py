"""Writing the action trail, every door (password, code, link), and managing one's own account."""

from accounts.services.codes import address_asked, ask_for_code, deliver_code, forget_old_codes, prove_address
from accounts.services.entering import enter, onward_of
from accounts.services.links import find_link, is_link, make_link, open_link, revoke_links, use_link
from accounts.services.people import (
    change_email,
    change_password,
    change_phone,
    choose_first_password,
    invite,
    open_account,
    open_resident,
    renew_password,
    set_care_mode,
)
from accounts.services.second_factor import (
    claim_code,
    has_second_factor,
    prove_second_factor,
    reset_second_factor,
)
from accounts.services.sessions import end_session, end_sessions, note_seen, session_id, sessions_of
from accounts.services.signing import TooManyAttemptsError, sign_in, wait_words
from accounts.services.trail import client_address, note_refusal, record_action
from accounts.services.tries import begin_try, was_right

__all__ = [
    "TooManyAttemptsError",
    "address_asked",
    "ask_for_code",
    "begin_try",
    "change_email",
    "change_password",
    "change_phone",
    "choose_first_password",
    "claim_code",
    "client_address",
    "deliver_code",
    "end_session",
    "end_sessions",
    "enter",
    "find_link",
    "forget_old_codes",
    "has_second_factor",
    "invite",
    "is_link",
    "make_link",
    "note_refusal",
    "note_seen",
    "onward_of",
    "open_account",
    "open_link",
    "open_resident",
    "prove_address",
    "prove_second_factor",
    "record_action",
    "renew_password",
    "reset_second_factor",
    "revoke_links",
    "session_id",
    "sessions_of",
    "set_care_mode",
    "sign_in",
    "use_link",
    "wait_words",
    "was_right",
]
