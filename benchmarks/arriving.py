"""P5, first half: fifty households in a row, from the scan of a slip to bound and signed in, and back by code.

    DATABASE_URL=postgres://… .venv/bin/python benchmarks/arriving.py

Works in a database of its own, made and dropped here. Time is the server's: each request goes through all of Django
(middleware, session, templates, database) in one process, without network or browser; the worker's sending of a code
is counted with the way back. Beside it in every round: one sign-in by password (argon2), the mean of ten.
Every password hasher is watched, and none may run on the residents' way.
"""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baogai.settings")

from benchmarks.databases import ROOT, database, environment

_CHILD = "import django; django.setup(); from benchmarks.households import run; run()"


def main() -> None:
    with database("bench_arriving") as url:
        subprocess.run([sys.executable, "-c", _CHILD], cwd=ROOT, env=environment(url), check=True)


if __name__ == "__main__":
    main()
