"""What the portal knows about every firm that is being scored, gathered for all of a round at once.

Set-based: so many statements as there are sources, however many compounds there are. What is gathered explains itself
line by line and is kept with the appraisal; from the hand-over to review on it stays as it is.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from communities.models import Town
from evaluations.appraisal_facts import (
    Appraised,
    FindingFacts,
    Part,
    TicketFacts,
    duty_part,
    finding_part,
    survey_part,
    ticket_part,
)
from evaluations.appraisal_rules import AUTOMATIC, Item, Source, Stage
from evaluations.models import Appraisal, AppraisalRound, Survey
from evaluations.rules import SHOWN_OUTCOMES, SurveyKind
from evaluations.services.fieldwork import findings_of, tickets_of
from kernel.days import late_from, local_day, long_date
from kernel.periods import Period
from supervision.models import Obligation
from supervision.rules import Duty


@dataclass
class Known:
    """Everything known for a town and half-year, by compound and firm; tickets by compound, for they name no firm."""

    surveys: Mapping[Appraised, Part] = field(default_factory=dict)
    duties: Mapping[Appraised, Sequence[Part]] = field(default_factory=dict)
    findings: Mapping[Appraised, FindingFacts] = field(default_factory=dict)
    tickets: Mapping[int, TicketFacts] = field(default_factory=dict)


def known_of(town: Town, period: Period, *, at: datetime) -> Known:
    """Four reads, each over the whole town."""
    return Known(
        surveys=_surveys(town, period),
        duties=_duties(town, period, at=at),
        findings=findings_of(town, period),
        tickets=tickets_of(town, period),
    )


def parts_of(item: Item, known: Known, appraised: Appraised, *, at: datetime) -> list[Part]:
    """What an automatic item of one appraisal is judged by; empty where nothing is known."""
    if item.source is Source.SURVEY:
        return [known.surveys[appraised]] if appraised in known.surveys else []
    if item.source is Source.ON_TIME:
        return list(known.duties.get(appraised, ()))
    if item.source is Source.INSPECTION:
        return _inspected(item, known.findings.get(appraised))
    tickets = (ticket_part(item.source, one, at=at) for one in known.tickets.get(appraised[0], ()))
    return [part for part in tickets if part is not None]


def _inspected(item: Item, findings: FindingFacts | None) -> list[Part]:
    """Of an item that nobody looked at on site nothing is known; one found in order is a fact of 0 points."""
    return [finding_part(one) for one in findings or () if one.item_code == item.code]


def _surveys(town: Town, period: Period) -> dict[Appraised, Part]:
    """The firm's own survey, where its figures may be shown; others say nothing."""
    found = Survey.objects.closed().filter(
        compound__village__town=town,
        period=period.code,
        kind=SurveyKind.FIRM,
        result__outcome__in=SHOWN_OUTCOMES,
    )
    rows = found.order_by().values_list(
        "compound_id", "firm_id", "result__satisfied", "result__valid", "closed_at", "public_id"
    )
    parts: dict[Appraised, Part] = {}
    for compound, firm, satisfied, valid, closed_at, public_id in rows:
        words = f"{long_date(local_day(closed_at))}计票：有效票 {valid} 张，满意 {satisfied} 张"
        parts[compound, firm] = survey_part(satisfied=satisfied, valid=valid, words=words, reference=public_id)
    return parts


def _duties(town: Town, period: Period, *, at: datetime) -> dict[Appraised, list[Part]]:
    """The firm's disclosures whose last day falls into the half-year, each with the day it was done."""
    found = Obligation.objects.filter(
        town=town,
        duty=Duty.DISCLOSURE,
        bearer_firm__isnull=False,
        deadline_on__range=(period.first, period.last),
        released_on__isnull=True,
    )
    rows = found.order_by("deadline_on", "pk").values_list(
        "compound_id", "bearer_firm_id", "period", "deadline_on", "fulfilled_at", "public_id"
    )
    parts: dict[Appraised, list[Part]] = defaultdict(list)
    for compound, firm, code, deadline_on, done_at, public_id in rows:
        parts[compound, firm].append(
            duty_part(
                label=f"{Period.parse(code).label}公示",
                deadline_on=deadline_on,
                done_on=local_day(done_at) if done_at else None,
                is_late=done_at is not None and done_at >= late_from(deadline_on),
                on=local_day(at),
                reference=public_id,
            )
        )
    return parts


# In the order of the ids, so that two who gather at once wait for each other and never for both.
_KEEP = """
UPDATE evaluations_appraisal a SET facts = told.facts::jsonb, gathered_at = %(at)s
FROM (SELECT a.id, f.facts FROM unnest(%(ids)s::bigint[], %(facts)s::text[]) AS f (id, facts)
      JOIN evaluations_appraisal a USING (id) WHERE a.stage = 'scoring' ORDER BY a.id FOR UPDATE OF a) told
WHERE told.id = a.id
"""


def gather(round_: AppraisalRound, *, at: datetime, only: Appraisal | None = None) -> int:
    """Look everything up anew for whatever of the round is still being scored (or for one); how many there are."""
    town, period = round_.town, round_.period_value
    known = known_of(town, period, at=at)
    automatic = [item for item in round_.method.item_list if item.source in AUTOMATIC]
    found = Appraisal.objects.filter(round=round_, stage=Stage.SCORING)
    if only is not None:
        found = found.filter(pk=only.pk)
    rows = list(found.order_by("pk").values_list("pk", "compound_id", "firm_id"))
    facts = [_frozen(automatic, known, (compound, firm), at=at) for _, compound, firm in rows]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, {"ids": [pk for pk, *_ in rows], "facts": facts, "at": at})
        return int(cursor.rowcount)


def _frozen(items: Iterable[Item], known: Known, appraised: Appraised, *, at: datetime) -> str:
    """The facts of one appraisal as JSON; items nothing is known about are absent."""
    told: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        if parts := parts_of(item, known, appraised, at=at):
            told[item.code] = [part.frozen() for part in parts]
    return json.dumps(told, ensure_ascii=False)
