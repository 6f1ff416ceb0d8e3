"""Writing the action trail, signing in, and managing one's own account."""

from accounts.services.entering import enter, onward_of
from accounts.services.people import change_password, invite, open_account, renew_password, set_care_mode
from accounts.services.signing import TooManyAttemptsError, sign_in
from accounts.services.trail import client_address, record_action

__all__ = [
    "TooManyAttemptsError",
    "change_password",
    "client_address",
    "enter",
    "invite",
    "onward_of",
    "open_account",
    "record_action",
    "renew_password",
    "set_care_mode",
    "sign_in",
]
