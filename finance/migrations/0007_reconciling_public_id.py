from django.db import migrations

import kernel.fields


class Migration(migrations.Migration):
    dependencies = [("finance", "0006_voucher_files")]

    operations = [
        migrations.AddField(
            model_name="reconcilingitem",
            name="public_id",
            field=kernel.fields.PublicIdField(verbose_name="编号"),
        ),
    ]
