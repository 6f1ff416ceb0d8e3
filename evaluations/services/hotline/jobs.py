"""What the worker does for an import of tickets: preview it. May run twice, late, or in two workers at once."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from communities.models import Compound, Town
from evaluations.hotline_rules import LABELS, LONGEST_PLACE, Facts, Fault, Gazetteer, Place, TicketLine, TicketReader
from evaluations.models import CompoundAlias, HotlineTicket, TicketImport, TicketRow
from evaluations.services.hotline.imports import imports_so_far, lock_tickets
from evaluations.services.hotline.stages import State, advance
from files.importing import MOST_ATTEMPTS, Progress, claim
from kernel.days import local_day, long_moment
from kernel.errors import DomainError

_BATCH: Final = 2_000
_Fate = TicketRow.Fate
_NOTHING: Final = "（空）"


def unfinished() -> list[int]:
    """Imports that wait for a worker, whose message may have been lost."""
    return list(TicketImport.objects.filter(state=State.PREVIEWING).order_by("pk").values_list("pk", flat=True))


def preview(job_id: int, *, at: datetime) -> None:
    """Compare every row with the tickets there are. Nothing to do, or somebody at it already: nothing happens.

    Killed at any moment, nothing is half done: the work and the new state are one transaction, the claim ends with it.
    """
    try:
        _preview_once(job_id, at=at)
    except DomainError as error:
        _fail(job_id, error)


@transaction.atomic
def _fail(job_id: int, error: DomainError) -> None:
    job = TicketImport.objects.get(pk=job_id)
    if job.is_working:
        advance(job, State.FAILED, problem=error.message[:200])


@transaction.atomic
def _preview_once(job_id: int, *, at: datetime) -> None:
    if not claim(f"ticket import {job_id}"):
        return
    job = TicketImport.objects.select_related("town").filter(pk=job_id).first()
    if job is None or not job.is_working:
        return
    with Progress(TicketImport, job_id) as progress:
        if progress.begin() > MOST_ATTEMPTS:
            raise DomainError("多次处理都中断了，没有写入任何内容。请重新上传，或联系系统管理员。")
        lock_tickets(job.town)
        reader = TicketReader(job.layout["labels"], job.columns, on=local_day(at))
        counts = _stage(job, reader, progress)
    advance(
        job,
        State.PREVIEWED,
        rows_total=counts.total(),
        rows_done=0,
        rows_new=counts[_Fate.NEW],
        rows_changed=counts[_Fate.CHANGED],
        rows_same=counts[_Fate.SAME],
        rows_bad=counts[_Fate.BAD],
        rows_unclear=counts[_Fate.UNCLEAR],
        rows_foreign=counts[_Fate.FOREIGN],
        rows_passed_over=reader.passed_over,
        imports_before=imports_so_far(job.town),
        attempts=0,
    )


def gazetteer_of(town: Town) -> Gazetteer:
    """The town's compounds and what the office has called them; two statements."""
    compounds = Compound.objects.filter(village__town=town).order_by("pk")
    places = [Place(*row) for row in compounds.values_list("pk", "name", "village__name")]
    aliases = dict(CompoundAlias.objects.filter(town=town).values_list("key", "compound"))
    return Gazetteer(places, aliases, town=town.name)


# What was read of each row, written beside its cells: one statement for some thousands.
_WRITE: Final = """
    UPDATE evaluations_ticketrow t
    SET fate = r.fate, ticket_number = r.ticket_number, place = r.place, compound_id = r.compound_id,
        category = r.category, handler = r.handler, received_at = r.received_at, due_at = r.due_at,
        closed_at = r.closed_at, satisfied = r.satisfied, repeated = r.repeated, justified = r.justified,
        changes = r.changes, faults = r.faults
    FROM jsonb_to_recordset(%s::jsonb) AS r (
        number int, fate text, ticket_number text, place text, compound_id bigint, category text, handler text,
        received_at timestamptz, due_at timestamptz, closed_at timestamptz, satisfied boolean, repeated boolean,
        justified boolean, changes jsonb, faults jsonb)
    WHERE t.ticket_import_id = %s AND t.number = r.number
"""


