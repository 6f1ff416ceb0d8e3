"""Inspections on site, 12345 tickets and their imports; and what the database itself holds about them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import kernel.fields
from django.conf import settings
from django.db import migrations, models

from evaluations.fieldwork_guards import INSTALL, REMOVE
from kernel.append_only import install, remove


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0009_doors3"),
        ("evaluations", "0002_appraisals"),
        ("files", "0003_faces_exports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Inspection",
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
                ("begun_at", models.DateTimeField(verbose_name="开始时间")),
                ("visited_on", models.DateField(blank=True, null=True, verbose_name="检查日期")),
                ("companions", models.CharField(blank=True, max_length=60, verbose_name="同行人员")),
                (
                    "checked",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=30),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="检查项目",
                    ),
                ),
                ("handed_in_at", models.DateTimeField(blank=True, null=True, verbose_name="提交时间")),
                (
                    "begun_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inspections",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="检查人",
                    ),
                ),
                (
                    "compound",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inspections",
                        to="communities.compound",
                        verbose_name="小区",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inspections",
                        to="communities.propertyfirm",
                        verbose_name="企业",
                    ),
                ),
                (
                    "method",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inspections",
                        to="evaluations.appraisalmethod",
                        verbose_name="考评办法",
                    ),
                ),
            ],
            options={
                "verbose_name": "现场检查",
                "verbose_name_plural": "现场检查",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["period", "compound"], name="inspections_of_a_half_year")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("handed_in_at__isnull", True)),
                        fields=("compound", "begun_by"),
                        name="a_person_writes_one_inspection_of_a_compound_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("handed_in_at__isnull", True),
                            models.Q(("checked__len__gte", 1), ("visited_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="an_inspection_handed_in_says_when_and_what_was_checked",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period__regex", "^\\d{4}H[12]$")), name="an_inspection_is_of_a_half_year"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
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
                ("code", models.CharField(max_length=30, verbose_name="项目")),
                ("points", models.DecimalField(decimal_places=2, max_digits=5, verbose_name="扣分")),
                ("words", models.CharField(max_length=300, verbose_name="情况")),
                ("found_at", models.DateTimeField(verbose_name="记录时间")),
                (
                    "inspection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="findings",
                        to="evaluations.inspection",
                        verbose_name="现场检查",
                    ),
                ),
            ],
            options={
                "verbose_name": "检查发现的问题",
                "verbose_name_plural": "检查发现的问题",
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("points__gt", 0), ("points__lte", 100)), name="a_finding_takes_points_off"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("words", ""), _negated=True), name="a_finding_says_what_was_found"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FindingPhoto",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="files.storedfile",
                        verbose_name="照片",
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="photos",
                        to="evaluations.finding",
                        verbose_name="问题",
                    ),
                ),
            ],
            options={
                "verbose_name": "问题照片",
                "verbose_name_plural": "问题照片",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="TicketImport",
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
                ("file_name", models.CharField(max_length=120, verbose_name="文件名")),
                ("file_sha256", models.CharField(max_length=64, verbose_name="文件指纹")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "待核对栏目"),
                            ("previewing", "正在预览"),
                            ("previewed", "待确认"),
                            ("done", "已导入"),
                            ("refused", "未导入"),
                            ("failed", "处理失败"),
                        ],
                        default="uploaded",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        blank=True,
                        choices=[("good_rows", "只导入正确的行"), ("all_or_nothing", "有错就全部不导入")],
                        max_length=16,
                        verbose_name="方式",
                    ),
                ),
                ("sheet", models.CharField(blank=True, max_length=80, verbose_name="工作表")),
                ("header_row", models.PositiveIntegerField(verbose_name="表头所在行")),
                ("layout", models.JSONField(default=dict, verbose_name="文件概貌")),
                ("columns", models.JSONField(default=dict, verbose_name="栏目对应")),
                ("rows_total", models.PositiveIntegerField(default=0, verbose_name="总行数")),
                ("rows_done", models.PositiveIntegerField(default=0, verbose_name="已处理行数")),
                ("rows_new", models.PositiveIntegerField(default=0, verbose_name="新增")),
                ("rows_changed", models.PositiveIntegerField(default=0, verbose_name="变更")),
                ("rows_same", models.PositiveIntegerField(default=0, verbose_name="不变")),
                ("rows_bad", models.PositiveIntegerField(default=0, verbose_name="有错")),
                ("rows_unclear", models.PositiveIntegerField(default=0, verbose_name="小区待认")),
                ("rows_foreign", models.PositiveIntegerField(default=0, verbose_name="不属于小区")),
                ("rows_passed_over", models.PositiveIntegerField(default=0, verbose_name="空行、合计与说明")),
                ("imports_before", models.PositiveIntegerField(default=0, verbose_name="比对时已有的导入次数")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="处理次数")),
                ("problem", models.CharField(blank=True, max_length=200, verbose_name="原因")),
                ("created_at", models.DateTimeField(verbose_name="上传时间")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="完成时间")),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ticket_confirmations",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="确认人",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ticket_uploads",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="上传人",
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ticket_imports",
                        to="communities.town",
                        verbose_name="镇",
                    ),
                ),
            ],
            options={
                "verbose_name": "12345 工单导入",
                "verbose_name_plural": "12345 工单导入",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(("confirmed_by__isnull", False), ("finished_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="imported_tickets_were_confirmed_by_somebody",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HotlineTicket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40, verbose_name="工单号")),
                ("category", models.CharField(blank=True, max_length=60, verbose_name="类别")),
                ("handler", models.CharField(blank=True, max_length=80, verbose_name="承办")),
                ("received_at", models.DateTimeField(verbose_name="受理时间")),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="办理期限")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="办结时间")),
                ("satisfied", models.BooleanField(blank=True, null=True, verbose_name="回访满意")),
                ("repeated", models.BooleanField(default=False, verbose_name="重复投诉")),
                ("justified", models.BooleanField(blank=True, null=True, verbose_name="属实")),
                (
                    "compound",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="communities.compound",
                        verbose_name="小区",
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="communities.town",
                        verbose_name="镇",
                    ),
                ),
                (
                    "brought_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="evaluations.ticketimport",
                        verbose_name="最近一次导入",
                    ),
                ),
            ],
            options={
                "verbose_name": "12345 工单",
                "verbose_name_plural": "12345 工单",
                "ordering": ["-received_at", "-id"],
                "indexes": [
                    models.Index(fields=["town", "received_at"], name="tickets_of_a_town_by_day"),
                    models.Index(fields=["compound", "received_at"], name="tickets_of_a_compound_by_day"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("town", "number"), name="a_ticket_has_a_number_of_its_own"),
                    models.CheckConstraint(
                        condition=models.Q(("number", ""), _negated=True), name="a_ticket_has_a_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("due_at__isnull", True), ("due_at__gte", models.F("received_at")), _connector="OR"
                        ),
                        name="a_ticket_is_due_after_it_came_in",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_at__isnull", True), ("closed_at__gte", models.F("received_at")), _connector="OR"
                        ),
                        name="a_ticket_is_closed_after_it_came_in",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketRow",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "ticket_import_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="行号")),
                ("cells", models.JSONField(verbose_name="原始内容")),
                (
                    "fate",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("new", "新增"),
                            ("changed", "变更"),
                            ("same", "不变"),
                            ("bad", "有错"),
                            ("unclear", "小区待认"),
                            ("foreign", "不属于小区"),
                        ],
                        max_length=8,
                        verbose_name="结果",
                    ),
                ),
                ("ticket_number", models.CharField(blank=True, max_length=40, verbose_name="工单号")),
                ("place", models.CharField(blank=True, max_length=80, verbose_name="小区（表中写法）")),
                ("category", models.CharField(blank=True, max_length=60, verbose_name="类别")),
                ("handler", models.CharField(blank=True, max_length=80, verbose_name="承办")),
                ("received_at", models.DateTimeField(null=True, verbose_name="受理时间")),
                ("due_at", models.DateTimeField(null=True, verbose_name="办理期限")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="办结时间")),
                ("satisfied", models.BooleanField(null=True, verbose_name="回访满意")),
                ("repeated", models.BooleanField(null=True, verbose_name="重复投诉")),
                ("justified", models.BooleanField(null=True, verbose_name="属实")),
                ("changes", models.JSONField(null=True, verbose_name="变更内容")),
                ("faults", models.JSONField(null=True, verbose_name="错误")),
                (
                    "compound",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="communities.compound",
                        verbose_name="小区",
                    ),
                ),
                (
                    "ticket_import",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="evaluations.ticketimport",
                        verbose_name="导入",
                    ),
                ),
            ],
            options={
                "verbose_name": "12345 工单导入行",
                "verbose_name_plural": "12345 工单导入行",
            },
        ),
        migrations.CreateModel(
            name="CompoundAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80, verbose_name="叫法")),
                ("named_at", models.DateTimeField(verbose_name="认定时间")),
                (
                    "compound",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aliases",
                        to="communities.compound",
                        verbose_name="小区",
                    ),
                ),
                (
                    "named_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL, verbose_name="认定人"
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="compound_aliases",
                        to="communities.town",
                        verbose_name="镇",
                    ),
                ),
            ],
            options={
                "verbose_name": "小区的其他叫法",
                "verbose_name_plural": "小区的其他叫法",
                "constraints": [
                    models.UniqueConstraint(fields=("town", "key"), name="a_name_means_one_place_in_a_town"),
                    models.CheckConstraint(
                        condition=models.Q(("key", ""), _negated=True), name="a_compound_is_called_something"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FindingWithdrawal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=200, verbose_name="理由")),
                ("withdrawn_at", models.DateTimeField(verbose_name="撤回时间")),
                (
                    "finding",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawal",
                        to="evaluations.finding",
                        verbose_name="问题",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="撤回人",
                    ),
                ),
            ],
            options={
                "verbose_name": "问题撤回",
                "verbose_name_plural": "问题撤回",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="a_finding_is_withdrawn_with_a_reason"
                    )
                ],
            },
        ),
        migrations.RunSQL(INSTALL, REMOVE),
        migrations.RunSQL(install("evaluations_findingwithdrawal"), remove("evaluations_findingwithdrawal")),
    ]
