"""The sweep as a task: the clock and the retry policy, nothing else."""

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from kernel.days import today
from supervision.services.sweep import sweep


@shared_task(autoretry_for=(OperationalError,), retry_backoff=30, max_retries=3)
def run_sweep() -> None:
    """Beat calls this every ten minutes; a call that is lost or doubled makes no difference."""
    sweep(today(), at=timezone.now())
