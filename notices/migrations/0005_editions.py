"""Editions: numbered, frozen, chained, never changed; see docs/decisions/0020."""

import django.db.models.deletion
import kernel.fields
from django.conf import settings
from django.db import migrations, models

from kernel.append_only import install, remove


TABLES = ("notices_edition", "notices_editiondispatch")


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0008_staff"),
        ("files", "0003_faces_exports"),
        ("notices", "0004_books_pictures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    kernel.fields.PublicIdField(
                        default=kernel.fields.new_public_id,
                        editable=False,
                        max_length=16,
                        unique=True,
                        verbose_name="编号",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("disclosures", "公示情况通报"), ("results", "测评考评结果")],
                        max_length=12,
                        verbose_name="种类",
                    ),
                ),
                ("period", models.CharField(max_length=8, verbose_name="期间")),
                ("series", models.CharField(max_length=12, verbose_name="代字")),
                ("year", models.PositiveSmallIntegerField(verbose_name="年份")),
                ("number", models.PositiveIntegerField(verbose_name="号")),
                ("figures", models.JSONField(verbose_name="冻结数据")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="更正原因")),
                ("seq", models.PositiveIntegerField(verbose_name="链序号")),
                ("prev", models.CharField(max_length=64, verbose_name="上一指纹")),
                ("body_sha", models.CharField(max_length=64, verbose_name="内容指纹")),
                ("hash", models.CharField(max_length=64, unique=True, verbose_name="指纹")),
                ("hash_version", models.PositiveSmallIntegerField(default=1, verbose_name="指纹版本")),
                ("issued_at", models.DateTimeField(verbose_name="发布时间")),
                (
                    "approved_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="editions_approved",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="批准人",
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="notices.edition",
                        verbose_name="所更正的",
                    ),
                ),
                (
                    "prepared_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="editions_issued_for",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="编制人",
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="editions",
                        to="communities.town",
                        verbose_name="镇",
                    ),
                ),
            ],
            options={
                "verbose_name": "发布稿",
                "verbose_name_plural": "发布稿",
                "ordering": ["-issued_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("town", "series", "year", "number"), name="a_letter_number_is_given_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("corrects__isnull", True)),
                        fields=("town", "kind", "period"),
                        name="an_edition_is_issued_once_then_corrected",
                    ),
                    models.UniqueConstraint(fields=("town", "seq"), name="the_editions_chain_has_no_fork_by_number"),
                    models.UniqueConstraint(fields=("town", "prev"), name="the_editions_chain_has_no_fork_by_link"),
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="letter_numbers_begin_at_one"),
                    models.CheckConstraint(
                        condition=models.Q(("approved_by", models.F("prepared_by")), _negated=True),
                        name="nobody_approves_the_edition_they_prepared",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("corrects__isnull", True), ("reason", "")),
                            models.Q(("corrects__isnull", False), models.Q(("reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="only_a_correcting_edition_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EditionHead",
            fields=[
                (
                    "town",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="edition_head",
                        serialize=False,
                        to="communities.town",
                    ),
                ),
                ("seq", models.PositiveIntegerField(default=0, verbose_name="序号")),
                ("hash", models.CharField(blank=True, max_length=64, verbose_name="链头")),
            ],
            options={
                "verbose_name": "发布稿链头",
                "verbose_name_plural": "发布稿链头",
            },
        ),
        migrations.CreateModel(
            name="EditionDispatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    kernel.fields.PublicIdField(
                        default=kernel.fields.new_public_id,
                        editable=False,
                        max_length=16,
                        unique=True,
                        verbose_name="编号",
                    ),
                ),
                (
                    "recipient",
                    models.CharField(
                        choices=[
                            ("town", "报送镇党委、政府"),
                            ("housing", "抄送市住建局"),
                            ("newspaper", "石狮日报刊登"),
                            ("wechat", "镇公众号推送"),
                        ],
                        max_length=10,
                        verbose_name="去向",
                    ),
                ),
                ("done_on", models.DateField(verbose_name="办理日期")),
                ("note", models.CharField(blank=True, max_length=120, verbose_name="说明")),
                ("recorded_at", models.DateTimeField(verbose_name="登记时间")),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="dispatches",
                        to="notices.edition",
                        verbose_name="发布稿",
                    ),
                ),
                (
                    "proof",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="files.storedfile", verbose_name="凭据"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL, verbose_name="登记人"
                    ),
                ),
            ],
            options={
                "verbose_name": "发布稿去向",
                "verbose_name_plural": "发布稿去向",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("edition", "recipient"), name="an_edition_reaches_each_recipient_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EditionDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    kernel.fields.PublicIdField(
                        default=kernel.fields.new_public_id,
                        editable=False,
                        max_length=16,
                        unique=True,
                        verbose_name="编号",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("disclosures", "公示情况通报"), ("results", "测评考评结果")],
                        max_length=12,
                        verbose_name="种类",
                    ),
                ),
                ("period", models.CharField(max_length=8, verbose_name="期间")),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("preparing", "编制中"),
                            ("submitted", "待批准"),
                            ("issued", "已发布"),
                            ("dropped", "已放弃"),
                        ],
                        default="preparing",
                        max_length=10,
                        verbose_name="阶段",
                    ),
                ),
                ("series", models.CharField(max_length=12, verbose_name="代字")),
                ("issuer", models.CharField(max_length=40, verbose_name="发文机关")),
                ("request", models.TextField(blank=True, max_length=1500, verbose_name="工作要求")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="更正原因")),
                ("as_of_at", models.DateTimeField(verbose_name="数据截至")),
                ("figures", models.JSONField(verbose_name="数据")),
                ("returned_reason", models.CharField(blank=True, max_length=200, verbose_name="退回原因")),
                ("prepared_at", models.DateTimeField(verbose_name="编制时间")),
                (
                    "corrects",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="notices.edition",
                        verbose_name="所更正的",
                    ),
                ),
                (
                    "edition",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draft",
                        to="notices.edition",
                        verbose_name="发布稿",
                    ),
                ),
                (
                    "prepared_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="editions_prepared",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="编制人",
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="edition_drafts",
                        to="communities.town",
                        verbose_name="镇",
                    ),
                ),
            ],
            options={
                "verbose_name": "发布稿底稿",
                "verbose_name_plural": "发布稿底稿",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stage__in", ["preparing", "submitted"])),
                        fields=("town", "kind", "period"),
                        name="an_edition_has_one_open_draft",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="a_correcting_edition_states_its_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("edition__isnull", False), ("stage", "issued")),
                            models.Q(models.Q(("stage", "issued"), _negated=True), ("edition__isnull", True)),
                            _connector="OR",
                        ),
                        name="an_issued_draft_names_its_edition",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EditionPaper",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("report_pdf", "公文（PDF）"),
                            ("report_docx", "公文（Word）"),
                            ("news_text", "报纸用纯文本"),
                            ("news_docx", "报纸用文稿（Word）"),
                            ("news_xlsx", "报纸用表格（Excel）"),
                            ("wechat_html", "公众号文章"),
                            ("chart_png", "公众号配图"),
                            ("poster_pdf", "小区海报（PDF）"),
                        ],
                        max_length=12,
                        verbose_name="文件",
                    ),
                ),
                ("path", models.CharField(max_length=80, unique=True, verbose_name="存放名")),
                ("size", models.PositiveBigIntegerField(verbose_name="大小（字节）")),
                ("sha256", models.CharField(max_length=64, verbose_name="指纹")),
                ("made_at", models.DateTimeField(verbose_name="制作时间")),
                (
                    "compound",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="communities.compound",
                        verbose_name="小区",
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="notices.edition",
                        verbose_name="发布稿",
                    ),
                ),
            ],
            options={
                "verbose_name": "发布稿文件",
                "verbose_name_plural": "发布稿文件",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("edition", "kind", "compound"),
                        name="a_paper_of_an_edition_is_made_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("compound__isnull", False), ("kind", "poster_pdf")),
                            models.Q(models.Q(("kind", "poster_pdf"), _negated=True), ("compound__isnull", True)),
                            _connector="OR",
                        ),
                        name="posters_and_only_they_are_for_a_compound",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LetterCounter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("series", models.CharField(max_length=12, verbose_name="代字")),
                ("year", models.PositiveSmallIntegerField(verbose_name="年份")),
                ("last", models.PositiveIntegerField(default=0, verbose_name="最近一号")),
                (
                    "town",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letter_counters",
                        to="communities.town",
                        verbose_name="镇",
                    ),
                ),
            ],
            options={
                "verbose_name": "发文字号",
                "verbose_name_plural": "发文字号",
                "constraints": [
                    models.UniqueConstraint(fields=("town", "series", "year"), name="a_series_counts_once_a_year")
                ],
            },
        ),
        migrations.CreateModel(
            name="EditionPress",
            fields=[
                (
                    "edition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="press",
                        serialize=False,
                        to="notices.edition",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "正在制作"), ("done", "已齐"), ("failed", "未做成")],
                        default="waiting",
                        max_length=8,
                        verbose_name="状态",
                    ),
                ),
                ("done", models.PositiveIntegerField(default=0, verbose_name="已做份数")),
                ("total", models.PositiveIntegerField(verbose_name="总份数")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="已尝试")),
                ("problem", models.CharField(blank=True, max_length=200, verbose_name="原因")),
                ("pressed_at", models.DateTimeField(verbose_name="开始时间")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="完成时间")),
                (
                    "pressed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL, verbose_name="何人"
                    ),
                ),
            ],
            options={
                "verbose_name": "发布稿制作",
                "verbose_name_plural": "发布稿制作",
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["state"], name="presses_that_wait")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(("done", models.F("total")), ("finished_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_press_is_done_with_its_last_paper",
                    )
                ],
            },
        ),
        *(migrations.RunSQL(install(table), remove(table)) for table in TABLES),
    ]
