"""Work of the ground that takes longer than a page may: the roster's imports."""

from celery import shared_task
from django.utils import timezone

from communities.services import roster
from kernel.days import today


@shared_task
def process_roster_import(job_id: int) -> None:
    """Preview or apply an import; a second delivery finds nothing to do."""
    roster.process(job_id, on=today())


@shared_task
def resume_roster_imports() -> None:
    """Once a minute: whatever waits and nobody works at, for its message may be lost."""
    for job_id in roster.unfinished():
        process_roster_import.delay(job_id)


@shared_task
def forget_old_roster_rows() -> None:
    """Once a day: personal data of imports that are over."""
    roster.forget_old_rows(now=timezone.now())
