"""What the sweep left behind: its runs, and the board's rollup."""

from django.db import models

from communities.models import Town, Village


class SweepRun(models.Model):
    """One run of the sweep, written in the run's own transaction: what is here has finished. The health page reads it.

    `facts` is a fingerprint of everything the obligations follow from; where it is unchanged on the same day, a run
    has nothing to open.
    """

    on = models.DateField("按何日")
    started_at = models.DateTimeField("开始")
    finished_at = models.DateTimeField("结束")
    facts = models.CharField("事实指纹", max_length=64, default="")
    opened = models.PositiveIntegerField("新开", default=0)
    released = models.PositiveIntegerField("解除", default=0)
    reminded = models.PositiveIntegerField("提醒", default=0)
    proposed = models.PositiveIntegerField("建议", default=0)
    told = models.PositiveIntegerField("通知人数", default=0)

    class Meta:
        verbose_name = "期限巡查"
        verbose_name_plural = "期限巡查"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.on}"


class BoardCell(models.Model):
    """Counts of one village, duty, period and deadline, kept so that the board never reads all obligations.

    Whether the open ones are late follows from `deadline_on` and today; that is not stored.
    `village` is null for the town's own duties.
    """

    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.CASCADE, related_name="board_cells")
    village = models.ForeignKey(
        Village, verbose_name="村（社区）", on_delete=models.CASCADE, null=True, related_name="board_cells"
    )
    duty = models.CharField("事项", max_length=30)
    period = models.CharField("期间", max_length=8)
    deadline_on = models.DateField("计逾期期限")
    total = models.PositiveIntegerField("应办")
    done_on_time = models.PositiveIntegerField("按期完成")
    done_late = models.PositiveIntegerField("逾期完成")
    unposted = models.PositiveIntegerField("已发布未张贴")
    corrected_late = models.PositiveIntegerField("逾期更正", default=0)

    class Meta:
        verbose_name = "总览格"
        verbose_name_plural = "总览格"
        constraints = [
            models.UniqueConstraint(
                fields=["town", "village", "duty", "period", "deadline_on"],
                name="a_board_cell_stands_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.village} {self.duty} {self.period}"

    @property
    def open(self) -> int:
        return self.total - self.done_on_time - self.done_late
