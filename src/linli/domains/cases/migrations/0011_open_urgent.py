from django.db import migrations, models


class Migration(migrations.Migration):
    """The map of the wall shows the most urgent of the open cases without looking at the others."""

    dependencies = [("cases", "0010_work_in_hand")]

    operations = [
        migrations.AddIndex(
            "case",
            models.Index(
                fields=["urgency", "stage_due_at", "id"],
                name="case_open_urgent",
                condition=~models.Q(state="closed") & models.Q(urgency__in=["urgent", "very_urgent"]),
            ),
        )
    ]