def _stage(job: TicketImport, reader: TicketReader, progress: Progress) -> Counter[str]:
    """Read the rows as uploaded, some thousands at a time, and write beside each what would become of it."""
    gazetteer = gazetteer_of(job.town)
    counts: Counter[str] = Counter()
    uploaded = TicketRow.objects.filter(ticket_import=job)
    uploaded.update(fate="", ticket_number="", place="")  # what an earlier preview said
    total = uploaded.count()
    walked = uploaded.order_by("number").values_list("number", "cells").iterator(chunk_size=_BATCH)
    lines = reader.lines(walked)
    while some := list(islice(lines, _BATCH)):
        placed = list(_placed(job, some, gazetteer))
        counts.update(str(row["fate"]) for row in placed)
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [DjangoJSONEncoder(ensure_ascii=False).encode(placed), job.pk])
        progress.at(min(total, some[-1].number - job.header_row), total)
    return counts


def _placed(job: TicketImport, lines: Sequence[TicketLine], gazetteer: Gazetteer) -> Iterator[dict[str, Any]]:
    """Each line with its compound and its fate; two statements for some thousands."""
    wanted = {line.ticket for line in lines if not line.faults}
    found = HotlineTicket.objects.filter(town=job.town, number__in=wanted).select_related("compound")
    known = {ticket.number: ticket for ticket in found}
    meant = {line.number: gazetteer.find(line.place) for line in lines if not line.faults}
    names = dict(Compound.objects.filter(pk__in={pk for _, pk in meant.values() if pk}).values_list("pk", "name"))
    for line in lines:
        is_clear, compound = meant.get(line.number, (False, None))
        fate, changes, faults = _Fate.BAD, None, line.faults or None
        if not faults and not is_clear:
            fate = _Fate.UNCLEAR
        elif not faults and compound is None:
            fate = _Fate.FOREIGN
        elif not faults:
            fate, changes, faults = _compared(line.facts, compound, known.get(line.ticket), names)
        yield {
            "number": line.number,
            "ticket_number": line.ticket,
            "place": line.place[:LONGEST_PLACE],
            "compound_id": None if faults else compound,
            **asdict(line.facts),
            "category": line.facts.category or "",
            "handler": line.facts.handler or "",
            "fate": fate.value,
            "changes": changes,
            "faults": faults,
        }


_Change = tuple[str, str, str]


def _compared(
    facts: Facts, compound: int | None, ticket: HotlineTicket | None, names: Mapping[int, str]
) -> tuple[TicketRow.Fate, list[_Change] | None, list[Fault] | None]:
    """New, changed (old → new) or the same; or wrong, where what it says does not fit what is known already.

    What a row does not say stays as it is.
    """
    if ticket is None:
        return _Fate.NEW, None, None
    received = facts.received_at or ticket.received_at
    for name in ("due_at", "closed_at"):
        moment = getattr(facts, name) or getattr(ticket, name)
        if moment is not None and moment < received:
            words = f"晚于已导入的{LABELS[name]}{long_moment(moment)}。"
            return _Fate.BAD, None, [Fault(LABELS["received_at"], long_moment(received), words)]
    changes = [
        (LABELS[name], _shown(getattr(ticket, name)), _shown(value))
        for name, value in asdict(facts).items()
        if value is not None and value != getattr(ticket, name)
    ]
    if compound is not None and ticket.compound_id != compound:
        changes.insert(0, (LABELS["place"], ticket.compound.name, names[compound]))
    return (_Fate.CHANGED if changes else _Fate.SAME), changes or None, None


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return long_moment(value)
    return str(value) if value not in (None, "") else _NOTHING
