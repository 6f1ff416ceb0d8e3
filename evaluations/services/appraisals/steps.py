"""The one place an appraisal goes on: its row locked, the transition checked, the step written down."""

from datetime import datetime

from accounts.models import User
from communities.models import Appointment, PropertyFirm
from communities.rules import Role
from evaluations.appraisal_rules import STEPS, Stage
from evaluations.models import Appraisal, AppraisalStep
from kernel.days import local_day
from kernel.errors import ConflictError

_KEPT = ("stage", "submitted_by", "submitted_at", "reviewed_by", "told_at", "reply_until", "replied_at", "final_by")


def locked(appraisal: Appraisal) -> Appraisal:
    """The appraisal as it stands, its row held until the transaction ends."""
    return Appraisal.objects.select_for_update(of=("self",)).for_display().get(pk=appraisal.pk)


def advance(
    appraisal: Appraisal, to: Stage, act: AppraisalStep.Act, *, by: User, at: datetime, words: str = ""
) -> None:
    """Go on to a stage with everything set on the row, and note the step. Raises ConflictError where it cannot."""
    if to not in STEPS[Stage(appraisal.stage)]:
        raise ConflictError(f"这份考评现在是“{appraisal.get_stage_display()}”，不能办理这一步。")
    appraisal.stage = to
    appraisal.save(update_fields=_KEPT)
    note(appraisal, act, by=by, at=at, words=words)


def note(appraisal: Appraisal, act: AppraisalStep.Act, *, by: User, at: datetime, words: str = "") -> None:
    AppraisalStep.objects.create(appraisal=appraisal, act=act, words=words[:300], by=by, at=at)


def officers_of(town_id: int, at: datetime) -> list[User]:
    """Who works at the town's 小区服务岗, to be told."""
    held = Appointment.objects.current(local_day(at)).filter(
        post__role=Role.TOWN_OFFICER, post__body__town=town_id, user__is_active=True
    )
    return list({one.user_id: one.user for one in held.select_related("user")}.values())


def managers_of(firm: PropertyFirm, compound_id: int, at: datetime) -> list[User]:
    """Who speaks for the firm in a compound, to be told."""
    held = Appointment.objects.current(local_day(at)).filter(
        post__role=Role.FIRM_MANAGER, post__firm=firm, user__is_active=True
    )
    return list(
        {
            one.user_id: one.user
            for one in held.select_related("user", "post")
            if one.post.compound_id in (None, compound_id)
        }.values()
    )
