"""The web server: threads, limits, and the refusal to start an installation that must not serve."""

import gc
import os

import django
from django.core.management import CommandError, call_command
from django.db import connections

bind = os.environ.get("BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
timeout = 60
graceful_timeout = 20
max_requests = 5000
max_requests_jitter = 500
limit_request_field_size = 8190
accesslog = None
errorlog = "-"
loglevel = os.environ.get("LOG_LEVEL", "info").lower()
proc_name = "baogai"
control_socket_disable = True


def on_starting(server):
    """Once, before any worker: the same check as `manage.py check_production --as-is`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baogai.settings")
    django.setup()
    try:
        call_command("check_production", "--as-is", force_color="FORCE_COLOR" in os.environ)
    except CommandError as refusal:
        server.log.critical("%s", refusal)
        raise SystemExit(refusal.returncode) from refusal
    finally:
        connections.close_all()


def post_worker_init(worker):  # noqa: ARG001 - gunicorn gives it
    """What is loaded stays: the collector need not walk through it for every few hundred objects a request makes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 10)
