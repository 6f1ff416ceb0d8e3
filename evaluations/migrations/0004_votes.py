"""An hour's votes are counted in lanes, so that those who vote in it do not wait for one another's commit."""

from django.db import migrations, models

_ADD = """
ALTER TABLE evaluations_turnouthour
    ADD COLUMN lane smallint NOT NULL DEFAULT 0 CHECK (lane >= 0),
    DROP CONSTRAINT evaluations_turnouthour_pkey,
    ADD PRIMARY KEY (survey_id, hour, lane);
ALTER TABLE evaluations_turnouthour ALTER COLUMN lane DROP DEFAULT;
"""
_REMOVE = """
CREATE TEMPORARY TABLE summed ON COMMIT DROP AS
    SELECT survey_id, hour, sum(count) AS count FROM evaluations_turnouthour GROUP BY survey_id, hour;
DELETE FROM evaluations_turnouthour;
ALTER TABLE evaluations_turnouthour DROP CONSTRAINT evaluations_turnouthour_pkey, DROP COLUMN lane,
    ADD PRIMARY KEY (survey_id, hour);
INSERT INTO evaluations_turnouthour (survey_id, hour, count) SELECT survey_id, hour, count FROM summed;
"""


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0003_fieldwork")]

    operations = [
        # Django does not alter a composite primary key: the table is altered here, and its state made anew.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_ADD, _REMOVE)],
            state_operations=[
                migrations.DeleteModel("TurnoutHour"),
                migrations.CreateModel(
                    name="TurnoutHour",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "survey_id",
                                "hour",
                                "lane",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("hour", models.DateTimeField(verbose_name="小时")),
                        ("lane", models.PositiveSmallIntegerField(default=0, verbose_name="道")),
                        ("count", models.PositiveIntegerField(verbose_name="票数")),
                        (
                            "survey",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=models.PROTECT,
                                related_name="hours",
                                to="evaluations.survey",
                                verbose_name="测评",
                            ),
                        ),
                    ],
                    options={"verbose_name": "每小时票数", "verbose_name_plural": "每小时票数"},
                ),
            ],
        ),
    ]
