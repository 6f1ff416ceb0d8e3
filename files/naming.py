"""File names people chose, made safe to store, to show and to send back."""

import re
import unicodedata

from files.rules import SUSPICIOUS_SUFFIXES, DoorRule
from kernel.errors import DomainError
from kernel.text import tidy

LONGEST_NAME = 100
_FORBIDDEN = re.compile(r'[<>:"|?*\\/]')
_NAMELESS = "附件"


def safe_name(name: str) -> str:
    """The last part of the path, without control characters and what file systems and headers forbid.

    At most 100 characters, the extension kept; "附件" where nothing is left.
    """
    last = tidy(unicodedata.normalize("NFC", name)).replace("\\", "/").rsplit("/", 1)[-1]
    kept = _FORBIDDEN.sub("_", last).strip().rstrip(". ")
    stem, dot, suffix = kept.rpartition(".")
    if not dot:
        return kept[:LONGEST_NAME] or _NAMELESS
    return f"{(stem.strip() or _NAMELESS)[: LONGEST_NAME - len(suffix[:10]) - 1]}.{suffix[:10]}"


def suffix_of(name: str) -> str:
    """The extension in lower case without the dot, or ""."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def check_name(name: str, rule: DoorRule, *, field: str) -> str:
    """The extension, if the door lets it in. Raises DomainError naming `field`."""
    suffix = suffix_of(name)
    if suffix not in rule.suffixes:
        shown = f"“.{suffix[:10]}”文件" if suffix else "没有扩展名的文件"
        hint = "请用手机相册另存为 jpg 后再传；" if suffix in {"heic", "heif"} else ""
        raise DomainError(f"这里不能上传{shown}。{hint}可用：{rule.words}。", field=field)
    inner = name.lower().split(".")[1:-1]
    if inner and inner[-1] in SUSPICIOUS_SUFFIXES:
        raise DomainError(f"文件名“{name[:40]}”有两个扩展名，请改名后再传。", field=field)
    return suffix
