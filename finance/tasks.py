"""Work done aside: each task takes an id and calls one service; run twice it changes nothing."""

from celery import shared_task

from finance.models import Disclosure
from finance.services.posters import poster_of


@shared_task(time_limit=60, soft_time_limit=50)
def keep_poster(disclosure_id: int) -> None:
    """Make a published version's poster before anybody asks for it."""
    poster_of(Disclosure.objects.select_related("compound", "obligation").get(pk=disclosure_id))
