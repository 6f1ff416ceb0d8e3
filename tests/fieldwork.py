"""Things of the hotline and of inspections for the tour of all addresses: one of every kind."""

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from communities.models import Compound, Town
from evaluations.models import CompoundAlias, TicketImport
from evaluations.services import hotline
from tests.cast import NOON
from tests.hotline import table, ticket
from tests.inspecting import CLEANING, inspected


def previewed_import(town: Town, *, by: User) -> TicketImport:
    """One that waits to be confirmed, with a place nobody has named; another that somebody named is remembered."""
    CompoundAlias.objects.create(town=town, key="宝盖大道", named_by=by, named_at=NOON)
    content = table(ticket("A1"), ticket("A2", place="后花园"), ticket(""))
    job = hotline.start_import(town, upload=SimpleUploadedFile("工单.xlsx", content), by=by, at=NOON)
    hotline.request_preview(job, columns=job.columns)
    hotline.preview(job.pk, at=NOON)
    job.refresh_from_db()
    return job


def things(compound: Compound, *, by: User) -> dict[str, str]:
    """An inspection handed in, with a finding and its photo."""
    done = inspected(compound, (CLEANING, "2"), by=by)
    found = done.findings.get()
    return {
        "inspection_id": done.public_id,
        "finding_id": found.public_id,
        "photo_id": found.photos.get().file.public_id,
        "which": "ranking",
    }
