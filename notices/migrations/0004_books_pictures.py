"""A picture proves one posting: every digest it is known by is kept once, also those of photos kept before."""

import django.db.models.deletion
from django.db import migrations, models

from kernel.append_only import install, remove

TABLE = "notices_postingpicture"

# Checked when the transaction ends, since the posting is there before the digests that refer to it.
CREATE = """
CREATE FUNCTION refuse_unknown_picture() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM notices_postingpicture p JOIN files_storedfile f ON f.id = NEW.photo_id
        WHERE p.posting_id = NEW.id AND p.sha256 = f.sha256
    ) THEN
        RAISE EXCEPTION 'a posting is known by its picture: posting %', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER notices_posting_picture_known AFTER INSERT ON notices_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unknown_picture();
ALTER TABLE notices_posting ENABLE ALWAYS TRIGGER notices_posting_picture_known;
"""

REMOVE = """
DROP TRIGGER IF EXISTS notices_posting_picture_known ON notices_posting;
DROP FUNCTION IF EXISTS refuse_unknown_picture();
"""

# Where a photo was used twice before this rule, its first use keeps it.
FILL = """
INSERT INTO notices_postingpicture (posting_id, sha256)
SELECT DISTINCT ON (f.sha256) p.id, f.sha256
FROM notices_posting p JOIN files_storedfile f ON f.id = p.photo_id ORDER BY f.sha256, p.id;
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_messages"), ("files", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="PostingPicture",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64, verbose_name="指纹")),
                (
                    "posting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pictures",
                        to="notices.posting",
                        verbose_name="张贴凭证",
                    ),
                ),
            ],
            options={
                "verbose_name": "张贴照片指纹",
                "verbose_name_plural": "张贴照片指纹",
                "constraints": [models.UniqueConstraint(fields=("sha256",), name="a_picture_proves_one_posting")],
            },
        ),
        migrations.RunSQL(install(TABLE), remove(TABLE)),
        migrations.RunSQL(CREATE, REMOVE),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
