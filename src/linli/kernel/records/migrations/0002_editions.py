from django.db import migrations


class Migration(migrations.Migration):
    """The editions of reference data held in process memory (kernel.records.editions)."""

    dependencies = [("records", "0001_record_ids")]
    operations = [
        migrations.RunSQL(
            'CREATE TABLE records_edition (name text COLLATE "C" PRIMARY KEY, number bigint NOT NULL)',
            "DROP TABLE records_edition",
        )
    ]
