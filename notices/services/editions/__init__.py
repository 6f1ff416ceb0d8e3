"""发布稿: drafted by one, approved by another, numbered and frozen, made into papers, checked off where they went."""

from notices.services.editions.dispatching import is_dispatched, record_dispatch
from notices.services.editions.drafts import (
    Wording,
    drop_draft,
    return_draft,
    reword_draft,
    start_draft,
    submit_draft,
)
from notices.services.editions.figures import reference_to
from notices.services.editions.issuing import issue_edition
from notices.services.editions.press import make_papers, press_again
from notices.services.editions.verification import verify_editions

__all__ = [
    "Wording",
    "drop_draft",
    "is_dispatched",
    "issue_edition",
    "make_papers",
    "press_again",
    "record_dispatch",
    "reference_to",
    "return_draft",
    "reword_draft",
    "start_draft",
    "submit_draft",
    "verify_editions",
]
