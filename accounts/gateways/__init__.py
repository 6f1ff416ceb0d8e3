"""The ways out of the house: SMS and e-mail, one call each. They know addresses and texts, not why something is sent.

Who must send at once (a log-in code) calls these; what may wait goes through the outbox of `notices`.
In a local installation without a gateway everything lands in the test inbox (`OutgoingSample`) instead.
"""

from accounts.gateways.errors import FateUnknownError, GatewayError, RefusedError
from accounts.gateways.mail import send_email
from accounts.gateways.sms import send_sms

__all__ = ["FateUnknownError", "GatewayError", "RefusedError", "send_email", "send_sms"]
