"""Exports nobody works at any more, and those whose week is over."""

from celery import shared_task
from django.utils import timezone

from files import exporting


@shared_task
def resume_exports() -> None:
    """Once a minute: whatever waits and nobody works at, for its message may be lost."""
    for export in exporting.unfinished():
        exporting.hand_out(export)


@shared_task
def forget_old_exports() -> None:
    """Once an hour: files older than a week hold what their reader may no longer see."""
    exporting.forget_old(at=timezone.now())
