"""The settings of the test run: the house's own, with nothing shared with an installation or another run."""

import os
import tempfile
from pathlib import Path

if os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from baogai.settings import *  # noqa: F403 - the address of the database must be known before

_scratch = tempfile.TemporaryDirectory(prefix="baogai-tests-")  # gone when the run ends
_SCRATCH = Path(_scratch.name)
STORED_FILES_ROOT = MEDIA_ROOT = _SCRATCH / "files"
KEY_STORE = _SCRATCH / "keys"
ESCROW_STORE = _SCRATCH / "escrow"
ESCROW_PUBLIC_KEY = ""
STATIC_ROOT = _SCRATCH / "static"
STATIC_ROOT.mkdir()
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
DEBUG = False

# Nobody needs the rows of a test after a power cut.
DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"  # noqa: F405

# The cache lies in the test database, so that two runs at once never count each other's failed log-ins.
REDIS_URL = ""
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "baogai_cache"}}

# Tests ask for no collected files and need no worker; tasks run at once, in the caller.
STORAGES = STORAGES | {  # noqa: F405 - comes with the star
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, str] = {}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
