"""How a score comes about, from what was judged and what persons decided (clause 四（四）4、5).

Pure. Everything a score rests on lies in one body of strings and whole numbers (`assess` takes it), so that anybody who
may read it can recalculate the score and get the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evaluations.appraisal_facts import Part
from evaluations.appraisal_rules import FULL, GRADES, LEAST_COUNTED, SHARES, Grade, Head, Item, MarkKind, Source
from kernel.chain import body_sha, canonical

#: The form of a score's inputs. A new form is a new number; results of the old one stay recalculable.
INPUTS_VERSION = 1
CENT = Decimal("0.01")


# -- What a score is ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """A mark that stands: `points` of an item or of an adjustment; a veto has none. `files` are fingerprints."""

    kind: MarkKind
    code: str
    points: Decimal
    reason: str
    files: tuple[str, ...] = ()

    def frozen(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "code": self.code,
            "points": f"{self.points:.2f}",
            "reason": self.reason,
            "files": list(self.files),
        }

    @classmethod
    def thawed(cls, one: Mapping[str, Any]) -> "Given":
        return cls(MarkKind(one["kind"]), one["code"], Decimal(one["points"]), one["reason"], tuple(one["files"]))


@dataclass(frozen=True)
class Line:
    """An item with its facts and what it came to: exact, or None where nothing was there to judge it by (不计)."""

    item: Item
    parts: tuple[Part, ...]
    mark: Given | None
    got: Fraction | None

    @property
    def shown(self) -> Decimal | None:
        """Two places, for the eye; the total is made of the exact ones."""
        return None if self.got is None else rounded(self.got)

    @property
    def good(self) -> int:
        return sum(part.good for part in self.parts)

    @property
    def of(self) -> int:
        return sum(part.of for part in self.parts)

    @property
    def minus(self) -> Decimal:
        return sum((part.minus for part in self.parts), Decimal(0))


@dataclass(frozen=True)
class Sheet:
    """A score sheet: its lines, what was added or taken off, the vetoes, the total and its grade."""

    lines: tuple[Line, ...]
    adjustments: tuple[Given, ...]
    vetoes: tuple[Given, ...]
    counted: Decimal
    adjustment: Decimal
    score: Decimal | None
    grade: Grade | None

    @property
    def unscored(self) -> list[Line]:
        """Items a person has to score and has not."""
        return [line for line in self.lines if line.got is None and line.item.source is Source.HAND]

    @property
    def left_out(self) -> list[Line]:
        """Automatic items with nothing to judge by: the others are scaled to a hundred."""
        return [line for line in self.lines if line.got is None and line.item.source is not Source.HAND]

    def of_head(self, head: Head) -> tuple[Decimal | None, Decimal]:
        """What a head came to, of its counted points; None where none of its items counted."""
        counted = [line for line in self.lines if line.item.head is head and line.got is not None]
        points = sum((line.item.points for line in counted), Decimal(0))
        return (rounded(sum((line.got or Fraction(0) for line in counted), Fraction(0))) if counted else None), points


# -- How it is made ----------------------------------------------------------------------------------------------------


def rounded(exact: Fraction) -> Decimal:
    """Half up to 0.01, from the exact fraction."""
    hundredths, rest = divmod(abs(exact) * 100, 1)
    whole = int(hundredths) + (1 if rest >= Fraction(1, 2) else 0)
    return Decimal(-whole if exact < 0 else whole) * CENT


def grade_of(score: Decimal, *, is_vetoed: bool) -> Grade:
    """By the rounded score, as it is printed; a veto fails whatever was scored."""
    if is_vetoed:
        return Grade.FAILED
    return next(grade for grade, least in GRADES if score >= least)


def inputs_of(
    *,
    compound: Mapping[str, str],
    firm: Mapping[str, str],
    period: str,
    method: Mapping[str, Any],
    facts: Mapping[str, Any],
    marks: Iterable[Given],
    gathered_at: str,
) -> dict[str, Any]:
    """The one body a score is made of, in canonical values (`kernel.chain.canonical`): strings and whole numbers."""
    return {
        "version": INPUTS_VERSION,
        "compound": dict(compound),
        "firm": dict(firm),
        "period": period,
        "method": dict(method),
        "facts": {code: list(parts) for code, parts in facts.items()},
        "marks": [mark.frozen() for mark in marks],
        "gathered_at": gathered_at,
    }


def assess(inputs: Mapping[str, Any]) -> Sheet:
    """The score of stored inputs: the same from the same, whoever asks and whenever.

    Items count exactly; those with nothing to judge by are left out and the rest scaled to a hundred; bonus and penalty
    are added; the total stays between 0 and 100 and is rounded half up once, here. Raises ValueError for inputs of a
    version unknown here.
    """
    if inputs["version"] != INPUTS_VERSION:
        raise ValueError(f"inputs of an unknown version: {inputs['version']!r}")
    marks = [Given.thawed(one) for one in inputs["marks"]]
    of_items = {mark.code: mark for mark in marks if mark.kind is MarkKind.ITEM}
    lines = tuple(
        _line(Item.thawed(one), inputs["facts"].get(one["code"], ()), of_items.get(one["code"]))
        for one in inputs["method"]["items"]
    )
    adjustments = tuple(mark for mark in marks if mark.kind is MarkKind.ADJUSTMENT)
    vetoes = tuple(mark for mark in marks if mark.kind is MarkKind.VETO)
    counted = sum((line.item.points for line in lines if line.got is not None), Decimal(0))
    adjustment = bounded(adjustments, most=Decimal(inputs["method"]["adjustment"]))
    score = _score(lines, counted=counted, adjustment=adjustment)
    grade = None if score is None else grade_of(score, is_vetoed=bool(vetoes))
    return Sheet(lines, adjustments, vetoes, counted, adjustment, score, grade)


def bounded(adjustments: Iterable[Given], *, most: Decimal) -> Decimal:
    """Bonus and penalty together, never beyond the method's bound on either side."""
    total = sum((mark.points for mark in adjustments), Decimal(0))
    return max(-most, min(most, total))


def _line(item: Item, facts: Sequence[Mapping[str, Any]], mark: Given | None) -> Line:
    """A mark goes before the facts: an officer who says otherwise says why, and both stand on the sheet."""
    line = Line(item, tuple(Part.thawed(one) for one in facts), mark, None)
    if mark is not None:
        return replace(line, got=Fraction(mark.points))
    if item.source in SHARES:
        return replace(line, got=Fraction(item.points) * line.good / line.of) if line.of else line
    if item.source is Source.INSPECTION and line.parts:
        return replace(line, got=Fraction(max(Decimal(0), item.points - line.minus)))
    return line


def _score(lines: Iterable[Line], *, counted: Decimal, adjustment: Decimal) -> Decimal | None:
    if counted < LEAST_COUNTED:
        return None
    got = sum((line.got for line in lines if line.got is not None), Fraction(0))
    exact = got * Fraction(FULL) / Fraction(counted) + Fraction(adjustment)
    return rounded(max(Fraction(0), min(Fraction(FULL), exact)))


def hash_of(inputs: Mapping[str, Any], *, score: Decimal, grade: Grade) -> str:
    """SHA-256 over the canonical bytes of inputs, score and grade; 64 hex digits."""
    body: dict[str, Any] = {"inputs": dict(inputs), "score": f"{score:.2f}", "grade": grade.value}
    return body_sha(canonical(body))
