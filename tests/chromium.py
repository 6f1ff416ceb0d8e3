"""Which browser there is, and the two windows everything is looked at in. Needs no Django."""

import shutil
from pathlib import Path

from playwright.sync_api import ViewportSize

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}
#: The shell first: a window of the whole program costs four times as much, most of it for a surface nobody sees.
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def program_of_this_machine() -> str | None:
    """The browser of this machine, else one that `playwright install` fetched; None where there is neither.

    Asked before Playwright is started: its driver needs libraries that a bare machine may lack as well.
    """
    cache = Path.home() / ".cache" / "ms-playwright"
    fetched = sorted(map(str, (*cache.glob("chromium*/*/chrome"), *cache.glob("chromium*/*/headless_shell"))))
    return next(filter(None, map(shutil.which, _PROGRAMS)), fetched[0] if fetched else None)
