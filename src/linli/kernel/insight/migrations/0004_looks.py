from django.db import migrations, models


class Migration(migrations.Migration):
    """Each area counts the looks at its records. What is kept is made again at the next look, these too."""

    dependencies = [("insight", "0003_tally_district")]

    operations = [
        migrations.RunSQL("TRUNCATE insight_tally, insight_sum, insight_watermark", migrations.RunSQL.noop),
        migrations.AddField(
            "watermark",
            "made",
            models.CharField(
                default="", help_text="which making of all figures anew this was", max_length=32
            ),
        ),
        migrations.AddIndex("sum", models.Index(fields=["family", "name", "area"], name="sum_name")),
    ]
