"""What was uploaded, once it passed the checking door."""

from django.conf import settings
from django.db import models

from kernel.fields import PublicIdField


class StoredFile(models.Model):
    """A checked upload kept outside the web root under a random name. Append-only: a new upload is a new row."""

    append_only = True

    class Door(models.TextChoices):
        VOUCHER = "voucher", "凭证"
        PHOTO = "photo", "照片"
        TABLE = "table", "表格"
        SCAN = "scan", "扫描件"

    public_id = PublicIdField(verbose_name="编号")
    door = models.CharField("入口", max_length=10, choices=Door.choices)
    name = models.CharField("原文件名", max_length=120)
    content_type = models.CharField("类型", max_length=100)
    size = models.PositiveBigIntegerField("大小（字节）")
    sha256 = models.CharField("指纹", max_length=64)
    path = models.CharField("存放名", max_length=80, unique=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT)
    uploaded_at = models.DateTimeField("上传时间", auto_now_add=True)

    class Meta:
        verbose_name = "文件"
        verbose_name_plural = "文件"

    def __str__(self) -> str:
        return self.name
