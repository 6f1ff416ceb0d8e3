"""The versioned hash chain under everything that may never change unnoticed.

`body_sha` = SHA-256 of the canonical body; `hash` = SHA-256("chain|seq|prev|body_sha"), both as 64 hex digits. The body
may live in another table and be erased lawfully: the chain still verifies by `body_sha`. Version 1 may never change;
a new rule is a new version beside it (see the golden vectors in the tests).
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

# JSON numbers beyond this are not the same number in every language that may verify the chain.
_LARGEST_INT = 2**53 - 1
GENESIS = "0" * 64
CURRENT_VERSION = 1

Body = str | int | Sequence["Body"] | Mapping[str, "Body"]


def canonical(body: Mapping[str, Body]) -> bytes:
    """The one byte form of a body: JSON of strings and whole numbers, keys sorted, UTF-8, no spaces.

    Money is given in fen, area in 0.01 m², moments as UTC text. Raises TypeError for floats, None and booleans, and
    ValueError for numbers beyond 2^53 or text that UTF-8 cannot hold.
    """
    _check(body)
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _check(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, str | int | list | tuple | dict):
        raise TypeError(f"{type(value).__name__} has no canonical form")
    if isinstance(value, int) and abs(value) > _LARGEST_INT:
        raise ValueError(f"{value} is too large for a canonical body")
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("keys must be strings")
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        for part in value:
            _check(part)


def body_sha(body: bytes) -> str:
    """SHA-256 of canonical bytes, 64 hex digits."""
    return hashlib.sha256(body).hexdigest()


def _link_v1(chain: str, seq: int, prev: str, body_sha: str) -> str:
    return hashlib.sha256(f"{chain}|{seq}|{prev}|{body_sha}".encode()).hexdigest()


_VERSIONS: dict[int, Callable[[str, int, str, str], str]] = {1: _link_v1}


def link_hash(chain: str, seq: int, prev: str, body_sha: str, *, version: int = CURRENT_VERSION) -> str:
    """The hash of a link. `prev` is the hash of link seq−1, or GENESIS for seq 1. Raises ValueError for bad parts."""
    if "|" in chain or seq < 1 or len(prev) != 64 or len(body_sha) != 64:
        raise ValueError("a link needs a chain name without |, seq from 1, and two hashes of 64 hex digits")
    return _VERSIONS[version](chain, seq, prev, body_sha)


@dataclass(frozen=True)
class Link:
    """A stored link; `body` is None where it was lawfully erased."""

    chain: str
    seq: int
    prev: str
    body_sha: str
    hash: str
    version: int = CURRENT_VERSION
    body: bytes | None = None


@dataclass(frozen=True)
class Break:
    """A place where the chain does not hold, in words for the auditor."""

    seq: int
    message: str


def verify(links: Iterable[Link], *, anchors: Mapping[int, str] | None = None) -> list[Break]:
    """Every break in one chain, given in order of seq; an empty list means it holds.

    `anchors` are hashes published elsewhere, seq → the first 16 or more hex digits: only they show a tail that was
    cut off, or a chain rewritten from the start with right hashes.
    """
    breaks, expected_seq, prev, hashes = [], 1, GENESIS, {}
    for link in links:
        if link.seq != expected_seq:
            breaks.append(Break(link.seq, f"第 {expected_seq} 号之后缺失或错号：现为第 {link.seq} 号"))
        breaks += [Break(link.seq, message) for message in _faults(link, prev)]
        expected_seq, prev = link.seq + 1, link.hash
        hashes[link.seq] = link.hash
    for seq, published in sorted((anchors or {}).items()):
        if seq not in hashes:
            breaks.append(Break(seq, f"第 {seq} 号已对外公布，链中却没有（尾部被删）"))
        elif not hashes[seq].startswith(published):
            breaks.append(Break(seq, f"第 {seq} 号与对外公布的校验码不符（链被重写）"))
    return breaks


def _faults(link: Link, prev: str) -> list[str]:
    if link.version not in _VERSIONS:
        return [f"第 {link.seq} 号的算法版本 {link.version} 未知"]
    found = []
    if link.prev != prev:
        found.append(f"第 {link.seq} 号与上一号没有接上")
    if link.body is not None and body_sha(link.body) != link.body_sha:
        found.append(f"第 {link.seq} 号的内容被改动")
    if _VERSIONS[link.version](link.chain, link.seq, link.prev, link.body_sha) != link.hash:
        found.append(f"第 {link.seq} 号的校验码不符")
    return found
