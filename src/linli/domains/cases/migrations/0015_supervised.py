from django.db import migrations, models


class Migration(migrations.Migration):
    """What is supervised is few of very many, and counted for whoever oversees all."""

    dependencies = [("cases", "0014_kept_clear")]
    operations = [
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["stage_due_at", "id"], name="case_supervised", condition=models.Q(supervised=True)
            ),
        )
    ]
