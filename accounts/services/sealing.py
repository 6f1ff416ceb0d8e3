"""Sealing the action trail into one hash chain per month, and proving that no line changed or went missing.

A line is sealed within minutes, in the order of the lines' numbers. What is not found here: a line that was false when
it was written, and whatever a superuser rewrites between a line and the next chain head written down elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q

from accounts.models import ActionRecord, TrailHead, TrailLink
from accounts.querysets import ActionRecordQuerySet
from kernel.anchors import HASH_DIGITS, Anchors
from kernel.chain import CURRENT_VERSION, GENESIS, Break, Link, body_sha, canonical, link_hash, verify
from kernel.days import SHANGHAI
from kernel.fields import Reference

_BATCH = 2000
#: A transaction that wrote a line ends within this; a line that shows up later below the sealed ones was slipped in.
_LATEST = timedelta(hours=1)
#: Numbers a line may come late by; so that looking for stragglers stays cheap in millions of lines.
_WITHIN = 100_000


def month_of(at: datetime) -> str:
    """2026-10, in Beijing: the name of the chain."""
    return f"{at.astimezone(SHANGHAI):%Y-%m}"


def body_of(record: ActionRecord) -> bytes:
    """Everything the line says, in the one form that is hashed; `record.by` is read."""
    return canonical(
        {
            "id": record.pk,
            "at": record.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "by": record.by.public_id if record.by else "",
            "by_text": record.by_text,
            "act": record.act,
            "subject": _plain(record.subject),
            "parts": [{**part, "subject": part["subject"] or ""} for part in record.parts],
            "result": record.result,
            "detail": record.detail,
            "address": record.address or "",
        }
    )


def _plain(subject: Reference | None) -> dict[str, str] | str:
    return {"kind": subject.kind, "id": subject.public_id, "title": subject.title} if subject else ""


# -- Sealing -----------------------------------------------------------------------------------------------------------


def seal_trail(*, at: datetime) -> int:
    """Link every line that has no place in a chain yet; how many. May run twice, or in two workers at once."""
    sealed = 0
    while waiting := list(_waiting(at)[:_BATCH]):
        sealed += _seal(waiting, at=at)
    return sealed


def _frontier() -> int:
    """The number of the last line sealed."""
    return TrailLink.objects.aggregate(last=Max("record_id"))["last"] or 0


def _waiting(at: datetime) -> ActionRecordQuerySet:
    last = _frontier()
    is_new = Q(pk__gt=last) | Q(pk__gt=last - _WITHIN, at__gte=at - _LATEST)
    return ActionRecord.objects.filter(is_new, link__isnull=True).for_display().order_by("pk")


@transaction.atomic
def _seal(waiting: Sequence[ActionRecord], *, at: datetime) -> int:
    months = sorted({month_of(record.at) for record in waiting})
    TrailHead.objects.bulk_create([TrailHead(month=month) for month in months], ignore_conflicts=True)
    heads = {
        head.month: head for head in TrailHead.objects.filter(month__in=months).order_by("month").select_for_update()
    }
    # Asked again with the heads locked: another worker may have sealed the same lines meanwhile.
    done = set(TrailLink.objects.filter(record__in=waiting).values_list("record_id", flat=True))
    links = [_append(heads[month_of(record.at)], record, at=at) for record in waiting if record.pk not in done]
    TrailLink.objects.bulk_create(links)
    TrailHead.objects.bulk_update(heads.values(), ["seq", "hash"])
    return len(links)


def _append(head: TrailHead, record: ActionRecord, *, at: datetime) -> TrailLink:
    """The next link of the head's chain; the head moves on with it."""
    body = body_sha(body_of(record))
    prev, head.seq = head.hash or GENESIS, head.seq + 1
    head.hash = link_hash(head.month, head.seq, prev, body)
    return TrailLink(
        record=record,
        month=head.month,
        seq=head.seq,
        prev=prev,
        body_sha=body,
        hash=head.hash,
        hash_version=CURRENT_VERSION,
        sealed_at=at,
    )


# -- Proving -----------------------------------------------------------------------------------------------------------


def verify_trail(anchors: Anchors | None = None, *, at: datetime) -> Iterator[str]:
    """Every fault of every month's chain, in words for the auditor; nothing where all holds."""
    published = anchors or {}
    linked = TrailLink.objects.order_by().values_list("month", flat=True).distinct()
    months = {*linked, *TrailHead.objects.values_list("month", flat=True), *published}
    for month in sorted(months):
        yield from (f"{month}：{fault}" for fault in _verify_month(month, published.get(month, {})))
    yield from _slipped_in(at)


class _Passing(Iterable[Link]):
    """Links on their way to the check, of which the last is remembered: a month need not fit into memory."""

    def __init__(self, month: str) -> None:
        self.seq, self.hash, self._month = 0, "", month

    def __iter__(self) -> Iterator[Link]:
        links = TrailLink.objects.filter(month=self._month).select_related("record__by").order_by("seq")
        for link in links.iterator(chunk_size=_BATCH):
            self.seq, self.hash = link.seq, link.hash
            yield link_of(link)


def link_of(link: TrailLink) -> Link:
    """The stored link with the line as it stands now; its record and whom it names are read."""
    try:
        body = body_of(link.record)
    except (TypeError, ValueError, KeyError):  # what was put there has no canonical form: no line of ours
        body = b""
    return Link(link.month, link.seq, link.prev, link.body_sha, link.hash, link.hash_version, body)


def _verify_month(month: str, anchors: Mapping[int, str]) -> Iterator[str]:
    passing = _Passing(month)
    breaks: list[Break] = verify(passing, anchors=anchors)
    yield from (one.message for one in breaks)
    head = TrailHead.objects.filter(month=month).first()
    if head is None or (head.seq, head.hash) != (passing.seq, passing.hash):
        at = f"第 {head.seq} 号" if head else "无"
        yield f"链头记录为{at}，现存最后一条为第 {passing.seq} 号（尾部被删或被插入）"


def _slipped_in(at: datetime) -> Iterator[str]:
    """Lines below the last sealed one that have no place in any chain, though there was time enough."""
    strays = ActionRecord.objects.filter(pk__lt=_frontier(), at__lt=at - _LATEST, link__isnull=True).order_by("pk")
    for record in strays.iterator():
        yield f"{month_of(record.at)}：记录 {record.pk}（{record}）没有入链，是事后插入的"


def trail_heads() -> list[tuple[str, int, str]]:
    """Month, seq and the first digits of the hash of every chain's head, to be written down elsewhere."""
    heads = TrailHead.objects.filter(seq__gt=0).order_by("month")
    return [(head.month, head.seq, head.hash[:HASH_DIGITS]) for head in heads]
