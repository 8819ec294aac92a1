from django.db import migrations, models


class Migration(migrations.Migration):
    """Figures of the next day are ready before it begins. What is kept is made again at the next look."""

    dependencies = [("insight", "0004_looks")]

    operations = [
        migrations.RunSQL("TRUNCATE insight_tally, insight_sum, insight_watermark", migrations.RunSQL.noop),
        migrations.AddField(
            "sum",
            "ahead",
            models.BigIntegerField(default=0, help_text="what is to be added from the next day on"),
        ),
        migrations.AddField("sum", "day", models.DateField(default="1970-01-01"), preserve_default=False),
        migrations.AlterField("sum", "number", models.BigIntegerField(help_text="on the day")),
        migrations.AddField(
            "tally", "bucket", models.SmallIntegerField(help_text="of the seconds", null=True)
        ),
        migrations.AddField(
            "tally",
            "day",
            models.DateField(default="1970-01-01", help_text="for which it was looked at"),
            preserve_default=False,
        ),
        migrations.AlterField(
            "tally",
            "adds",
            models.JSONField(help_text="{name of a sum: what the record adds to it on that day}"),
        ),
        migrations.AddField(
            "tally",
            "then",
            models.JSONField(
                help_text="what it adds from the next day on, where that is not the same", null=True
            ),
        ),
        migrations.AddField(
            "tally",
            "turns_on",
            models.DateField(help_text="when a later day changes what it adds", null=True),
        ),
        migrations.AddField(
            "tally",
            "middle_until",
            models.DateField(help_text="the last day on which it counts for a median", null=True),
        ),
        migrations.RemoveIndex("tally", "tally_middle"),
        migrations.AddIndex(
            "tally",
            models.Index(
                condition=models.Q(("turns_on__isnull", False)),
                fields=["family", "turns_on"],
                name="tally_turns",
            ),
        ),
        migrations.AddIndex(
            "tally",
            models.Index(
                condition=models.Q(("middle__isnull", False)),
                fields=["family", "bucket", "area"],
                name="tally_bucket",
            ),
        ),
    ]
