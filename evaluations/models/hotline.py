"""12345 tickets: what the city's hotline passed on about a compound, and the imports that bring them.

Nothing about callers is kept: no column of theirs is read, and the office's file is not stored.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from communities.models import Compound, Town
from evaluations.fieldwork_querysets import TicketQuerySet
from evaluations.hotline_rules import LONGEST_CATEGORY, LONGEST_HANDLER, LONGEST_NUMBER, LONGEST_PLACE
from kernel.fields import PublicIdField


class TicketImport(models.Model):
    """One import of tickets from upload to result; `services.hotline` holds its transition table.

    Of the office's file the name, the digest and, until the import is over, the columns that are no caller's are kept
    (`TicketRow.cells`). `columns` maps a field to a column number from 0. Counts are those of the last preview, when
    `imports_before` imports had written tickets of the town.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", "待核对栏目"
        PREVIEWING = "previewing", "正在预览"
        PREVIEWED = "previewed", "待确认"
        DONE = "done", "已导入"
        REFUSED = "refused", "未导入"
        FAILED = "failed", "处理失败"

    class Mode(models.TextChoices):
        GOOD_ROWS = "good_rows", "只导入正确的行"
        ALL_OR_NOTHING = "all_or_nothing", "有错就全部不导入"

    public_id = PublicIdField(verbose_name="编号")
    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="ticket_imports")
    file_name = models.CharField("文件名", max_length=120)
    file_sha256 = models.CharField("文件指纹", max_length=64)
    state = models.CharField("状态", max_length=12, choices=State.choices, default=State.UPLOADED)
    mode = models.CharField("方式", max_length=16, choices=Mode.choices, blank=True)
    sheet = models.CharField("工作表", max_length=80, blank=True)
    header_row = models.PositiveIntegerField("表头所在行")
    layout = models.JSONField("文件概貌", default=dict)
    columns = models.JSONField("栏目对应", default=dict)
    rows_total = models.PositiveIntegerField("总行数", default=0)
    rows_done = models.PositiveIntegerField("已处理行数", default=0)
    rows_new = models.PositiveIntegerField("新增", default=0)
    rows_changed = models.PositiveIntegerField("变更", default=0)
    rows_same = models.PositiveIntegerField("不变", default=0)
    rows_bad = models.PositiveIntegerField("有错", default=0)
    rows_unclear = models.PositiveIntegerField("小区待认", default=0)
    rows_foreign = models.PositiveIntegerField("不属于小区", default=0)
    rows_passed_over = models.PositiveIntegerField("空行、合计与说明", default=0)
    imports_before = models.PositiveIntegerField("比对时已有的导入次数", default=0)
    attempts = models.PositiveSmallIntegerField("处理次数", default=0)
    problem = models.CharField("原因", max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT, related_name="ticket_uploads"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="确认人",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="ticket_confirmations",
    )
    created_at = models.DateTimeField("上传时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    class Meta:
        verbose_name = "12345 工单导入"
        verbose_name_plural = "12345 工单导入"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done") | Q(confirmed_by__isnull=False, finished_at__isnull=False),
                name="imported_tickets_were_confirmed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_working(self) -> bool:
        """A worker is, or soon will be, at it."""
        return self.state == self.State.PREVIEWING

    @property
    def rows_to_write(self) -> int:
        return self.rows_new + self.rows_changed

    @property
    def rows_left_out(self) -> int:
        """Rows that stand in the way of taking in everything: wrong ones, and compounds nobody has named."""
        return self.rows_bad + self.rows_unclear


class TicketRow(models.Model):
    """One row of an import: its cells as uploaded, what they say, what would become of it, and why not.

    A staging table without write-ahead log (see the migration), emptied when the import is over. `cells` are blank
    wherever a column is the caller's. `changes` are [label, old, new]; `faults` are [label, written, reason].
    """

    class Fate(models.TextChoices):
        NEW = "new", "新增"
        CHANGED = "changed", "变更"
        SAME = "same", "不变"
        BAD = "bad", "有错"
        UNCLEAR = "unclear", "小区待认"
        FOREIGN = "foreign", "不属于小区"

    pk = models.CompositePrimaryKey("ticket_import_id", "number")
    ticket_import = models.ForeignKey(
        TicketImport,
        verbose_name="导入",
        on_delete=models.CASCADE,
        related_name="rows",
        db_constraint=False,  # the statements that write 100,000 rows would check each of them
        db_index=False,  # the primary key begins with it
    )
    number = models.PositiveIntegerField("行号")
    cells = models.JSONField("原始内容")
    fate = models.CharField("结果", max_length=8, choices=Fate.choices, blank=True)
    ticket_number = models.CharField("工单号", max_length=LONGEST_NUMBER, blank=True)
    place = models.CharField("小区（表中写法）", max_length=LONGEST_PLACE, blank=True)
    compound = models.ForeignKey(
        Compound,
        verbose_name="小区",
        on_delete=models.CASCADE,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    category = models.CharField("类别", max_length=LONGEST_CATEGORY, blank=True)
    handler = models.CharField("承办", max_length=LONGEST_HANDLER, blank=True)
    received_at = models.DateTimeField("受理时间", null=True)
    due_at = models.DateTimeField("办理期限", null=True)
    closed_at = models.DateTimeField("办结时间", null=True)
    satisfied = models.BooleanField("回访满意", null=True)
    repeated = models.BooleanField("重复投诉", null=True)
    justified = models.BooleanField("属实", null=True)
    changes = models.JSONField("变更内容", null=True)
    faults = models.JSONField("错误", null=True)

    class Meta:
        verbose_name = "12345 工单导入行"
        verbose_name_plural = "12345 工单导入行"

    def __str__(self) -> str:
        return f"第 {self.number} 行"


class CompoundAlias(models.Model):
    """What a compound is called in the hotline's tables, as somebody of the office said once.

    Without a compound the name stands for a place that is none (a road, a market): its tickets are passed over.
    """

    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="compound_aliases")
    key = models.CharField("叫法", max_length=LONGEST_PLACE)
    compound = models.ForeignKey(
        Compound, verbose_name="小区", on_delete=models.PROTECT, null=True, blank=True, related_name="aliases"
    )
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="认定人", on_delete=models.PROTECT)
    named_at = models.DateTimeField("认定时间")

    class Meta:
        verbose_name = "小区的其他叫法"
        verbose_name_plural = "小区的其他叫法"
        constraints = [
            models.UniqueConstraint(fields=["town", "key"], name="a_name_means_one_place_in_a_town"),
            models.CheckConstraint(condition=~Q(key=""), name="a_compound_is_called_something"),
        ]

    def __str__(self) -> str:
        return f"{self.key} → {self.compound or '不属于小区'}"


