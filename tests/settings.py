"""The settings of the test run: the house's own, with nothing leaving the machine or the temporary folder."""

import os
import tempfile
from pathlib import Path

if os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]

from baogai.settings import *  # noqa: F403 - the address of the database must be known before

_SCRATCH = Path(tempfile.mkdtemp(prefix="baogai-tests-"))
STORED_FILES_ROOT = MEDIA_ROOT = _SCRATCH / "files"
KEY_STORE = _SCRATCH / "keys"

# Tests ask for no collected files and need no worker; tasks run at once, in the caller.
STORAGES = STORAGES | {  # noqa: F405 - comes with the star
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
