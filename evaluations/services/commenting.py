"""Residents' comments: one redacts what would name somebody, another releases it."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.permissions import standing_of
from evaluations.models import Comment
from evaluations.permissions import may_handle_comments, may_release
from evaluations.rules import LONGEST_COMMENT
from evaluations.services.starting import reference_to
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.text import tidy


@transaction.atomic
def redact(comment: Comment, *, text: str, by: User, at: datetime) -> Comment:
    """Keep what may be published of a comment; empty: nothing of it. May be done again until it is released.

    Raises NotAllowedError, ConflictError once it is released, DomainError where it is too long.
    """
    comment = _locked(comment)
    if not may_handle_comments(standing_of(by, local_day(at)), comment.survey):
        raise NotAllowedError("业主意见由镇小区服务岗处理。")
    if comment.released_by_id is not None:
        raise ConflictError("这条意见已经发布，不能再改。")
    text = tidy(text)
    if len(text) > LONGEST_COMMENT:
        raise DomainError(f"公布稿最多 {LONGEST_COMMENT} 个字。", field="text")
    comment.redacted, comment.redacted_by = text, by
    comment.save(update_fields=["redacted", "redacted_by"])
    record_action("处理业主意见", by=by, subject=reference_to(comment.survey))
    return comment


@transaction.atomic
def release(comment: Comment, *, by: User, at: datetime) -> Comment:
    """Publish a redacted comment. Never by whoever redacted it. Raises NotAllowedError, ConflictError, DomainError."""
    comment = _locked(comment)
    standing = standing_of(by, local_day(at))
    if not may_handle_comments(standing, comment.survey):
        raise NotAllowedError("业主意见由镇小区服务岗发布。")
    if comment.released_by_id is not None:
        raise ConflictError("这条意见已经发布。")
    if not may_release(standing, comment):
        raise DomainError("须先由一人处理，再由另一人发布。")
    comment.released_by, comment.released_on = by, local_day(at)
    comment.save(update_fields=["released_by", "released_on"])
    record_action("发布业主意见", by=by, subject=reference_to(comment.survey))
    return comment


def _locked(comment: Comment) -> Comment:
    return (
        Comment.objects.select_for_update(of=("self",))
        .select_related("survey__compound__village__town")
        .get(pk=comment.pk)
    )
