"""The frozen body of an edition: drawn for a draft, sealed with number and signatures when it is issued."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from communities.models import Town
from kernel.chain import body_sha, canonical
from kernel.fields import Reference
from kernel.periods import Period
from kernel.text import tidy
from notices.models import Edition, EditionDraft
from notices.rules import EditionKind, EditionLine
from notices.services.editions.tables import table_of

#: A new layout gets a new number, and a reader beside the old one.
SCHEMA = 1
_TITLES = {
    EditionKind.DISCLOSURES: "{period}住宅小区公共收益公示情况",
    EditionKind.RESULTS: "{period}业委会满意度测评和物业服务考评结果",
}

Figures = dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """Lines as whoever composes them hands them down, with what they rest on: 宝政〔2023〕87号四（三）1.

    `settles` names the duties that are done once such an edition reached all four; `notices` does not read the names.
    """

    lines: Sequence[EditionLine]
    basis: str
    settles: Sequence[str] = ()


def draw_figures(kind: EditionKind, *, town: Town, period: Period, drawn: Drawn, as_of: datetime) -> Figures:
    """What a draft freezes of the lines, as they stood at the moment `as_of`."""
    table = table_of(kind, drawn.lines, place=f"全{town.name[-1]}", period=period.label)
    settled = {"settles": list(drawn.settles)} if drawn.settles else {}
    return settled | {
        "schema": SCHEMA,
        "kind": kind.value,
        "title": _TITLES[kind].format(period=period.label),
        "town": {"code": town.code, "name": tidy(town.name)},
        "recipients": {
            "town": f"中共{tidy(town.name)}委员会、{tidy(town.name)}人民政府",
            "housing": _in_city(town),
        },
        "period": {
            "code": period.code,
            "label": period.label,
            "first_on": period.first.isoformat(),
            "last_on": period.last.isoformat(),
        },
        "as_of": as_of.astimezone(UTC).isoformat(timespec="microseconds"),
        "basis": tidy(drawn.basis),
        "columns": [asdict(column) for column in table.columns],
        "rows": [
            {
                "compound": row.spot.public_id,
                "name": row.spot.name,
                "village": row.spot.village,
                "key": row.key,
                "cells": list(row.cells),
            }
            for row in table.rows
        ],
        "totals": [{"label": label, "value": value} for label, value in table.totals],
        "sentences": list(table.sentences),
        "measure": table.measure,
        "bars": [asdict(bar) for bar in table.bars],
    }


def _in_city(town: Town) -> str:
    """石狮市住建局: the bureau by its city's name, where its own does not begin with it."""
    city, bureau = tidy(town.city.name), tidy(town.city.housing_bureau)
    return bureau if bureau.startswith(city) else f"{city}{bureau.removeprefix('市')}"


def figures_sha(figures: Mapping[str, Any]) -> str:
    """The fingerprint of a body, by which a draft's figures are compared with newly drawn ones."""
    return body_sha(canonical(figures))


def worded(draft: EditionDraft) -> Figures:
    """The draft's figures with its wording: what is previewed, and what is sealed when it is issued."""
    return draft.figures | {
        "issuer": draft.issuer,
        "request": [line for line in draft.request.split("\n") if line],
        "reason": draft.reason,
    }


def reference_to(edition: Edition) -> Reference:
    """A frozen pointer for messages, evidence and the action trail."""
    return Reference("notices.edition", edition.public_id, f"{edition.title}（{edition.letter_number}）")


def reference_to_draft(draft: EditionDraft) -> Reference:
    return Reference("notices.editiondraft", draft.public_id, draft.title)
