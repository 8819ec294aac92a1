from django.db import migrations


class Migration(migrations.Migration):
    """The sequence behind every record's id, handed out in blocks of 100 (kernel.records.ids)."""

    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE record_ids AS bigint INCREMENT BY 100 START WITH 1000",
            "DROP SEQUENCE record_ids",
        )
    ]
