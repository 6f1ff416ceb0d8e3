"""Are the locked packages free of known problems? A step of ./test.

Asks PyPI's own advisories by pip-audit. Where they cannot be reached it says so, and holds the lock files against the
table below, which needs no network and knows only what was known when it was last written.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

from packaging.version import Version

HOUSE = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt")
PATIENCE = 120  # seconds for a whole lock file

#: Package -> the first version without the problem, and its name. Written 2026-11-25.
FLOORS = {
    "brotli": ("1.2.0", "CVE-2025-6176"),
    "certifi": ("2024.7.4", "CVE-2024-39689"),
    "cryptography": ("44.0.1", "CVE-2024-12797"),
    "django": ("5.2.8", "CVE-2025-64459"),
    "django-allauth": ("65.13.0", "CVE-2025-65431"),
    "djangorestframework": ("3.15.2", "CVE-2024-21520"),
    "fonttools": ("4.60.2", "CVE-2025-66034"),
    "gunicorn": ("23.0.0", "CVE-2024-6827"),
    "idna": ("3.7", "CVE-2024-3651"),
    "pillow": ("11.3.0", "CVE-2025-48379"),
    "pyjwt": ("2.10.1", "CVE-2024-53861"),
    "pypdf": ("6.4.0", "CVE-2025-66019"),
    "requests": ("2.32.4", "CVE-2024-47081"),
    "setuptools": ("78.1.1", "CVE-2025-47273"),
    "sqlparse": ("0.5.0", "CVE-2024-4340"),
    "urllib3": ("2.6.0", "CVE-2025-66418"),
    "weasyprint": ("68.0", "CVE-2025-68616"),
}


def locked(lock: str) -> dict[str, str]:
    """Package -> version, as a lock file pins them."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", (HOUSE / lock).read_text(), re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in pins}


def below_floor(pins: dict[str, str]) -> list[str]:
    """What the table knows against them."""
    return [
        f"{name} {pins[name]}: {problem}, cured by {floor}"
        for name, (floor, problem) in FLOORS.items()
        if name in pins and Version(pins[name]) < Version(floor)
    ]


def advisories(lock: str) -> list[str] | None:
    """What PyPI knows against a lock file; None where it could not be asked."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps", "--format", "json", "--timeout", "10"]
    try:
        answer = subprocess.run(  # noqa: S603 - our own words
            [*command, "--requirement", str(HOUSE / lock)],
            capture_output=True,
            check=False,
            text=True,
            timeout=PATIENCE,
        )
        found = json.loads(answer.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return [
        f"{one['name']} {one['version']}: {problem['id']}, cured by {problem['fix_versions'] or 'nothing yet'}"
        for one in found
        for problem in one.get("vulns", [])
    ]


def main() -> int:
    problems = []
    for lock in LOCKS:
        known = advisories(lock)
        if known is None:
            print(
                f"{lock}: PyPI's advisories could not be asked; held against the table of {Path(__file__).name} only."
            )
            known = below_floor(locked(lock))
        problems += [f"{lock}: {problem}" for problem in known]
    print("\n".join(problems) or "No known problem in the locked packages.")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