class HotlineTicket(models.Model):
    """A ticket of the hotline 12345 about a compound. A later import may fill in or correct it; a blank never erases.

    A day without an hour is read in favour of whoever handled it: due at the day's end, closed at its beginning.
    """

    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="tickets")
    number = models.CharField("工单号", max_length=LONGEST_NUMBER)
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, related_name="tickets")
    category = models.CharField("类别", max_length=LONGEST_CATEGORY, blank=True)
    handler = models.CharField("承办", max_length=LONGEST_HANDLER, blank=True)
    received_at = models.DateTimeField("受理时间")
    due_at = models.DateTimeField("办理期限", null=True, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    satisfied = models.BooleanField("回访满意", null=True, blank=True)
    repeated = models.BooleanField("重复投诉", default=False)
    justified = models.BooleanField("属实", null=True, blank=True)
    brought_by = models.ForeignKey(
        TicketImport, verbose_name="最近一次导入", on_delete=models.PROTECT, related_name="tickets"
    )

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = "12345 工单"
        verbose_name_plural = "12345 工单"
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["town", "number"], name="a_ticket_has_a_number_of_its_own"),
            models.CheckConstraint(condition=~Q(number=""), name="a_ticket_has_a_number"),
            models.CheckConstraint(
                condition=Q(due_at__isnull=True) | Q(due_at__gte=F("received_at")),
                name="a_ticket_is_due_after_it_came_in",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(closed_at__gte=F("received_at")),
                name="a_ticket_is_closed_after_it_came_in",
            ),
        ]
        indexes = [
            models.Index(fields=["town", "received_at"], name="tickets_of_a_town_by_day"),
            models.Index(fields=["compound", "received_at"], name="tickets_of_a_compound_by_day"),
        ]

    def __str__(self) -> str:
        return f"12345 工单 {self.number}"
