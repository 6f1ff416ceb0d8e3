"""Surveys: questions, roll, participation, sealed and opened ballots, results; and what the database holds itself."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import kernel.fields
import uuid
from django.conf import settings
from django.db import migrations, models

from evaluations.guards import INSTALL, REMOVE
from kernel.append_only import install, remove

TABLES = (
    "evaluations_questionnaire",
    "evaluations_round",
    "evaluations_rollentry",
    "evaluations_participation",
    "evaluations_paperhelp",
    "evaluations_ballot",
    "evaluations_surveyresult",
)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_append_only"),
        ("communities", "0008_staff"),
        ("supervision", "0007_faces_batches_and_saved_filters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Questionnaire",
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
                        choices=[
                            ("committee", "业委会满意度测评"),
                            ("firm", "物业满意度测评"),
                            ("meeting", "年度述职评议会测评"),
                        ],
                        max_length=10,
                        verbose_name="种类",
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(verbose_name="版次")),
                ("title", models.CharField(max_length=60, verbose_name="名称")),
                (
                    "scale",
                    models.CharField(
                        choices=[
                            ("ABCDEU", "很满意、满意、基本满意、不满意、很不满意、不了解"),
                            ("ABNDEU", "很满意、满意、一般、不满意、很不满意、不了解"),
                        ],
                        max_length=10,
                        verbose_name="选项",
                    ),
                ),
                (
                    "questions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), size=None, verbose_name="问题"
                    ),
                ),
                ("template", models.CharField(blank=True, max_length=30, verbose_name="自带问卷")),
                ("made_at", models.DateTimeField(verbose_name="编制时间")),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="编制人",
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="questionnaires",
                        to="communities.town",
                        verbose_name="镇",
                    ),
                ),
            ],
            options={
                "verbose_name": "测评问卷",
                "verbose_name_plural": "测评问卷",
                "ordering": ["kind", "-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("town", "kind", "version"), name="a_questionnaire_has_one_version_of_a_number"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("template", ""), _negated=True),
                        fields=("town", "template"),
                        name="a_template_is_taken_over_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("questions__len__gte", 1)), name="a_questionnaire_asks_something"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Round",
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
                ("closes_at", models.DateTimeField(verbose_name="截止")),
                (
                    "remind_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="截止前几天提醒",
                    ),
                ),
                ("started_at", models.DateTimeField(verbose_name="发起时间")),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="survey_rounds",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="发起人",
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="survey_rounds",
                        to="communities.town",
                        verbose_name="镇",
                    ),
                ),
            ],
            options={
                "verbose_name": "测评轮次",
                "verbose_name_plural": "测评轮次",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Survey",
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
                        choices=[
                            ("committee", "业委会满意度测评"),
                            ("firm", "物业满意度测评"),
                            ("meeting", "年度述职评议会测评"),
                        ],
                        max_length=10,
                        verbose_name="种类",
                    ),
                ),
                ("period", models.CharField(max_length=8, verbose_name="期间")),
                ("threshold", models.PositiveSmallIntegerField(verbose_name="触发线（%）")),
                ("least_ballots", models.PositiveSmallIntegerField(verbose_name="公布结果的最少有效票")),
                ("turnout_floor", models.PositiveSmallIntegerField(verbose_name="回收率下限（%）")),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "待开始"), ("open", "进行中"), ("closing", "计票中"), ("closed", "已结束")],
                        default="draft",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("closes_at", models.DateTimeField(verbose_name="截止")),
                ("opened_at", models.DateTimeField(blank=True, null=True, verbose_name="开始时间")),
                ("units", models.PositiveIntegerField(blank=True, null=True, verbose_name="名册户数")),
                ("roll_hash", models.CharField(blank=True, max_length=64, verbose_name="名册校验码")),
                ("public_key", models.BinaryField(blank=True, null=True, verbose_name="公钥")),
                ("seal_size", models.PositiveIntegerField(blank=True, null=True, verbose_name="票长（字节）")),
                ("has_escrow", models.BooleanField(default=False, verbose_name="有托管密钥")),
                ("close_asked_at", models.DateTimeField(blank=True, null=True, verbose_name="提前截止时间")),
                ("close_reason", models.CharField(blank=True, max_length=200, verbose_name="提前截止的理由")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="计票时间")),
                ("key_destroyed_at", models.DateTimeField(blank=True, null=True, verbose_name="密钥销毁时间")),
                ("problem", models.CharField(blank=True, max_length=200, verbose_name="未能办理的原因")),
                (
                    "body",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="surveys",
                        to="communities.body",
                        verbose_name="被测评组织",
                    ),
                ),
                (
                    "close_asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="surveys_closed_early",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="提前截止人",
                    ),
                ),
                (
                    "compound",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="surveys",
                        to="communities.compound",
                        verbose_name="小区",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="surveys",
                        to="communities.propertyfirm",
                        verbose_name="被测评企业",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="surveys",
                        to="supervision.policy",
                        verbose_name="依据文件",
                    ),
                ),
                (
                    "questionnaire",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="surveys",
                        to="evaluations.questionnaire",
                        verbose_name="问卷",
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="surveys",
                        to="evaluations.round",
                        verbose_name="轮次",
                    ),
                ),
            ],
            options={
                "verbose_name": "满意度测评",
                "verbose_name_plural": "满意度测评",
                "ordering": ["-period", "compound_id", "kind"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("key_destroyed_at__isnull", True)),
                        fields=["closes_at"],
                        name="surveys_still_to_do",
                    ),
                    models.Index(fields=["period", "kind"], name="surveys_of_a_period"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("compound", "kind", "period"), name="a_compound_has_one_survey_of_a_kind_and_period"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "draft"),
                            models.Q(
                                ("opened_at__isnull", False),
                                ("public_key__isnull", False),
                                ("seal_size__isnull", False),
                                ("units__gt", 0),
                                models.Q(("roll_hash", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="an_open_survey_has_its_key_and_roll",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", True), models.Q(("state", "closed"), _negated=True)),
                            models.Q(("closed_at__isnull", False), ("state", "closed")),
                            _connector="OR",
                        ),
                        name="a_closed_survey_says_when_it_was_counted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("close_asked_at__isnull", True), ("close_asked_by__isnull", True), ("close_reason", "")
                            ),
                            models.Q(
                                ("close_asked_at__isnull", False),
                                ("close_asked_by__isnull", False),
                                models.Q(("close_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="an_early_closing_says_who_and_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("key_destroyed_at__isnull", True), ("state", "closed"), _connector="OR"),
                        name="a_key_is_destroyed_after_the_count_only",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("body__isnull", True), ("firm__isnull", False), ("kind", "firm")),
                            models.Q(
                                models.Q(("kind", "firm"), _negated=True),
                                ("body__isnull", False),
                                ("firm__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="a_survey_judges_a_firm_or_a_committee",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SealedComment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="编号"
                    ),
                ),
                ("seal", models.BinaryField(verbose_name="密封内容")),
                (
                    "survey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sealed_comments",
                        to="evaluations.survey",
                        verbose_name="测评",
                    ),
                ),
            ],
            options={
                "verbose_name": "密封意见",
                "verbose_name_plural": "密封意见",
            },
        ),
        migrations.CreateModel(
            name="SealedBallot",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="编号"
                    ),
                ),
                ("seal", models.BinaryField(verbose_name="密封内容")),
                (
                    "survey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sealed_ballots",
                        to="evaluations.survey",
                        verbose_name="测评",
                    ),
                ),
            ],
            options={
                "verbose_name": "密封票",
                "verbose_name_plural": "密封票",
            },
        ),
        migrations.CreateModel(
            name="RollEntry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "survey_id", "unit_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rolls",
                        to="communities.unit",
                        verbose_name="户",
                    ),
                ),
                (
                    "survey",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="roll",
                        to="evaluations.survey",
                        verbose_name="测评",
                    ),
                ),
            ],
            options={
                "verbose_name": "测评名册",
                "verbose_name_plural": "测评名册",
            },
        ),
        migrations.CreateModel(
            name="Participation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(verbose_name="日期")),
                (
                    "channel",
                    models.CharField(
                        choices=[("slip", "入户条"), ("code", "验证码"), ("paper", "纸质代录")],
                        max_length=5,
                        verbose_name="渠道",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="participations",
                        to="communities.unit",
                        verbose_name="户",
                    ),
                ),
                (
                    "survey",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="participations",
                        to="evaluations.survey",
                        verbose_name="测评",
                    ),
                ),
            ],
            options={
                "verbose_name": "参与记录",
                "verbose_name_plural": "参与记录",
                "constraints": [models.UniqueConstraint(fields=("survey", "unit"), name="a_household_takes_part_once")],
            },
        ),
        migrations.CreateModel(
            name="PaperHelp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField(verbose_name="日期")),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paper_confirmed",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="核对人",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paper_entered",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="录入人",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="communities.unit",
                        verbose_name="户",
                    ),
                ),
                (
                    "survey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paper_help",
                        to="evaluations.survey",
                        verbose_name="测评",
                    ),
                ),
            ],
            options={
                "verbose_name": "纸质票代录",
                "verbose_name_plural": "纸质票代录",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("survey", "unit"), name="a_paper_ballot_is_entered_once"),
                    models.CheckConstraint(
                        condition=models.Q(("entered_by", models.F("confirmed_by")), _negated=True),
                        name="one_enters_a_paper_ballot_and_another_confirms_it",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                (
                    "public_id",
                    kernel.fields.PublicIdField(
                        default=kernel.fields.new_public_id,
                        editable=False,
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                        unique=True,
                        verbose_name="编号",
                    ),
                ),
                ("text", models.CharField(max_length=300, verbose_name="原文")),
                ("redacted", models.CharField(blank=True, max_length=300, verbose_name="公布稿")),
                ("released_on", models.DateField(blank=True, null=True, verbose_name="发布日")),
                (
                    "redacted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments_redacted",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="处理人",
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments_released",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="发布人",
                    ),
                ),
                (
                    "survey",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="evaluations.survey",
                        verbose_name="测评",
                    ),
                ),
            ],
            options={
                "verbose_name": "业主意见",
                "verbose_name_plural": "业主意见",
                "ordering": ["public_id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("released_by__isnull", True),
                            models.Q(
                                ("redacted_by__isnull", False),
                                models.Q(("released_by", models.F("redacted_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="one_redacts_a_comment_and_another_releases_it",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("released_by__isnull", True), ("released_on__isnull", True)),
                            models.Q(("released_by__isnull", False), ("released_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="a_released_comment_has_its_day",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Ballot",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "survey_id", "receipt", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("receipt", models.CharField(db_collation="C", max_length=16, verbose_name="回执")),
                ("answers", models.CharField(max_length=20, verbose_name="答案")),
                (
                    "survey",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ballots",
                        to="evaluations.survey",
                        verbose_name="测评",
                    ),
                ),
            ],
            options={
                "verbose_name": "选票",
                "verbose_name_plural": "选票",
            },
        ),
        migrations.CreateModel(
            name="SurveyProposal",
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
                    "act",
                    models.CharField(
                        choices=[("reelection", "协助召集业主大会表决提前换届"), ("interview", "约谈物业服务企业")],
                        max_length=12,
                        verbose_name="建议",
                    ),
                ),
                ("clause", models.CharField(max_length=60, verbose_name="依据")),
                ("figures", models.CharField(max_length=120, verbose_name="数字")),
                ("proposed_at", models.DateTimeField(verbose_name="建议时间")),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("done", "已采纳办理"), ("declined", "不采纳")],
                        max_length=10,
                        verbose_name="决定",
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="决定时间")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="理由")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="survey_decisions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="决定人",
                    ),
                ),
                (
                    "survey",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="proposal",
                        to="evaluations.survey",
                        verbose_name="测评",
                    ),
                ),
            ],
            options={
                "verbose_name": "测评建议",
                "verbose_name_plural": "测评建议",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("decision", "")),
                            models.Q(
                                models.Q(("decision", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="a_survey_decision_says_who_when_and_why",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SurveyResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("participations", models.PositiveIntegerField(verbose_name="参与户数")),
                ("valid", models.PositiveIntegerField(verbose_name="有效票")),
                ("satisfied", models.PositiveIntegerField(verbose_name="满意票")),
                ("dissatisfied", models.PositiveIntegerField(verbose_name="不满意票")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("counted", "有结果"),
                            ("low", "样本不足（回收率低于下限）"),
                            ("few", "样本不足（有效票过少）"),
                            ("none", "没有结果（无有效票）"),
                        ],
                        max_length=8,
                        verbose_name="结论",
                    ),
                ),
                ("tallies", models.JSONField(verbose_name="各题合计")),
                ("list_hash", models.CharField(max_length=64, verbose_name="名单校验码")),
                (
                    "survey",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="result",
                        to="evaluations.survey",
                        verbose_name="测评",
                    ),
                ),
            ],
            options={
                "verbose_name": "测评结果",
                "verbose_name_plural": "测评结果",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "valid__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("satisfied"), "+", models.F("dissatisfied")
                                ),
                            )
                        ),
                        name="no_ballot_counts_for_both_sides",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("participations__gte", models.F("valid"))),
                        name="no_more_ballots_are_valid_than_were_cast",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TurnoutHour",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "survey_id", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("hour", models.DateTimeField(verbose_name="小时")),
                ("count", models.PositiveIntegerField(verbose_name="票数")),
                (
                    "survey",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hours",
                        to="evaluations.survey",
                        verbose_name="测评",
                    ),
                ),
            ],
            options={
                "verbose_name": "每小时票数",
                "verbose_name_plural": "每小时票数",
            },
        ),
        migrations.RunSQL(INSTALL, REMOVE),
        *(migrations.RunSQL(install(table), remove(table)) for table in TABLES),
    ]
