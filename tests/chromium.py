"""Which browser there is, and the two windows everything is looked at in. Needs no Django."""

import shutil
from pathlib import Path

from playwright.sync_api import Playwright, ViewportSize

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}
#: The shell first: a window of the whole program costs four times as much, most of it for a surface nobody sees.
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def program_of(playwright: Playwright) -> str | None:
    """The browser of this machine, else playwright's own; None where there is neither."""
    bundled = playwright.chromium.executable_path
    return next(filter(None, map(shutil.which, _PROGRAMS)), bundled if Path(bundled).exists() else None)
