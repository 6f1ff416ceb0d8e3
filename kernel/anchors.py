"""Chain heads written down outside the database: only they show a tail cut off or a chain rewritten whole."""

from collections.abc import Iterable, Mapping

from kernel.errors import DomainError

#: So many digits of a hash are written down and shown.
HASH_DIGITS = 16
#: Chain → seq → the first digits of the hash, as written down elsewhere.
Anchors = Mapping[str, Mapping[int, str]]


def read_anchors(lines: Iterable[str], *, chain: str) -> dict[str, dict[int, str]]:
    """Anchors from text: `chain seq hash` on each line, # begins a remark; `chain` is what the first word is called.

    Raises DomainError naming the line.
    """
    anchors: dict[str, dict[int, str]] = {}
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 3 or not words[1].isdecimal() or len(words[2]) < HASH_DIGITS:
            raise DomainError(f"第 {number} 行不是“{chain} 序号 校验码”。")
        anchors.setdefault(words[0], {})[int(words[1])] = words[2].lower()
    return anchors
