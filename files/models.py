"""What was uploaded, once it passed the checking door; and exports too long to wait for."""

from django.conf import settings
from django.db import models
from django.db.models import Q

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


class Export(models.Model):
    """A list too long to be made while somebody waits: asked for, made by a worker, kept for a week.

    `task` names the task that makes it, so that whatever is unfinished is found and handed out again whichever app it
    belongs to. `asked` is what the list's address said. `reach` is whose rows stand in the file: it is handed out only
    as long as whoever asked still reaches all of them.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "正在生成"
        DONE = "done", "可下载"
        FAILED = "failed", "未生成"
        GONE = "gone", "已过期删除"

    public_id = PublicIdField(verbose_name="编号")
    task = models.CharField("任务", max_length=100)
    title = models.CharField("名称", max_length=120)
    asked = models.JSONField("条件", default=dict)
    reach = models.JSONField("范围", default=dict)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.WAITING)
    rows_done = models.PositiveIntegerField("已写行数", default=0)
    rows_total = models.PositiveIntegerField("总行数", default=0)
    attempts = models.PositiveSmallIntegerField("已尝试", default=0)
    size = models.PositiveBigIntegerField("大小（字节）", default=0)
    sha256 = models.CharField("指纹", max_length=64, blank=True)
    problem = models.CharField("原因", max_length=200, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="何人", on_delete=models.PROTECT, related_name="exports"
    )
    requested_at = models.DateTimeField("提出时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    until_at = models.DateTimeField("保留至", null=True, blank=True)

    class Meta:
        verbose_name = "导出"
        verbose_name_plural = "导出"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["requested_by", "task", "asked"],
                name="an_export_is_asked_for_once_until_it_is_made",
                condition=Q(state="waiting"),
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | (Q(until_at__isnull=False) & ~Q(sha256="")),
                name="an_export_that_is_done_has_its_file_and_its_last_day",
            ),
        ]
        indexes = [models.Index(fields=["state", "until_at"], name="exports_by_state")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_working(self) -> bool:
        """A worker is, or soon will be, at it."""
        return self.state == self.State.WAITING
