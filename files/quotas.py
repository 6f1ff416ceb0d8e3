"""How much one person may upload on one day: enough for the busiest bookkeeper, too little to fill the disk."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Sum

from accounts.limits import Limit, take_all
from accounts.models import User
from files.models import StoredFile
from files.rules import MEGABYTE
from kernel.days import local_day, start_of
from kernel.errors import DomainError

#: Pictures kept as rows elsewhere (a member's photo) are not counted by files: so many a day are tried.
_PICTURES = Limit("picture", 20, timedelta(days=1))
#: Tables that are read and not kept are counted the same way.
_TABLES = Limit("table", 60, timedelta(days=1))
_MORE = "请明天再传；确有急用，请联系镇小区办。"


def check_quota(person: User, *, size: int, at: datetime, field: str) -> None:
    """Raises DomainError naming `field` where the file would be one too many, or too much, of this day."""
    today = StoredFile.objects.filter(uploaded_by=person, uploaded_at__gte=start_of(local_day(at)))
    counted = today.aggregate(files=Count("pk"), size=Sum("size", default=0))
    if counted["files"] >= settings.UPLOADS_PER_DAY:
        raise DomainError(
            f"您今天已上传 {counted['files']} 个文件，到了每人每天 {settings.UPLOADS_PER_DAY} 个的上限。{_MORE}",
            field=field,
        )
    if counted["size"] + size > settings.UPLOAD_MEGABYTES_PER_DAY * MEGABYTE:
        raise DomainError(
            f"再传就超过每人每天 {settings.UPLOAD_MEGABYTES_PER_DAY} MB 的上限，这个文件没有收下。{_MORE}",
            field=field,
        )


def count_picture(person: User, *, at: datetime, field: str) -> None:
    """Raises DomainError naming `field` for more pictures than anybody needs to get one right."""
    if take_all((_PICTURES, str(person.pk)), at=at) is not None:
        raise DomainError(f"您今天已换过 {_PICTURES.failures} 次照片，请明天再传。", field=field)


def count_table(person: User, *, at: datetime, field: str) -> None:
    """Raises DomainError naming `field` for more tables, read and not kept, than anybody needs on a day."""
    if take_all((_TABLES, str(person.pk)), at=at) is not None:
        raise DomainError(f"您今天已传过 {_TABLES.failures} 份表格。{_MORE}", field=field)
