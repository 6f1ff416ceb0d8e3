"""The trail's parts and indexes, the chain that seals it, consents, and what people ask about their own data."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.fields.json
import kernel.fields
from django.conf import settings
from django.db import migrations, models

from kernel.append_only import install, remove


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_doors"),
    ]

    operations = [
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "field",
                    models.CharField(
                        choices=[("photo", "照片"), ("affiliation", "政治面貌"), ("contact", "联系方式")],
                        max_length=20,
                        verbose_name="内容",
                    ),
                ),
                ("version", models.CharField(max_length=20, verbose_name="告知文本版本")),
                ("given_at", models.DateTimeField(verbose_name="同意时间")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="撤回时间")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="本人",
                    ),
                ),
            ],
            options={
                "verbose_name": "本人同意",
                "verbose_name_plural": "本人同意",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("person", "field"),
                        name="a_consent_stands_once_per_field",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("withdrawn_at__isnull", True), ("withdrawn_at__gte", models.F("given_at")), _connector="OR"
                        ),
                        name="a_consent_is_withdrawn_after_it_was_given",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DataRequest",
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
                        choices=[("correct", "更正"), ("delete", "删除")], max_length=10, verbose_name="事项"
                    ),
                ),
                ("text", models.CharField(max_length=500, verbose_name="说明")),
                ("asked_at", models.DateTimeField(verbose_name="提出时间")),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("done", "已办"), ("declined", "依法不能办")],
                        max_length=10,
                        verbose_name="结果",
                    ),
                ),
                ("answer", models.CharField(blank=True, max_length=500, verbose_name="答复")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="办理时间")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="data_requests_decided",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="办理人",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="data_requests",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="本人",
                    ),
                ),
            ],
            options={
                "verbose_name": "个人信息申请",
                "verbose_name_plural": "个人信息申请",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True), ("decision", "")),
                            models.Q(
                                models.Q(("decision", ""), _negated=True),
                                models.Q(("answer", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="an_answered_request_names_who_when_and_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("person")), _negated=True),
                            _connector="OR",
                        ),
                        name="nobody_answers_their_own_request",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("decision", "")),
                        fields=("person", "kind"),
                        name="a_person_waits_for_one_answer_of_a_kind",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TrailHead",
            fields=[
                ("month", models.CharField(max_length=7, primary_key=True, serialize=False, verbose_name="月份")),
                ("seq", models.PositiveIntegerField(default=0, verbose_name="序号")),
                ("hash", models.CharField(blank=True, max_length=64, verbose_name="链头")),
            ],
            options={
                "verbose_name": "操作记录链头",
                "verbose_name_plural": "操作记录链头",
            },
        ),
        migrations.CreateModel(
            name="TrailLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.CharField(max_length=7, verbose_name="月份")),
                ("seq", models.PositiveIntegerField(verbose_name="序号")),
                ("prev", models.CharField(max_length=64, verbose_name="上一指纹")),
                ("body_sha", models.CharField(max_length=64, verbose_name="内容指纹")),
                ("hash", models.CharField(max_length=64, unique=True, verbose_name="指纹")),
                ("hash_version", models.PositiveSmallIntegerField(default=1, verbose_name="指纹版本")),
                ("sealed_at", models.DateTimeField(verbose_name="入链时间")),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="link",
                        to="accounts.actionrecord",
                        verbose_name="操作记录",
                    ),
                ),
            ],
            options={
                "verbose_name": "操作记录链",
                "verbose_name_plural": "操作记录链",
                "constraints": [
                    models.UniqueConstraint(fields=("month", "seq"), name="a_month_has_no_fork_by_number"),
                    models.UniqueConstraint(fields=("month", "prev"), name="a_month_has_no_fork_by_link"),
                    models.CheckConstraint(condition=models.Q(("seq__gte", 1)), name="a_month_counts_from_one"),
                ],
            },
        ),
        migrations.AddField(
            model_name="actionrecord",
            name="parts",
            field=models.JSONField(blank=True, default=list, verbose_name="同时办理"),
        ),
        migrations.AlterField(
            model_name="actionrecord",
            name="act",
            field=models.CharField(max_length=60, verbose_name="何事"),
        ),
        migrations.AlterField(
            model_name="actionrecord",
            name="at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="时间"),
        ),
        migrations.AlterField(
            model_name="actionrecord",
            name="by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="actions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="何人",
            ),
        ),
        migrations.AddIndex(
            model_name="actionrecord",
            index=models.Index(models.F("at"), models.F("id"), name="trail_by_time"),
        ),
        migrations.AddIndex(
            model_name="actionrecord",
            index=models.Index(models.F("by"), models.F("at"), models.F("id"), name="trail_by_person"),
        ),
        migrations.AddIndex(
            model_name="actionrecord",
            index=models.Index(models.F("act"), models.F("at"), models.F("id"), name="trail_by_act"),
        ),
        migrations.AddIndex(
            model_name="actionrecord",
            index=models.Index(models.F("address"), models.F("at"), models.F("id"), name="trail_by_address"),
        ),
        migrations.AddIndex(
            model_name="actionrecord",
            index=models.Index(
                django.db.models.fields.json.KeyTextTransform("public_id", "subject"),
                models.F("at"),
                models.F("id"),
                name="trail_by_object",
            ),
        ),
        migrations.AddIndex(
            model_name="actionrecord",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("parts", []), _negated=True),
                fields=["parts"],
                name="trail_by_object_of_a_part",
                opclasses=["jsonb_path_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="actionrecord",
            index=models.Index(
                models.F("at"),
                models.F("id"),
                condition=models.Q(("result", "done"), _negated=True),
                name="trail_of_refusals",
            ),
        ),
        migrations.AddIndex(
            model_name="actionrecord",
            index=models.Index(
                models.F("act"),
                models.F("at"),
                models.F("id"),
                condition=models.Q(("result", "done"), _negated=True),
                name="trail_of_refusals_by_act",
            ),
        ),
        migrations.AddIndex(
            model_name="actionrecord",
            index=models.Index(
                models.F("by_text"),
                models.F("at"),
                models.F("id"),
                condition=models.Q(("by_text", ""), _negated=True),
                name="trail_by_claimed_name",
            ),
        ),
        migrations.RunSQL(install("accounts_traillink"), remove("accounts_traillink")),
    ]
