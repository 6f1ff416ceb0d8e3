"""发布稿: what editions are made of, composed from the apps that know; and the duty that is done with them."""

from baogai.editions.acts import (
    SOURCES,
    begin_correction,
    begin_edition,
    choices_on,
    dispatch,
    issue,
    redraw_draft,
    usual_wording,
)

__all__ = [
    "SOURCES",
    "begin_correction",
    "begin_edition",
    "choices_on",
    "dispatch",
    "issue",
    "redraw_draft",
    "usual_wording",
]
