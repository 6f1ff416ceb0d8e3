"""An import of a compound's roster: the uploaded file, its recognised columns, its preview row by row, its result."""

from django.conf import settings
from django.db import models

from communities.models.places import Compound
from files.models import StoredFile
from kernel.fields import AreaField, PublicIdField


class RosterImport(models.Model):
    """One roster import from upload to result; `services.roster` holds its transition table.

    `layout` is what the file showed: sheets, the header's labels, a few sample rows. `columns` maps a field of the
    roster to a column number from 0. Counts are those of the last preview; `fingerprint` is the state of the
    compound's register it was compared with.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", "待核对栏目"
        PREVIEWING = "previewing", "正在预览"
        PREVIEWED = "previewed", "待确认"
        APPLYING = "applying", "正在导入"
        DONE = "done", "已导入"
        REFUSED = "refused", "未导入"
        FAILED = "failed", "处理失败"

    class Mode(models.TextChoices):
        GOOD_ROWS = "good_rows", "只导入正确的行"
        ALL_OR_NOTHING = "all_or_nothing", "有错就全部不导入"

    public_id = PublicIdField(verbose_name="编号")
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="imports")
    file = models.ForeignKey(StoredFile, verbose_name="文件", on_delete=models.PROTECT)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.UPLOADED)
    mode = models.CharField("方式", max_length=16, choices=Mode.choices, blank=True)
    sheet = models.CharField("工作表", max_length=80, blank=True)
    header_row = models.PositiveIntegerField("表头所在行", default=1)
    layout = models.JSONField("文件概貌", default=dict)
    columns = models.JSONField("栏目对应", default=dict)
    rows_total = models.PositiveIntegerField("总行数", default=0)
    rows_done = models.PositiveIntegerField("已处理行数", default=0)
    rows_new = models.PositiveIntegerField("新增", default=0)
    rows_changed = models.PositiveIntegerField("变更", default=0)
    rows_same = models.PositiveIntegerField("不变", default=0)
    rows_absent = models.PositiveIntegerField("名册中有、本文件没有", default=0)
    rows_bad = models.PositiveIntegerField("有错", default=0)
    rows_passed_over = models.PositiveIntegerField("空行、合计与说明", default=0)
    area_good = models.DecimalField("正确行面积之和（m²）", max_digits=14, decimal_places=2, default=0)
    area_stated = models.DecimalField("表内合计面积（m²）", max_digits=14, decimal_places=2, null=True, blank=True)
    fingerprint = models.CharField("比对时的名册", max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField("处理次数", default=0)
    problem = models.CharField("原因", max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT, related_name="roster_uploads"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="确认人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="roster_confirmations",
    )
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    class Meta:
        verbose_name = "名册导入"
        verbose_name_plural = "名册导入"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.compound} {self.created_at:%Y-%m-%d}"

    @property
    def is_working(self) -> bool:
        """A worker is, or soon will be, at it."""
        return self.state in (self.State.PREVIEWING, self.State.APPLYING)


class RosterRow(models.Model):
    """One row of an import as it was read and compared: what it says, what will become of it, and why not.

    A staging table without indexes of its own and without write-ahead log (see the migration): it can be made again
    from the file at any time, and holds personal data only until the import is over (PIPL art. 19).
    `owners` are objects {name, phone, kind, owner, act}; `leaving` are the ownerships that end; `changes` are
    [label, old, new]; `faults` are [label, written, reason], with the row's own `cells` beside them.
    """

    class Fate(models.TextChoices):
        NEW = "new", "新增"
        CHANGED = "changed", "变更"
        SAME = "same", "不变"
        BAD = "bad", "有错"

    pk = models.CompositePrimaryKey("roster_import_id", "number")
    roster_import = models.ForeignKey(
        RosterImport,
        verbose_name="导入",
        on_delete=models.CASCADE,
        related_name="rows",
        db_constraint=False,  # the one statement that writes 50,000 rows would check each of them
        db_index=False,  # the primary key begins with it
    )
    number = models.PositiveIntegerField("行号")
    fate = models.CharField("结果", max_length=8, choices=Fate.choices)
    building_key = models.CharField("楼栋键", max_length=20)
    building_text = models.CharField("楼栋", max_length=40)
    stair_key = models.CharField("单元键", max_length=20)
    stair_text = models.CharField("单元", max_length=40)
    room_key = models.CharField("房号键", max_length=20)
    room_text = models.CharField("房号", max_length=40)
    area = AreaField("专有面积（m²）", null=True)
    certificate = models.CharField("产权证号", max_length=80)
    remark = models.CharField("备注", max_length=200)
    owners = models.JSONField("业主", default=list)
    unit_public_id = models.CharField("户编号", max_length=16)
    leaving = models.JSONField("结束的产权", null=True)
    changes = models.JSONField("变更内容", null=True)
    faults = models.JSONField("错误", null=True)
    cells = models.JSONField("原始内容", null=True)

    class Meta:
        verbose_name = "名册导入行"
        verbose_name_plural = "名册导入行"

    def __str__(self) -> str:
        return f"第 {self.number} 行"

    @property
    def address(self) -> str:
        """3栋1单元101, as people say it."""
        building = f"{self.building_key}栋" if self.building_key.isdigit() else self.building_key
        stair = f"{self.stair_key}单元" if self.stair_key else ""
        return f"{building}{stair}{self.room_key}"
