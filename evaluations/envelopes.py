"""What lies inside a seal, as bytes: one length for every ballot of a survey, and one for every comment.

Pure. UTF-8 JSON without ASCII escapes, filled up with blanks, which JSON allows behind a value.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from evaluations.rules import LONGEST_COMMENT, label_of
from kernel.codes import in_groups

_BLOCK = 64
_ID_LENGTH = 16
#: The longest a character of a comment becomes: four bytes of UTF-8, or an escaped quote or backslash of two.
_CHARACTER = 4


class EnvelopeError(ValueError):
    """What a seal held is not what this portal seals."""


@dataclass(frozen=True)
class OpenBallot:
    receipt: str
    answers: str


def _json(content: dict[str, str]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _up(length: int) -> int:
    return -(-length // _BLOCK) * _BLOCK


def ballot_size(questions: int) -> int:
    """The bytes of every ballot of a survey, fixed when it opens."""
    return _up(len(_ballot("0" * _ID_LENGTH, "0" * _ID_LENGTH, "U" * questions)))


def comment_size() -> int:
    return _up(len(_comment("0" * _ID_LENGTH, "")) + LONGEST_COMMENT * _CHARACTER)


def _ballot(survey: str, receipt: str, answers: str) -> bytes:
    return _json({"answers": answers, "receipt": receipt, "survey": survey})


def _comment(survey: str, text: str) -> bytes:
    return _json({"comment": text, "survey": survey})


def pack_ballot(survey: str, receipt: str, answers: str, *, size: int) -> bytes:
    """Raises EnvelopeError where it does not fit: a seal longer than the others would say whose it is."""
    return _filled(_ballot(survey, receipt, answers), size)


def pack_comment(survey: str, text: str, *, size: int) -> bytes:
    return _filled(_comment(survey, text), size)


def _filled(content: bytes, size: int) -> bytes:
    if len(content) > size:
        raise EnvelopeError(f"{len(content)} bytes do not fit into {size}")
    return content.ljust(size)


def unpack_ballot(content: bytes, *, survey: str, size: int) -> OpenBallot:
    """Raises EnvelopeError for another survey's ballot, another length, or anything else than a ballot."""
    found = _read(content, survey=survey, size=size, keys={"answers", "receipt", "survey"})
    return OpenBallot(found["receipt"], found["answers"])


def unpack_comment(content: bytes, *, survey: str, size: int) -> str:
    return _read(content, survey=survey, size=size, keys={"comment", "survey"})["comment"]


def _read(content: bytes, *, survey: str, size: int, keys: set[str]) -> dict[str, str]:
    try:
        found = json.loads(content.decode()) if len(content) == size else None
    except ValueError as broken:
        raise EnvelopeError("not readable") from broken
    if not isinstance(found, dict) or set(found) != keys or not all(isinstance(one, str) for one in found.values()):
        raise EnvelopeError("not what was sealed here")
    if found["survey"] != survey:
        raise EnvelopeError("sealed for another survey")
    return found


# -- The published list --------------------------------------------------------------------------------------------


def published_list(survey: str, ballots: Iterable[tuple[str, str]]) -> bytes:
    """The public file: survey, head, then receipt and overall answer, in the order given (sorted by receipt).

    Of the items totals only are published, so that nobody can be made to vote a recognisable pattern.
    """
    lines = [f"测评编号,{survey}", "回执,总体评价"]
    lines += [f"{in_groups(receipt)},{label_of(answers[-1])}" for receipt, answers in ballots]
    return ("\n".join(lines) + "\n").encode()


def list_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
