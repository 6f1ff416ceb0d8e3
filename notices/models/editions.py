"""发布稿: one frozen set of results, numbered and hashed, from which its papers are made (clauses 4.2.4, 4.4.5)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from communities.models import Compound, Town
from files.models import StoredFile
from kernel.fields import PublicIdField
from kernel.periods import Period
from notices.querysets import EditionDraftQuerySet, EditionQuerySet
from notices.rules import EditionKind, EditionStage, PaperKind, Recipient, letter_number


class LetterCounter(models.Model):
    """The last number given out of one series (代字) in one year. Locked while a letter is issued, so no gap arises."""

    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="letter_counters")
    series = models.CharField("代字", max_length=12)
    year = models.PositiveSmallIntegerField("年份")
    last = models.PositiveIntegerField("最近一号", default=0)

    class Meta:
        verbose_name = "发文字号"
        verbose_name_plural = "发文字号"
        constraints = [
            models.UniqueConstraint(fields=["town", "series", "year"], name="a_series_counts_once_a_year"),
        ]

    def __str__(self) -> str:
        return f"{self.series}〔{self.year}〕{self.last}"


class EditionDraft(models.Model):
    """The work on an edition: one prepares, another approves. `figures` are those of the moment `as_of_at`."""

    Stage = EditionStage

    public_id = PublicIdField(verbose_name="编号")
    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="edition_drafts")
    kind = models.CharField("种类", max_length=12, choices=EditionKind.choices)
    period = models.CharField("期间", max_length=8)
    corrects = models.ForeignKey(
        "Edition", verbose_name="所更正的", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    edition = models.OneToOneField(
        "Edition", verbose_name="发布稿", on_delete=models.PROTECT, null=True, blank=True, related_name="draft"
    )
    stage = models.CharField("阶段", max_length=10, choices=EditionStage.choices, default=EditionStage.PREPARING)
    series = models.CharField("代字", max_length=12)
    issuer = models.CharField("发文机关", max_length=40)
    request = models.TextField("工作要求", max_length=1500, blank=True)
    reason = models.CharField("更正原因", max_length=200, blank=True)
    as_of_at = models.DateTimeField("数据截至")
    figures = models.JSONField("数据")
    returned_reason = models.CharField("退回原因", max_length=200, blank=True)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="编制人", on_delete=models.PROTECT, related_name="editions_prepared"
    )
    prepared_at = models.DateTimeField("编制时间")

    objects = EditionDraftQuerySet.as_manager()

    class Meta:
        verbose_name = "发布稿底稿"
        verbose_name_plural = "发布稿底稿"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["town", "kind", "period"],
                condition=Q(stage__in=["preparing", "submitted"]),
                name="an_edition_has_one_open_draft",
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True) | ~Q(reason=""), name="a_correcting_edition_states_its_reason"
            ),
            models.CheckConstraint(
                condition=Q(stage="issued", edition__isnull=False) | (~Q(stage="issued") & Q(edition__isnull=True)),
                name="an_issued_draft_names_its_edition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.get_stage_display()}"

    @property
    def title(self) -> str:
        return f"{self.town}{self.period_value.label}{self.get_kind_display()}"

    @property
    def period_value(self) -> Period:
        return Period.parse(self.period)

    @property
    def is_open(self) -> bool:
        return self.stage in (EditionStage.PREPARING, EditionStage.SUBMITTED)


class EditionHead(models.Model):
    """The last link of a town's chain of editions; locked while a new one is appended."""

    town = models.OneToOneField(Town, on_delete=models.PROTECT, primary_key=True, related_name="edition_head")
    seq = models.PositiveIntegerField("序号", default=0)
    hash = models.CharField("链头", max_length=64, blank=True)

    class Meta:
        verbose_name = "发布稿链头"
        verbose_name_plural = "发布稿链头"

    def __str__(self) -> str:
        return f"{self.town_id}#{self.seq}"


