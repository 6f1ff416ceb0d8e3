"""What can become of a message at a gateway, other than being taken."""


class GatewayError(Exception):
    """It was certainly not sent, and may be tried again. The message is Chinese and names nobody's address."""


class RefusedError(GatewayError):
    """The gateway will not send this one, however often it is tried: a number it does not know, a text it forbids."""


class FateUnknownError(GatewayError):
    """It left this house and no clear answer came back: it may or may not have been sent."""
