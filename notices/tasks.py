"""Sending what lies in the outbox, as a task."""

from celery import shared_task
from django.utils import timezone

from notices.services.outbox import nudge
from notices.services.relay import relay


@shared_task
def deliver_due() -> None:
    """Every fifteen seconds and after every act that told somebody; lost or doubled it makes no difference."""
    if relay(timezone.now):
        nudge()