class Edition(models.Model):
    """A published edition: number, frozen figures, their hash, its link in the town's chain. Append-only.

    `figures` holds strings and whole numbers only; report, newspaper copy, WeChat article, notice and posters are made
    from it alone. A correction is an edition of its own that names what it corrects and lists the differences.
    """

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    town = models.ForeignKey(Town, verbose_name="镇", on_delete=models.PROTECT, related_name="editions")
    kind = models.CharField("种类", max_length=12, choices=EditionKind.choices)
    period = models.CharField("期间", max_length=8)
    corrects = models.OneToOneField(
        "self", verbose_name="所更正的", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    series = models.CharField("代字", max_length=12)
    year = models.PositiveSmallIntegerField("年份")
    number = models.PositiveIntegerField("号")
    figures = models.JSONField("冻结数据")
    reason = models.CharField("更正原因", max_length=200, blank=True)
    seq = models.PositiveIntegerField("链序号")
    prev = models.CharField("上一指纹", max_length=64)
    body_sha = models.CharField("内容指纹", max_length=64)
    hash = models.CharField("指纹", max_length=64, unique=True)
    hash_version = models.PositiveSmallIntegerField("指纹版本", default=1)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="编制人", on_delete=models.PROTECT, related_name="editions_issued_for"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="批准人", on_delete=models.PROTECT, related_name="editions_approved"
    )
    issued_at = models.DateTimeField("发布时间")

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = "发布稿"
        verbose_name_plural = "发布稿"
        ordering = ["-issued_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["town", "series", "year", "number"], name="a_letter_number_is_given_once"),
            models.UniqueConstraint(
                fields=["town", "kind", "period"],
                condition=Q(corrects__isnull=True),
                name="an_edition_is_issued_once_then_corrected",
            ),
            models.UniqueConstraint(fields=["town", "seq"], name="the_editions_chain_has_no_fork_by_number"),
            models.UniqueConstraint(fields=["town", "prev"], name="the_editions_chain_has_no_fork_by_link"),
            models.CheckConstraint(condition=Q(number__gte=1), name="letter_numbers_begin_at_one"),
            models.CheckConstraint(
                condition=~Q(approved_by=F("prepared_by")), name="nobody_approves_the_edition_they_prepared"
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True, reason="") | (Q(corrects__isnull=False) & ~Q(reason="")),
                name="only_a_correcting_edition_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.letter_number} {self.figures['title']}"

    @property
    def letter_number(self) -> str:
        return letter_number(self.series, self.year, self.number)

    @property
    def title(self) -> str:
        return str(self.figures["title"])

    @property
    def settles(self) -> list[str]:
        """The duties that are done once it reached all four, as whoever drew the figures named them."""
        return list(self.figures.get("settles", ()))


class EditionPress(models.Model):
    """How far the papers of an edition are. `attempts` counts runs since the last paper that was made."""

    class State(models.TextChoices):
        WAITING = "waiting", "正在制作"
        DONE = "done", "已齐"
        FAILED = "failed", "未做成"

    edition = models.OneToOneField(Edition, on_delete=models.PROTECT, primary_key=True, related_name="press")
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.WAITING)
    done = models.PositiveIntegerField("已做份数", default=0)
    total = models.PositiveIntegerField("总份数")
    attempts = models.PositiveSmallIntegerField("已尝试", default=0)
    problem = models.CharField("原因", max_length=200, blank=True)
    pressed_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="何人", on_delete=models.PROTECT)
    pressed_at = models.DateTimeField("开始时间")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    class Meta:
        verbose_name = "发布稿制作"
        verbose_name_plural = "发布稿制作"
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done=F("total"), finished_at__isnull=False),
                name="a_press_is_done_with_its_last_paper",
            ),
        ]
        indexes = [models.Index(fields=["state"], condition=Q(state="waiting"), name="presses_that_wait")]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.get_state_display()}"

    @property
    def is_working(self) -> bool:
        """A worker is, or soon will be, at it."""
        return self.state == self.State.WAITING


class EditionPaper(models.Model):
    """One paper made of an edition: where it lies and its fingerprint. A copy; the edition's figures are the truth."""

    edition = models.ForeignKey(Edition, verbose_name="发布稿", on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField("文件", max_length=12, choices=PaperKind.choices)
    compound = models.ForeignKey(Compound, verbose_name="小区", on_delete=models.PROTECT, null=True, blank=True)
    path = models.CharField("存放名", max_length=80, unique=True)
    size = models.PositiveBigIntegerField("大小（字节）")
    sha256 = models.CharField("指纹", max_length=64)
    made_at = models.DateTimeField("制作时间")

    class Meta:
        verbose_name = "发布稿文件"
        verbose_name_plural = "发布稿文件"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "kind", "compound"],
                name="a_paper_of_an_edition_is_made_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(kind="poster_pdf", compound__isnull=False)
                | (~Q(kind="poster_pdf") & Q(compound__isnull=True)),
                name="posters_and_only_they_are_for_a_compound",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} {self.get_kind_display()}"


class EditionDispatch(models.Model):
    """That an edition reached one of the four it must go to: when, with the proof of it. Append-only."""

    append_only = True

    public_id = PublicIdField(verbose_name="编号")
    edition = models.ForeignKey(Edition, verbose_name="发布稿", on_delete=models.PROTECT, related_name="dispatches")
    recipient = models.CharField("去向", max_length=10, choices=Recipient.choices)
    done_on = models.DateField("办理日期")
    note = models.CharField("说明", max_length=120, blank=True)
    proof = models.ForeignKey(StoredFile, verbose_name="凭据", on_delete=models.PROTECT)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name="登记人", on_delete=models.PROTECT)
    recorded_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "发布稿去向"
        verbose_name_plural = "发布稿去向"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "recipient"], name="an_edition_reaches_each_recipient_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_recipient_display()} {self.done_on}"
