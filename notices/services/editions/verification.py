"""Proving that published editions are what they were: each hash, the town's chain, numbers without a gap."""

from collections.abc import Iterator
from itertools import groupby

from communities.models import Town
from kernel.chain import Link, canonical, verify
from notices.models import Edition, EditionHead, LetterCounter
from notices.rules import letter_number


def verify_editions() -> Iterator[str]:
    """Every fault, in words for the auditor; nothing where all holds."""
    for town in Town.objects.filter(pk__in=EditionHead.objects.values("pk")).order_by("pk"):
        editions = list(Edition.objects.filter(town=town).order_by("seq", "id"))
        yield from (f"{town}发布稿{broken.message}" for broken in verify(_link(town, one) for one in editions))
        yield from _head_faults(town, editions)
        yield from (
            f"{town}发布稿第 {one.seq} 号：文号与冻结数据不符"
            for one in editions
            if one.figures.get("number") != one.letter_number
        )
        yield from _gaps(town, editions)


def _link(town: Town, edition: Edition) -> Link:
    return Link(
        chain=f"edition:{town.code}",
        seq=edition.seq,
        prev=edition.prev,
        body_sha=edition.body_sha,
        hash=edition.hash,
        version=edition.hash_version,
        body=_body(edition),
    )


def _body(edition: Edition) -> bytes:
    """The canonical bytes; of a body that has no canonical form nothing, which no hash fits."""
    try:
        return canonical(edition.figures)
    except (TypeError, ValueError):
        return b""


def _head_faults(town: Town, editions: list[Edition]) -> Iterator[str]:
    head = EditionHead.objects.get(town=town)
    last = (editions[-1].seq, editions[-1].hash) if editions else (0, "")
    if (head.seq, head.hash) != last:
        yield f"{town}发布稿链头记录为第 {head.seq} 号，现存最后一份为第 {last[0]} 号"


def _gaps(town: Town, editions: list[Edition]) -> Iterator[str]:
    """Numbers of a series and year run from 1 to the counter's last."""
    last = {(one.series, one.year): one.last for one in LetterCounter.objects.filter(town=town)}
    in_order = sorted(editions, key=lambda one: (one.series, one.year, one.number))
    for (series, year), group in groupby(in_order, key=lambda one: (one.series, one.year)):
        numbers = [one.number for one in group]
        if numbers != list(range(1, last.get((series, year), 0) + 1)):
            yield f"{town}文号 {letter_number(series, year, numbers[-1])} 之前有缺号或重号"
