"""The score sheet of an appraisal as it stands, and the recalculation of a final one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db.models import Prefetch

from evaluations.appraisal_rules import Head, MarkKind
from evaluations.appraisal_scoring import Given, Sheet, assess, hash_of, inputs_of
from evaluations.models import Appraisal, AppraisalResult, Mark, MarkFile
from kernel.fields import Reference


def reference_to(appraisal: Appraisal) -> Reference:
    """A frozen pointer for messages and the action trail."""
    return Reference("evaluations.appraisal", appraisal.public_id, str(appraisal))


def marks_of(appraisal: Appraisal) -> list[Mark]:
    """Every mark in order, with its files and who made it: two statements."""
    files = Prefetch("files", MarkFile.objects.select_related("file").order_by("pk"))
    return list(appraisal.marks.select_related("made_by").prefetch_related(files).order_by("pk"))


def standing_marks(marks: Iterable[Mark]) -> list[Mark]:
    """Of each kind and code the last, unless it took the former back."""
    last: dict[tuple[str, str], Mark] = {}
    for mark in marks:
        last.pop((mark.kind, mark.code), None)
        last[mark.kind, mark.code] = mark
    return [mark for mark in last.values() if mark.stands]


def inputs_for(appraisal: Appraisal, marks: Iterable[Mark]) -> dict[str, Any]:
    """Everything the score is made of, as it stands."""
    method = appraisal.round.method
    return inputs_of(
        compound={"id": appraisal.compound.public_id, "name": appraisal.compound.name},
        firm={"code": appraisal.firm.credit_code, "name": appraisal.firm.name},
        period=appraisal.period,
        method={
            "version": method.version,
            "items": method.items,
            "adjustment": f"{method.most_adjustment:.2f}",
            "vetoes": list(method.vetoes),
        },
        facts=appraisal.facts,
        marks=[_given(mark) for mark in standing_marks(marks)],
        gathered_at=appraisal.gathered_at.astimezone(UTC).isoformat(),
    )


def _given(mark: Mark) -> Given:
    files = tuple(one.file.sha256 for one in mark.files.all())
    return Given(MarkKind(mark.kind), mark.code, mark.points, mark.reason, files)


def sheet_of(appraisal: Appraisal, marks: Iterable[Mark]) -> Sheet:
    """The score sheet: of a final appraisal from what was stored, else as it stands now."""
    if appraisal.is_final:
        return assess(appraisal.result.inputs)
    return assess(inputs_for(appraisal, marks))


def scorers_of(appraisal: Appraisal, marks: Iterable[Mark]) -> frozenset[int]:
    """Whoever decided something about the score; none of them reviews it or makes it final."""
    found = {mark.made_by_id for mark in marks}
    return frozenset(found | ({appraisal.submitted_by_id} if appraisal.submitted_by_id else set()))


def heads_of(sheet: Sheet) -> dict[str, list[str]]:
    """Head → [got, of] as decimal text; got is empty where none of its items counted."""
    told = {}
    for head in Head:
        got, points = sheet.of_head(head)
        told[head.value] = ["" if got is None else f"{got:.2f}", f"{points:.2f}"]
    return told


@dataclass(frozen=True)
class Recalculation:
    """What the stored inputs give when they are assessed anew, beside what was stored."""

    sheet: Sheet
    hash: str
    is_same: bool


def recalculate(result: AppraisalResult) -> Recalculation:
    """The score anew from the stored inputs; the same for everybody, or somebody changed the database."""
    sheet = assess(result.inputs)
    if sheet.score is None or sheet.grade is None:
        return Recalculation(sheet, "", is_same=False)
    found = hash_of(result.inputs, score=sheet.score, grade=sheet.grade)
    same = (sheet.score, sheet.grade.value, found) == (result.score, result.grade, result.hash)
    return Recalculation(sheet, found, is_same=same)
