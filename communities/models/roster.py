"""An import of a compound's roster: the uploaded file, its recognised columns, its preview and its result."""

from django.conf import settings
from django.db import models

from communities.models.places import Compound
from files.models import StoredFile
from kernel.fields import PublicIdField


class RosterImport(models.Model):
    """One run of a roster import, claimed by the worker through `state`."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "待核对列"
        PREVIEWING = "previewing", "正在预览"
        PREVIEWED = "previewed", "待确认"
        APPLYING = "applying", "正在导入"
        DONE = "done", "已导入"
        REFUSED = "refused", "未导入"
        FAILED = "failed", "失败"

    public_id = PublicIdField(verbose_name="编号")
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="imports")
    file = models.ForeignKey(StoredFile, verbose_name="文件", on_delete=models.PROTECT)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.UPLOADED)
    columns = models.JSONField("列对应", default=dict)
    preview = models.JSONField("预览", default=dict)
    rows_total = models.PositiveIntegerField("总行数", default=0)
    rows_done = models.PositiveIntegerField("已处理行数", default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="导入人", on_delete=models.PROTECT)
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    class Meta:
        verbose_name = "名册导入"
        verbose_name_plural = "名册导入"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.compound} {self.created_at:%Y-%m-%d}"
