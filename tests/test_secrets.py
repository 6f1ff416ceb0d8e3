"""No secret lies among the files that are handed on (OPS-04)."""

import re
import shutil
import subprocess
from pathlib import Path

from django.conf import settings

ROOT: Path = settings.BASE_DIR
#: Made by the two commands, and never handed on (.gitignore).
_MADE_HERE = {".git", ".venv", "node_modules", "staticfiles", "var", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
#: Keys as their issuers write them, and passwords inside addresses.
SECRET = re.compile(
    r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"
    r"|\bAKIA[0-9A-Z]{16}\b|\bLTAI[0-9A-Za-z]{16,}\b|\bgh[pousr]_[0-9A-Za-z]{36}\b|\bsk-[0-9A-Za-z]{32,}\b"
    r"|\b(?:SECRET_KEY|SMS_ACCESS_KEY|WEIXIN_SECRET)=[^\s$\"'{]{16,}"
    r"|\b(?:postgres|redis|smtp\+tls)://[^\s:@/\"']+:(?!…|secret@|password@|\{)[^\s@\"'{…]+@"
)


def handed_on() -> list[Path]:
    """What git keeps; where there is no checkout or no git, every text of the folders that are handed on."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
        return [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    folders = [one for one in ROOT.iterdir() if one.is_dir() and one.name not in _MADE_HERE]
    beside = [one for one in ROOT.iterdir() if one.is_file() and one.name != ".env"]
    inside = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return beside + [file for file in inside if file.suffix != ".pyc"]


def test_no_file_holds_a_secret() -> None:
    found = []
    for file in handed_on():
        if file.suffix in {".png", ".xlsx", ".woff2", ".ico"} or file == Path(__file__):
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        found += [f"{file.relative_to(ROOT)}: {one.group()[:30]}" for one in SECRET.finditer(text)]
    assert found == []


def test_the_settings_of_an_installation_are_not_handed_on() -> None:
    names = {file.relative_to(ROOT).as_posix() for file in handed_on()}
    assert names.isdisjoint({".env", "var/secret_key"})


def test_a_secret_would_be_found() -> None:
    for text in (
        "-----BEGIN RSA PRIVATE KEY-----",
        "AKIAABCDEFGHIJKLMNOP",
        "SECRET_KEY=wWq4nB2y7kPz0VtR9xLm3cJd8sHf6gUa1",
        "redis://baogai:hunter2hunter2@10.0.0.1/0",
    ):
        assert SECRET.search(text), text
    for text in ("SECRET_KEY=", "postgres://baogai_web:…@127.0.0.1:5432/baogai", "smtp+tls://user:password@host:587"):
        assert not SECRET.search(text), text
