"""The test inbox: where SMS and letters land in a local installation that has no gateway."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from accounts.gateways.errors import GatewayError
from accounts.models import OutgoingSample

#: Nobody needs yesterday's codes; what was meant for people is not kept for ever.
_KEPT = timedelta(days=2)


def is_open() -> bool:
    """Never in production, whatever else is set."""
    return not settings.PRODUCTION


def keep_sample(channel: OutgoingSample.Channel, *, address: str, text: str, subject: str = "") -> None:
    """Show in the test inbox what would have been sent. Raises GatewayError in production."""
    if not is_open():
        raise GatewayError(f"没有配置{channel.label}网关。")
    OutgoingSample.objects.filter(at__lt=timezone.now() - _KEPT).delete()
    OutgoingSample.objects.create(channel=channel, address=address[:200], subject=subject[:200], text=text)


class SampleMailBackend(BaseEmailBackend):
    """Django's mail into the test inbox, so that whatever sends mail the ordinary way is seen there too."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for letter in email_messages:
            for address in letter.recipients():
                keep_sample(
                    OutgoingSample.Channel.EMAIL, address=address, subject=str(letter.subject), text=str(letter.body)
                )
        return len(email_messages)
