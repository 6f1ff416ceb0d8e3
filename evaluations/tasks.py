"""The surveys as tasks: what is due is looked up in rows, each survey is a task of its own, all may run twice.

And the imports of the hotline's tickets, which take longer than a page may.
"""

import logging
from collections.abc import Callable

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from evaluations.models import Survey
from evaluations.services import hotline, turn
from evaluations.services.closing import close_survey, finish
from evaluations.services.opening import open_survey
from evaluations.services.reminding import remind_households, tell_of_votes
from kernel.days import local_day
from kernel.errors import DomainError

_log = logging.getLogger(__name__)


@shared_task
def run_surveys() -> None:
    """Beat calls this every minute, and whoever starts or ends a survey at once."""
    now = turn.database_now()
    for survey_id in Survey.objects.to_open(now).order_by("pk").values_list("pk", flat=True):
        start_survey.delay(survey_id)
    for survey_id in Survey.objects.to_close(now).order_by("pk").values_list("pk", flat=True):
        end_survey.delay(survey_id)
    for survey_id in Survey.objects.to_finish().order_by("pk").values_list("pk", flat=True):
        finish_survey.delay(survey_id)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=30, max_retries=3)
def start_survey(survey_id: int) -> None:
    _do(open_survey, survey_id)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=30, max_retries=3)
def end_survey(survey_id: int) -> None:
    if _do(close_survey, survey_id):
        finish_survey.delay(survey_id)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=30, max_retries=3)
def finish_survey(survey_id: int) -> None:
    _do(finish, survey_id)


@shared_task(autoretry_for=(OperationalError,), retry_backoff=30, max_retries=3)
def remind_of_surveys() -> None:
    """Through the day: households that have not voted, on the days their round asks for, and yesterday's voters."""
    on = local_day(turn.database_now())
    remind_households(on)
    tell_of_votes(on)


@shared_task
def preview_tickets(job_id: int) -> None:
    """Compare an uploaded table of the hotline; a second delivery finds nothing to do."""
    hotline.preview(job_id, at=timezone.now())


@shared_task
def resume_ticket_imports() -> None:
    """Once a minute: whatever waits and nobody works at, for its message may be lost."""
    for job_id in hotline.unfinished():
        preview_tickets.delay(job_id)


@shared_task
def forget_old_ticket_rows() -> None:
    """Once a day: rows of imports that are over."""
    hotline.forget_old_rows(at=timezone.now())


def _do(step: Callable[[int], bool], survey_id: int) -> bool:
    """A step; what stands in its way is written where the office sees it, and the next round tries again."""
    try:
        return step(survey_id)
    except DomainError as problem:
        _log.error("survey %s: %s", survey_id, problem.message)
        Survey.objects.filter(pk=survey_id).update(problem=problem.message[:200])
        return False
