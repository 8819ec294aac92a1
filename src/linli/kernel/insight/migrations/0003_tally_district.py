from django.db import migrations, models


class Migration(migrations.Migration):
    """A tally lies with its record. All three tables are emptied: they are made again at the next look."""

    dependencies = [("insight", "0002_tally_version")]

    operations = [
        migrations.RunSQL(
            "TRUNCATE insight_tally, insight_sum, insight_watermark", migrations.RunSQL.noop
        ),
        migrations.AddField(
            "tally",
            "district",
            models.CharField(db_collation="C", default="", help_text="the record's own", max_length=6),
            preserve_default=False,
        ),
    ]
