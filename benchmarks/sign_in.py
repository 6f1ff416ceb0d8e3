"""AUTH-01: fifty tries each at the password's door by a known, an unknown, a closed and a password-less account.

    DATABASE_URL=postgres://… .venv/bin/python benchmarks/sign_in.py

Works in a database of its own, made and dropped here; each try goes through all of Django in one process, with argon2
as in production. The four kinds take turns, and what was counted against them is forgotten before each try. Answers
must be the same but for tokens; the medians must lie within 25 % of one another.
"""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "baogai.settings")

from benchmarks.databases import ROOT, database, environment

_CHILD = "import django; django.setup(); from benchmarks.strangers import run; run()"


def main() -> None:
    with database("bench_sign_in") as url:
        subprocess.run([sys.executable, "-c", _CHILD], cwd=ROOT, env=environment(url), check=True)


if __name__ == "__main__":
    main()
