"""Files that prove an entry."""

from dataclasses import dataclass
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from files.models import StoredFile
from files.services import store_upload
from finance.models import Entry, Voucher
from kernel.errors import DomainError
from kernel.fields import Reference
from kernel.text import tidy


@dataclass(frozen=True)
class Proof:
    """A voucher to be: the upload (or a file kept from a form sent before), its name, and the 可公开 mark."""

    source: UploadedFile | StoredFile
    title: str = ""
    is_public: bool = False


def keep(source: UploadedFile | StoredFile, *, by: User, field: str = "vouchers") -> StoredFile:
    """The stored file of a voucher; an upload passes the voucher door. Raises DomainError naming `field`."""
    if isinstance(source, StoredFile):
        return source
    return store_upload(source, door=StoredFile.Door.VOUCHER, by=by, field=field)


@transaction.atomic
def attach_voucher(entry: Entry, proof: Proof, *, by: User, at: datetime, field: str = "vouchers") -> Voucher:
    """Add a file that proves an entry; without a title it is called after the file.

    Raises DomainError naming `field` for what the voucher door refuses, or a file the entry already has.
    """
    file = keep(proof.source, by=by, field=field)
    if entry.vouchers.filter(file__sha256=file.sha256).exists():
        raise DomainError(f"“{file.name}”已经是这笔流水的凭证，不必重复上传。", field=field)
    voucher = Voucher.objects.create(
        entry=entry,
        file=file,
        title=tidy(proof.title)[:60] or file.name[:60],
        is_public=proof.is_public,
        added_by=by,
        added_at=at,
    )
    record_action("上传凭证", by=by, subject=reference_to(voucher), detail=f"{entry} 指纹 {file.sha256[:16]}")
    return voucher


def reference_to(voucher: Voucher) -> Reference:
    """A frozen pointer for the action trail."""
    return Reference(voucher._meta.label_lower, voucher.public_id, voucher.title)
