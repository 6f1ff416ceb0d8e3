"""Finding what a page is about: fetched and authorised in one step, with everything a score sheet shows."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404

from accounts.permissions import PersonRequest
from communities.permissions import Standing, standing_of
from evaluations.appraisal_permissions import may_read_files
from evaluations.appraisal_rules import Stage
from evaluations.appraisal_scoring import Sheet
from evaluations.models import Appraisal, AppraisalReply, Mark, ReplyFile
from evaluations.services.appraisals.sheets import marks_of, scorers_of, sheet_of
from kernel.days import today

_CHIPS = {Stage.SCORING: "calm", Stage.REVIEWING: "soon", Stage.TOLD: "soon", Stage.FINAL: "done"}


@dataclass
class Found:
    """An appraisal as a person meets it."""

    appraisal: Appraisal
    standing: Standing

    @cached_property
    def marks(self) -> list[Mark]:
        return marks_of(self.appraisal)

    @cached_property
    def sheet(self) -> Sheet:
        return sheet_of(self.appraisal, self.marks)

    @cached_property
    def scorers(self) -> frozenset[int]:
        return scorers_of(self.appraisal, self.marks)

    @cached_property
    def replies(self) -> list[AppraisalReply]:
        files = Prefetch("files", ReplyFile.objects.select_related("file").order_by("pk"))
        related = self.appraisal.replies.select_related("made_by", "answer__made_by", "answer__mark")
        return list(related.prefetch_related(files).order_by("pk"))

    @property
    def may_read_files(self) -> bool:
        return may_read_files(self.standing, self.appraisal)


def chip_of(appraisal: Appraisal) -> tuple[str, str]:
    """How an appraisal stands: state and words of its chip."""
    if appraisal.is_final:
        result = appraisal.result
        return ("late" if result.grade == "failed" else "done"), f"已定：{result.get_grade_display()}"
    return _CHIPS[Stage(appraisal.stage)], appraisal.get_stage_display()


def found_appraisal(request: PersonRequest, public_id: str) -> Found:
    """An appraisal the person may see; else the same 404 as for what does not exist."""
    standing = standing_of(request.user, today())
    reach = Appraisal.objects.visible_to(standing).for_display()
    reach = reach.select_related("corrects", "corrected_by", "submitted_by", "reviewed_by", "final_by")
    return Found(get_object_or_404(reach, public_id=public_id), standing)
