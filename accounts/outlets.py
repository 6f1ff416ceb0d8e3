"""Which ways out this installation has, by its settings alone: asked before the apps are loaded, too."""

from django.conf import settings


def has_test_inbox() -> bool:
    """What has no gateway is shown on a page of this machine; never in production, whatever else is set."""
    return not settings.PRODUCTION


def sends_sms() -> bool:
    """A gateway, or the test inbox."""
    return bool(settings.SMS_GATEWAY_URL) or has_test_inbox()


def sends_mail() -> bool:
    """A mail server, or the test inbox."""
    return has_mail_server() or has_test_inbox()


def has_mail_server() -> bool:
    return str(settings.EMAIL_BACKEND).endswith("smtp.EmailBackend")


def reaches_nobody() -> bool:
    """Neither SMS nor mail leaves this installation: people learn of things only by looking."""
    return not (settings.SMS_GATEWAY_URL or has_mail_server())
