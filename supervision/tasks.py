"""The sweep and the long exports as tasks: the clock and the retry policy, little else."""

from celery import shared_task
from django.db import OperationalError
from django.http import QueryDict
from django.utils import timezone

from communities.permissions import reach_of, standing_of
from files import exporting
from files.exporting import Made
from files.models import Export
from kernel.days import today
from notices.models import Message
from notices.services import send_message
from supervision.listing import listed, sheet_of
from supervision.services.sweep import sweep


@shared_task(autoretry_for=(OperationalError,), retry_backoff=30, max_retries=3)
def run_sweep() -> None:
    """Beat calls this every ten minutes; a call that is lost or doubled makes no difference."""
    sweep(today(), at=timezone.now())


@shared_task
def make_obligations_export(export_id: int) -> None:
    """The list of obligations as whoever asked reaches it on the day it is made; a second delivery does nothing."""
    exporting.make(export_id, _obligations, clock=timezone.now, tell=_tell)


def _obligations(export: Export) -> Made:
    standing = standing_of(export.requested_by, today())
    found = listed(QueryDict(export.asked["query"]), standing)
    return Made(sheet_of(found, standing), reach_of(standing))


def _tell(export: Export) -> None:
    send_message(
        [export.requested_by],
        kind=Message.Kind.NEWS,
        title=f"{export.title}已生成",
        body="请在“导入导出”里下载，7 天内有效。",
        dedupe_key=f"export:{export.public_id}",
    )
