"""The queue and the whole schedule of recurring work, readable at a glance."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baogai.settings")

app = Celery("baogai")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Every entry may run twice, late, or in two workers at once: tasks claim rows before they act.
app.conf.beat_schedule = {
    "sweep the obligations": {"task": "supervision.tasks.run_sweep", "schedule": 600.0},
    # Expires: whoever was away for an hour need not do it two hundred times.
    "deliver what is due": {"task": "notices.tasks.deliver_due", "schedule": 15.0, "options": {"expires": 60}},
    "seal the action trail": {"task": "accounts.tasks.seal_trail", "schedule": 300.0},
    "resume roster imports": {"task": "communities.tasks.resume_roster_imports", "schedule": 60.0},
    "resume ticket imports": {"task": "evaluations.tasks.resume_ticket_imports", "schedule": 60.0},
    "resume exports": {"task": "files.tasks.resume_exports", "schedule": 60.0},
    "resume editions": {"task": "notices.tasks.resume_editions", "schedule": 60.0},
    "open, count and finish surveys": {
        "task": "evaluations.tasks.run_surveys",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # Every half an hour from eight to nine at night: whoever was told today is not told again.
    "remind households of surveys": {
        "task": "evaluations.tasks.remind_of_surveys",
        "schedule": crontab("*/30", "8-20"),
    },
    "forget old exports": {"task": "files.tasks.forget_old_exports", "schedule": 3600.0},
    "forget old roster rows": {"task": "communities.tasks.forget_old_roster_rows", "schedule": 24 * 3600.0},
    "forget old ticket rows": {"task": "evaluations.tasks.forget_old_ticket_rows", "schedule": 24 * 3600.0},
    "forget codes and sessions that are over": {"task": "baogai.tasks.forget_what_is_over", "schedule": 24 * 3600.0},
}
