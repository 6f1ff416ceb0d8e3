"""Sending what lies in the outbox, and making the papers of editions, as tasks."""

from celery import shared_task
from django.utils import timezone

from notices.services.editions.press import make_papers, unfinished
from notices.services.outbox import nudge
from notices.services.relay import relay


@shared_task
def deliver_due() -> None:
    """Every fifteen seconds and after every act that told somebody; lost or doubled it makes no difference."""
    if relay(timezone.now):
        nudge()


@shared_task(time_limit=1800, soft_time_limit=1740)
def press_edition(edition_id: int) -> None:
    """Make the papers of an edition; killed in between, the next delivery goes on with the next paper."""
    make_papers(edition_id, clock=timezone.now)


@shared_task
def resume_editions() -> None:
    """Once a minute: presses nobody works at, for their message may be lost."""
    for edition_id in unfinished():
        press_edition.delay(edition_id)
