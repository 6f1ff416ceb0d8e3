"""Places that a table names otherwise than the ground: shown with the likeliest compounds, named once, then known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Count

from accounts.models import User
from accounts.services import record_action
from communities.models import Compound, Town
from evaluations.hotline_rules import Place, place_key
from evaluations.models import CompoundAlias, TicketImport, TicketRow
from evaluations.services.hotline.imports import reference_to, request_preview
from evaluations.services.hotline.jobs import gazetteer_of
from evaluations.services.hotline.stages import CORRECTABLE
from kernel.errors import ConflictError, DomainError
from kernel.text import tidy

#: As many names are asked for at once.
MOST_ASKED: Final = 30
#: Said of a place that is no compound.
FOREIGN: Final = "foreign"


@dataclass(frozen=True)
class UnclearPlace:
    """A name in the table that no compound bears: how many rows have it, and which compounds it may mean."""

    written: str
    key: str
    rows: int
    candidates: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Saying:
    """What somebody says a name means: one of the candidates (its public id), FOREIGN, or a compound typed in full."""

    choice: str = ""
    typed: str = ""


def unclear_places(job: TicketImport) -> list[UnclearPlace]:
    """The names nobody has explained yet, those of most rows first; at most thirty, in four statements."""
    rows = TicketRow.objects.filter(ticket_import=job, fate=TicketRow.Fate.UNCLEAR)
    counted = rows.values_list("place").annotate(n=Count("number")).order_by("-n", "place")[: 2 * MOST_ASKED]
    gazetteer = gazetteer_of(job.town)
    by_key: dict[str, tuple[str, int, list[Place]]] = {}
    for written, count in counted:
        key = place_key(written)
        first, before, meant = by_key.get(key, (written, 0, []))
        by_key[key] = (first, before + count, meant or gazetteer.candidates(written))
    shown = list(by_key.items())[:MOST_ASKED]
    wanted = {one.compound for _, (_, _, meant) in shown for one in meant}
    ids = dict(Compound.objects.filter(pk__in=wanted).values_list("pk", "public_id"))
    return [
        UnclearPlace(written, key, count, tuple((ids[one.compound], f"{one.name}（{one.village}）") for one in meant))
        for key, (written, count, meant) in shown
    ]


@transaction.atomic
def name_places(job: TicketImport, sayings: Mapping[str, Saying], *, by: User, at: datetime) -> int:
    """Remember what these names mean (key → saying); how many were said. The import must be previewed anew.

    Raises DomainError whose field is the key, for a compound typed that the town does not have, or has twice.
    """
    if job.state not in CORRECTABLE:
        raise ConflictError("这次导入正在处理或已经结束，不能再指定小区。")
    ours = Compound.objects.filter(village__town=job.town)
    choices = [said.choice for said in sayings.values()]
    chosen = {one.public_id: one for one in ours.filter(public_id__in=choices)}
    typed = {tidy(said.typed) for said in sayings.values() if said.typed}
    named: dict[str, list[Compound]] = {}
    for one in ours.filter(name__in=typed) if typed else ():
        named.setdefault(one.name, []).append(one)
    made = []
    for key, saying in sayings.items():
        compound: Compound | None = chosen.get(saying.choice)
        if saying.typed:
            compound = _typed(tidy(saying.typed), named, field=key)
        elif compound is None and saying.choice != FOREIGN:
            continue
        made.append(CompoundAlias(town=job.town, key=key, compound=compound, named_by=by, named_at=at))
    CompoundAlias.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["town", "key"],
        update_fields=["compound", "named_by", "named_at"],
    )
    if made:
        told = "；".join(f"{one.key}＝{one.compound or '不属于小区'}" for one in made)
        record_action("指定工单所属小区", by=by, subject=reference_to(job), detail=told[:500])
    return len(made)


@transaction.atomic
def forget_name(town: Town, key: str, *, by: User) -> None:
    """Take back what a name was said to mean; tickets that came in by it stay where they are until a table moves them.

    Imports that wait for confirmation are previewed anew, since they may rest on the name.
    Raises ConflictError where the name is not remembered (any more).
    """
    found = CompoundAlias.objects.select_for_update(of=("self",)).select_related("compound")
    alias = found.filter(town=town, key=key).first()
    if alias is None:
        raise ConflictError("没有记住这个叫法，可能已被别人忘记。")
    alias.delete()
    for job in TicketImport.objects.filter(town=town, state=TicketImport.State.PREVIEWED):
        request_preview(job, columns=job.columns)
    record_action("忘记工单小区叫法", by=by, detail=f"{alias}（{alias.named_at:%Y-%m-%d} 指定）"[:500])


def _typed(name: str, named: Mapping[str, list[Compound]], *, field: str) -> Compound:
    found = named.get(name, [])
    if not found:
        raise DomainError(f"本镇没有名为“{name[:40]}”的小区，请填写登记的全名。", field=field)
    if len(found) > 1:
        raise DomainError(f"本镇有 {len(found)} 个小区叫“{name[:40]}”，请从候选中选择。", field=field)
    return found[0]
