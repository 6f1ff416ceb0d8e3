"""The surveys as tasks: what is due is looked up in rows, each survey is a task of its own, all may run twice."""

import logging
from collections.abc import Callable

from celery import shared_task
from django.db import OperationalError

from evaluations.models import Survey
from evaluations.services import turn
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


def _do(step: Callable[[int], bool], survey_id: int) -> bool:
    """A step; what stands in its way is written where the office sees it, and the next round tries again."""
    try:
        return step(survey_id)
    except DomainError as problem:
        _log.error("survey %s: %s", survey_id, problem.message)
        Survey.objects.filter(pk=survey_id).update(problem=problem.message[:200])
        return False
