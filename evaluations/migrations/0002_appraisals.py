"""Appraisals of firms: method, rounds, marks, replies, results; and what the database holds itself."""

import django.contrib.postgres.fields
import django.db.models.deletion
import kernel.fields
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from evaluations.appraisal_guards import INSTALL, REMOVE
from kernel.append_only import install, remove

TABLES = (
    "evaluations_appraisalmethod",
    "evaluations_appraisalround",
    "evaluations_mark",
    "evaluations_markfile",
    "evaluations_appraisalreply",
    "evaluations_replyfile",
    "evaluations_replyanswer",
    "evaluations_appraisalstep",
    "evaluations_appraisalresult",
)


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0009_doors3"),
        ("evaluations", "0001_surveys"),
        ("files", "0003_faces_exports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AppraisalMethod",
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
                ("period", models.CharField(max_length=8, verbose_name="期间")),
                ("version", models.PositiveSmallIntegerField(verbose_name="版次")),
                ("items", models.JSONField(verbose_name="考评项目")),
                ("most_adjustment", models.DecimalField(decimal_places=2, max_digits=4, verbose_name="加减分上限")),
                (
                    "vetoes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30), blank=True, size=None, verbose_name="一票否决事项"
                    ),
                ),
                ("made_at", models.DateTimeField(verbose_name="编制时间")),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="编制人",
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appraisal_methods",
                        to="communities.town",
                        verbose_name="镇",
                    ),
                ),
            ],
            options={
                "verbose_name": "考评办法",
                "verbose_name_plural": "考评办法",
                "ordering": ["-period", "-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("town", "period", "version"), name="a_method_has_one_version_of_a_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period__regex", "^\\d{4}H[12]$")), name="a_method_is_of_a_half_year"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("most_adjustment__gte", 0), ("most_adjustment__lte", Decimal("20"))),
                        name="bonus_and_penalty_are_bounded",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AppraisalRound",
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
                ("period", models.CharField(max_length=8, verbose_name="期间")),
                ("opened_at", models.DateTimeField(verbose_name="发起时间")),
                (
                    "method",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="round",
                        to="evaluations.appraisalmethod",
                        verbose_name="考评办法",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="发起人",
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appraisal_rounds",
                        to="communities.town",
                        verbose_name="镇",
                    ),
                ),
            ],
            options={
                "verbose_name": "考评轮次",
                "verbose_name_plural": "考评轮次",
                "ordering": ["-period", "-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("town", "period"), name="a_half_year_is_scored_in_one_round"),
                    models.CheckConstraint(
                        condition=models.Q(("period__regex", "^\\d{4}H[12]$")), name="a_round_is_of_a_half_year"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Appraisal",
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
                ("period", models.CharField(max_length=8, verbose_name="期间")),
                ("version", models.PositiveSmallIntegerField(default=1, verbose_name="版次")),
                ("correction_reason", models.CharField(blank=True, max_length=300, verbose_name="更正理由")),
                (
                    "stage",
                    models.CharField(
                        choices=[("scoring", "打分中"), ("reviewing", "待复核"), ("told", "申辩期"), ("final", "已定")],
                        default="scoring",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("facts", models.JSONField(default=dict, verbose_name="自动采集的事实")),
                ("gathered_at", models.DateTimeField(verbose_name="采集时间")),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="送审时间")),
                ("told_at", models.DateTimeField(blank=True, null=True, verbose_name="告知企业时间")),
                ("reply_until", models.DateField(blank=True, null=True, verbose_name="申辩截止（含当日）")),
                ("replied_at", models.DateTimeField(blank=True, null=True, verbose_name="企业申辩完毕时间")),
                (
                    "compound",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appraisals",
                        to="communities.compound",
                        verbose_name="小区",
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="evaluations.appraisal",
                        verbose_name="更正",
                    ),
                ),
                (
                    "final_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="审定人",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appraisals",
                        to="communities.propertyfirm",
                        verbose_name="企业",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="复核人",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="送审人",
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appraisals",
                        to="evaluations.appraisalround",
                        verbose_name="轮次",
                    ),
                ),
            ],
            options={
                "verbose_name": "物业考评",
                "verbose_name_plural": "物业考评",
                "ordering": ["-period", "compound_id", "-version"],
                "indexes": [models.Index(fields=["round", "stage"], name="appraisals_of_a_round")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("round", "compound", "firm", "version"),
                        name="a_firm_is_appraised_once_per_compound_and_half_year",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("correction_reason", ""), ("corrects__isnull", True), ("version", 1)),
                            models.Q(
                                ("corrects__isnull", False),
                                ("version__gt", 1),
                                models.Q(("correction_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="a_further_version_says_what_it_corrects_and_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stage", "scoring"),
                            models.Q(("submitted_at__isnull", False), ("submitted_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="an_appraisal_is_submitted_before_its_review",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stage__in", ["scoring", "reviewing"]),
                            models.Q(
                                ("reply_until__isnull", False),
                                ("reviewed_by__isnull", False),
                                ("told_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="an_appraisal_is_reviewed_before_the_firm_is_told",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("final_by__isnull", False), ("stage", "final")),
                            models.Q(models.Q(("stage", "final"), _negated=True), ("final_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="a_final_appraisal_says_by_whom",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("submitted_by", models.F("reviewed_by")), _negated=True),
                        name="one_scores_an_appraisal_and_another_reviews_it",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("submitted_by", models.F("final_by")), _negated=True),
                        name="who_scored_an_appraisal_does_not_make_it_final",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AppraisalReply",
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
                ("code", models.CharField(blank=True, max_length=30, verbose_name="项目")),
                ("text", models.CharField(max_length=1000, verbose_name="申辩内容")),
                ("made_at", models.DateTimeField(verbose_name="何时")),
                (
                    "appraisal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replies",
                        to="evaluations.appraisal",
                        verbose_name="考评",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="何人",
                    ),
                ),
            ],
            options={
                "verbose_name": "申辩",
                "verbose_name_plural": "申辩",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True), name="a_reply_says_something"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AppraisalResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.DecimalField(decimal_places=2, max_digits=5, verbose_name="得分")),
                (
                    "grade",
                    models.CharField(
                        choices=[("excellent", "优秀"), ("good", "良好"), ("passed", "合格"), ("failed", "不合格")],
                        max_length=10,
                        verbose_name="等次",
                    ),
                ),
                ("is_vetoed", models.BooleanField(default=False, verbose_name="一票否决")),
                ("heads", models.JSONField(verbose_name="各项得分")),
                ("inputs", models.JSONField(verbose_name="计分依据")),
                ("hash", models.CharField(max_length=64, verbose_name="校验码")),
                ("final_at", models.DateTimeField(verbose_name="审定时间")),
                (
                    "appraisal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="result",
                        to="evaluations.appraisal",
                        verbose_name="考评",
                    ),
                ),
            ],
            options={
                "verbose_name": "考评结果",
                "verbose_name_plural": "考评结果",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 0), ("score__lte", 100)), name="a_score_is_out_of_a_hundred"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("is_vetoed", False), ("grade", "failed"), _connector="OR"),
                        name="a_veto_fails_whatever_was_scored",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AppraisalStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("opened", "开始打分"),
                            ("submitted", "送审"),
                            ("returned", "退回"),
                            ("told", "复核通过，告知企业"),
                            ("replied", "企业申辩"),
                            ("rested", "企业申辩完毕"),
                            ("answered", "答复申辩"),
                            ("final", "审定"),
                        ],
                        max_length=10,
                        verbose_name="经过",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=300, verbose_name="说明")),
                ("at", models.DateTimeField(verbose_name="何时")),
                (
                    "appraisal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="evaluations.appraisal",
                        verbose_name="考评",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="何人",
                    ),
                ),
            ],
            options={
                "verbose_name": "考评经过",
                "verbose_name_plural": "考评经过",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("item", "打分"), ("adjustment", "加减分"), ("veto", "一票否决")],
                        max_length=10,
                        verbose_name="种类",
                    ),
                ),
                ("code", models.CharField(max_length=30, verbose_name="项目")),
                ("points", models.DecimalField(decimal_places=2, max_digits=5, verbose_name="分值")),
                ("stands", models.BooleanField(default=True, verbose_name="有效")),
                ("reason", models.CharField(max_length=300, verbose_name="理由")),
                ("made_at", models.DateTimeField(verbose_name="何时")),
                (
                    "appraisal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="marks",
                        to="evaluations.appraisal",
                        verbose_name="考评",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="何人",
                    ),
                ),
            ],
            options={
                "verbose_name": "评分",
                "verbose_name_plural": "评分",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="a_mark_says_why"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "item"), _negated=True), ("points__gte", 0), _connector="OR"
                        ),
                        name="an_item_is_never_scored_below_zero",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("kind", "veto"), _negated=True), ("points", 0), _connector="OR"),
                        name="a_veto_carries_no_points",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MarkFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="files.storedfile",
                        verbose_name="文件",
                    ),
                ),
                (
                    "mark",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="evaluations.mark",
                        verbose_name="评分",
                    ),
                ),
            ],
            options={
                "verbose_name": "评分材料",
                "verbose_name_plural": "评分材料",
            },
        ),
        migrations.CreateModel(
            name="ReplyAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=300, verbose_name="答复")),
                ("made_at", models.DateTimeField(verbose_name="何时")),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="何人",
                    ),
                ),
                (
                    "mark",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answer",
                        to="evaluations.mark",
                        verbose_name="改分",
                    ),
                ),
                (
                    "reply",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answer",
                        to="evaluations.appraisalreply",
                        verbose_name="申辩",
                    ),
                ),
            ],
            options={
                "verbose_name": "申辩答复",
                "verbose_name_plural": "申辩答复",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="an_answer_says_why")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReplyFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="files.storedfile",
                        verbose_name="文件",
                    ),
                ),
                (
                    "reply",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="evaluations.appraisalreply",
                        verbose_name="申辩",
                    ),
                ),
            ],
            options={
                "verbose_name": "申辩材料",
                "verbose_name_plural": "申辩材料",
            },
        ),
        migrations.RunSQL(INSTALL, REMOVE),
        *(migrations.RunSQL(install(table), remove(table)) for table in TABLES),
    ]
