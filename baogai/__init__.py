"""Wiring: settings, addresses, the queue and its whole schedule, start-up checks, pages that compose several apps.

Owns no models. May import every app and is imported by none.
"""

from baogai.celery import app as celery_app

__all__ = ["celery_app"]
