"""Sealing the action trail as a task: the clock and the retry policy, nothing else."""

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from accounts.services import sealing


@shared_task(autoretry_for=(OperationalError,), retry_backoff=30, max_retries=3)
def seal_trail() -> None:
    """Beat calls this every five minutes; a call that is lost or doubled makes no difference."""
    sealing.seal_trail(at=timezone.now())
