"""Extensions of deadlines: openly entered, confirmed by another, never changed; see docs/decisions/0017."""

import django.db.models.deletion
import kernel.fields
from django.conf import settings
from django.db import migrations, models

from kernel.append_only import install, remove


TABLES = ("supervision_extension", "supervision_extensionrecord")
# Who entered an extension stands in its records too, and is the same person: so that a check on one row can refuse a
# confirmation by that person.
_SAME_PERSON = """
ALTER TABLE supervision_extension ADD CONSTRAINT an_extension_has_one_enterer UNIQUE (id, entered_by_id);
ALTER TABLE supervision_extensionrecord ADD CONSTRAINT a_record_names_who_entered_its_extension
    FOREIGN KEY (extension_id, entered_by_id) REFERENCES supervision_extension (id, entered_by_id);
"""
_ANY_PERSON = """
ALTER TABLE supervision_extensionrecord DROP CONSTRAINT a_record_names_who_entered_its_extension;
ALTER TABLE supervision_extension DROP CONSTRAINT an_extension_has_one_enterer;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("communities", "0005_roster_confirmed_by"),
        ("supervision", "0005_fewer_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Extension",
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
                    "duty",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("disclosure", "公共收益季度公示"),
                            ("utilities_detail", "公摊水电费月度明细"),
                            ("owners_forum", "业主座谈会"),
                            ("town_meeting", "全镇联席会议"),
                            ("committee_survey", "业委会满意度测评"),
                            ("firm_appraisal", "物业服务质量考评"),
                            ("survey_publication", "测评结果报送公告"),
                            ("appraisal_publication", "考评结果报送公告"),
                            ("report_meeting", "业委会年度述职会"),
                        ],
                        max_length=30,
                        verbose_name="事项",
                    ),
                ),
                ("from_on", models.DateField(verbose_name="原期限起")),
                ("until_on", models.DateField(verbose_name="原期限止（含当日）")),
                ("new_on", models.DateField(verbose_name="延至（含当日）")),
                ("reason", models.CharField(max_length=200, verbose_name="原因")),
                ("basis", models.CharField(max_length=120, verbose_name="依据（文号或运行记录）")),
                ("entered_at", models.DateTimeField(verbose_name="录入时间")),
                (
                    "compound",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extensions",
                        to="communities.compound",
                        verbose_name="小区",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extensions_entered",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="录入人",
                    ),
                ),
                (
                    "town",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extensions",
                        to="communities.town",
                        verbose_name="镇",
                    ),
                ),
                (
                    "village",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extensions",
                        to="communities.village",
                        verbose_name="村（社区）",
                    ),
                ),
            ],
            options={
                "verbose_name": "延期",
                "verbose_name_plural": "延期",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until_on__gte", models.F("from_on"))),
                        name="an_extension_concerns_at_least_one_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("new_on__gt", models.F("until_on"))),
                        name="an_extension_makes_every_deadline_later",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("village__isnull", True), ("compound__isnull", True), _connector="OR"),
                        name="an_extension_names_a_village_or_a_compound",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExtensionRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("confirmed", "确认"), ("withdrawn", "撤回")], max_length=10, verbose_name="办理"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="办理时间")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="理由")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extension_records",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="办理人",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="录入人",
                    ),
                ),
                (
                    "extension",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="supervision.extension",
                        verbose_name="延期",
                    ),
                ),
            ],
            options={
                "verbose_name": "延期办理记录",
                "verbose_name_plural": "延期办理记录",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("extension", "kind"), name="an_extension_is_confirmed_once_and_withdrawn_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "confirmed"), _negated=True),
                            models.Q(("by", models.F("entered_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="one_enters_an_extension_and_another_confirms_it",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "withdrawn"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="a_withdrawn_extension_has_its_reason",
                    ),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="proposal",
            options={"ordering": ["id"], "verbose_name": "建议", "verbose_name_plural": "建议"},
        ),
        migrations.RemoveConstraint(
            model_name="proposal",
            name="an_act_is_proposed_once",
        ),
        migrations.RemoveConstraint(
            model_name="reminder",
            name="an_obligation_is_reminded_once_per_step",
        ),
        migrations.AddField(
            model_name="obligation",
            name="unextended_on",
            field=models.DateField(blank=True, null=True, verbose_name="延期前期限"),
        ),
        migrations.AlterField(
            model_name="proposal",
            name="decision",
            field=models.CharField(
                blank=True,
                choices=[("done", "已办理"), ("moot", "已完成、解除或延期，无需办理"), ("declined", "不办理")],
                max_length=10,
                verbose_name="决定",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                fields=("obligation", "act", "proposed_on"), name="an_act_is_proposed_once_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(
                fields=("obligation", "step", "on"), name="an_obligation_is_reminded_once_per_step"
            ),
        ),
        migrations.AddField(
            model_name="obligation",
            name="extension",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="obligations",
                to="supervision.extension",
                verbose_name="延期",
            ),
        ),
        migrations.AddIndex(
            model_name="obligation",
            index=models.Index(
                condition=models.Q(("unextended_on__isnull", False)),
                fields=["unextended_on"],
                name="obligations_once_extended",
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("extension__isnull", True), ("unextended_on__isnull", True)),
                    models.Q(("deadline_on__gt", models.F("unextended_on")), ("extension__isnull", False)),
                    _connector="OR",
                ),
                name="an_extended_deadline_is_later_and_says_by_what",
            ),
        ),
        migrations.RunSQL(_SAME_PERSON, _ANY_PERSON),
        *(migrations.RunSQL(install(table), remove(table)) for table in TABLES),
    ]
