"""Where a frozen pointer leads: the one place that resolves `kernel.fields.Reference` to a page."""

from django.urls import reverse

from kernel.fields import Reference

#: What a reference points at -> the page that shows it, by the thing's public id.
PAGES = {
    "supervision.obligation": "supervision:obligation",
    "supervision.extension": "supervision:extension",
    "supervision.policy": "supervision:policy",
    "evaluations.appraisal": "appraisals:appraisal",
    "finance.disclosure": "finance:disclosure",
    "finance.disclosuredraft": "finance:draft",
    "finance.ledgeraccount": "finance:account",
    "finance.voucher": "finance:take_back",
    "notices.edition": "editions:edition",
    "notices.editiondraft": "edition_draft",
    "evaluations.inspection": "fieldwork:inspection",
    "evaluations.ticketimport": "fieldwork:ticket_import",
    "communities.compound": "communities:compound",
    "communities.unit": "doors:home",
    "communities.body": "communities:body",
    "communities.propertyfirm": "communities:firm",
    "accounts.datarequest": "data_request",
    "communities.phoneexport": "phone_export",
}
#: The offices' own rooms: an auditor reads of them in the trail, and does not enter (docs/permissions.md).
_CLOSED_TO_AUDITORS = frozenset(
    {"communities.unit", "communities.phoneexport", "accounts.datarequest", "evaluations.ticketimport"}
)


def page_of(reference: Reference | None) -> str:
    """The address of what is meant, or nothing where it has no page of its own.

    The page itself asks whether the reader may see it; a reference grants nothing.
    """
    if reference is None or reference.kind not in PAGES:
        return ""
    return reverse(PAGES[reference.kind], args=[reference.public_id])


def page_for_auditors(reference: Reference | None) -> str:
    """As `page_of`, for a line of the trail: nothing where it would lead its reader to a closed door."""
    return "" if reference is None or reference.kind in _CLOSED_TO_AUDITORS else page_of(reference)
