from django.db import migrations, models
from django.db.models import Q

LEAD = Q(kind="lead", state="open")
OPEN = Q(state="open")
PENDING = Q(state="pending")


class Migration(migrations.Migration):
    """What is unique within a case says so by district and case, as a distributed database needs it."""

    dependencies = [("cases", "0007_one_lead_one_request")]

    operations = [
        migrations.RemoveConstraint("task", "one_open_lead_task"),
        migrations.RemoveConstraint("task", "one_open_task_per_unit"),
        migrations.RemoveConstraint("request", "one_pending_request"),
        migrations.AddConstraint(
            "task",
            models.UniqueConstraint(fields=["case", "district"], name="one_open_lead_task", condition=LEAD),
        ),
        migrations.AddConstraint(
            "task",
            models.UniqueConstraint(
                fields=["case", "unit", "district"], name="one_open_task_per_unit", condition=OPEN
            ),
        ),
        migrations.AddConstraint(
            "request",
            models.UniqueConstraint(
                fields=["case", "district"], name="one_pending_request", condition=PENDING
            ),
        ),
    ]
