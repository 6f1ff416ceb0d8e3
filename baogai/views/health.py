"""Whether the installation is alive and its sweep runs: for machines in one line, for people on a page."""

from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from notices.models import Delivery
from notices.rules import DeliveryState
from supervision.models import SweepRun

#: The sweep runs every ten minutes; after three missed turns somebody should look.
_STALE_AFTER = timedelta(minutes=30)


def _last_finished() -> SweepRun | None:
    return SweepRun.objects.filter(finished_at__isnull=False).order_by("-finished_at").first()


def _is_fresh(run: SweepRun | None, *, at: datetime) -> bool:
    return run is not None and run.finished_at is not None and at - run.finished_at <= _STALE_AFTER


def _outbox() -> dict[str, Any]:
    """How many messages wait, since when the oldest could have gone, and how many need a person."""
    waiting = Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=timezone.now())
    found = waiting.aggregate(waiting=Count("pk"), oldest=Min("due_at"))
    return found | {"undelivered": Delivery.objects.undelivered().count()}


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - a view takes a request
    """200 while the database answers and a sweep ended within 30 minutes, else 503."""
    try:
        run = _last_finished()
    except DatabaseError:
        return JsonResponse({"ok": False, "database": False, "last_sweep_at": None}, status=503)
    fresh = _is_fresh(run, at=timezone.now())
    last = run.finished_at.isoformat() if run and run.finished_at else None
    return JsonResponse({"ok": fresh, "database": True, "last_sweep_at": last}, status=200 if fresh else 503)


@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """The same for people: when the deadlines were last swept, red after 30 minutes."""
    run = _last_finished()
    fresh = _is_fresh(run, at=timezone.now())
    recent = SweepRun.objects.order_by("-id")[:10]
    context = {
        "run": run,
        "is_fresh": fresh,
        "recent": recent,
        "outbox": _outbox(),
        "stale_minutes": int(_STALE_AFTER.total_seconds()) // 60,
    }
    return render(request, "baogai/health.html", context, status=200 if fresh else 503)
