"""Proofs that a paper was posted."""

from django.conf import settings
from django.db import models

from communities.models import Compound
from files.models import StoredFile
from kernel.fields import PublicIdField, ReferenceField
from notices.rules import Place


class Posting(models.Model):
    """A dated photo that proves a paper hangs in one kind of place. Append-only; the server's clock counts."""

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    subject = ReferenceField("所张贴文件")
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="postings")
    place = models.CharField("位置", max_length=20, choices=Place.choices)
    photo = models.ForeignKey(StoredFile, verbose_name="照片", on_delete=models.PROTECT)
    note = models.CharField("说明", max_length=120, blank=True)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT)
    posted_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = "张贴凭证"
        verbose_name_plural = "张贴凭证"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_place_display()} {self.posted_at:%Y-%m-%d}"


class PostingPicture(models.Model):
    """A digest by which the photo of a posting is known again: as it was received, and as it was kept. Append-only.

    A picture proves one place of one paper, in the whole portal. It is kept as re-encoded by the door, so that a
    photo saved from our own page, or one whose hidden data were changed, is known again too.
    """

    append_only = True

    posting = models.ForeignKey(Posting, verbose_name="张贴凭证", on_delete=models.PROTECT, related_name="pictures")
    sha256 = models.CharField("指纹", max_length=64)

    class Meta:
        verbose_name = "张贴照片指纹"
        verbose_name_plural = "张贴照片指纹"
        constraints = [models.UniqueConstraint(fields=["sha256"], name="a_picture_proves_one_posting")]

    def __str__(self) -> str:
        return f"{self.posting} {self.sha256[:16]}"
