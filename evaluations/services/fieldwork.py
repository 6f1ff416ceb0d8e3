"""What inspections and the hotline say of a half-year, as the facts an appraisal takes (`appraisal_facts`).

Read-only and set-based: as many statements for ten thousand compounds as for one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from communities.models import Town
from evaluations.appraisal_facts import Appraised, FindingFact, TicketFact
from evaluations.appraisal_rules import Head, Item, Source
from evaluations.models import AppraisalMethod, AppraisalRound, Finding, HotlineTicket, Inspection
from kernel.periods import Period

_CHUNK = 2_000
_CLEAN = "检查未发现问题"
#: What an item is, whatever code a version of the method gives it.
_What = tuple[Head, str]


def inspectable(method: AppraisalMethod) -> list[Item]:
    """The items of a method that are judged on site, in its order."""
    return [item for item in method.item_list if item.source is Source.INSPECTION]


def method_of_facts(town: Town, period: Period) -> AppraisalMethod | None:
    """The half-year's method: as locked by its round, else the last version; None where there is none."""
    locked = AppraisalRound.objects.filter(town=town, period=period.code).select_related("method").first()
    return locked.method if locked else AppraisalMethod.objects.of(town.pk, period).first()


def findings_of(town: Town, period: Period) -> Mapping[Appraised, Sequence[FindingFact]]:
    """What was found on site, by (compound, firm): every finding that stands, and the items found in order.

    An inspection was made by the version of the method there was on its day; an item is the same where head and words
    are. What the method does not hold any more is left out, and the inspection's own page says so.
    """
    method = method_of_facts(town, period)
    if method is None:
        return {}
    now = {(item.head, item.label): item.code for item in inspectable(method)}
    then: dict[int, dict[str, str]] = {}
    inspections = Inspection.objects.of(town.pk, period).order_by("visited_on", "pk").select_related("method")
    found: dict[int, list[Finding]] = defaultdict(list)
    standing = Finding.objects.filter(inspection__in=inspections.values("pk"), withdrawal__isnull=True)
    for finding in standing.order_by("pk").iterator(chunk_size=_CHUNK):
        found[finding.inspection_id].append(finding)
    facts: dict[Appraised, list[FindingFact]] = defaultdict(list)
    for one in inspections.iterator(chunk_size=_CHUNK):
        if one.method_id not in then:
            then[one.method_id] = _renamed(one.method, now)
        facts[one.compound_id, one.firm_id] += _facts(one, found[one.pk], then[one.method_id])
    return facts


def _renamed(method: AppraisalMethod, now: Mapping[_What, str]) -> dict[str, str]:
    """Codes of a version → codes of the method that counts."""
    same = ((item.code, now.get((item.head, item.label))) for item in inspectable(method))
    return {code: there for code, there in same if there is not None}


def _facts(inspection: Inspection, found: Sequence[Finding], codes: Mapping[str, str]) -> list[FindingFact]:
    on = inspection.visited_on or inspection.period_value.first
    facts = [
        FindingFact(codes[one.code], one.points, on, one.words, one.public_id) for one in found if one.code in codes
    ]
    faulty = {one.code for one in found}
    facts += [
        FindingFact(codes[code], Decimal(0), on, _CLEAN, inspection.public_id)
        for code in inspection.checked
        if code in codes and code not in faulty
    ]
    return facts


def lost_items(inspection: Inspection, method: AppraisalMethod | None) -> list[Item]:
    """Items of an inspection that the method that counts does not hold any more."""
    if method is None:
        return []
    now = {(item.head, item.label) for item in inspectable(method)}
    return [item for item in inspectable(inspection.method) if (item.head, item.label) not in now]


def tickets_of(town: Town, period: Period) -> Mapping[int, Sequence[TicketFact]]:
    """The hotline's tickets that came in during the half-year, by compound, the oldest first.

    Where a table does not say whether the matter was so, it counts as so: only what was found 不属实 is left out.
    """
    found = HotlineTicket.objects.filter(town=town).received_in(period).order_by("received_at", "pk")
    facts: dict[int, list[TicketFact]] = defaultdict(list)
    for one in found.iterator(chunk_size=_CHUNK):
        facts[one.compound_id].append(
            TicketFact(
                number=one.number,
                received_at=one.received_at,
                due_at=one.due_at,
                closed_at=one.closed_at,
                satisfied=one.satisfied,
                repeated=one.repeated,
                justified=one.justified is not False,
                reference=one.number,
            )
        )
    return facts
