from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations


class Migration(migrations.Migration):
    """What came due in days long past is found without reading all clocks there are."""

    dependencies = [("clocks", "0004_no_township")]
    operations = [
        migrations.AddIndex(
            "clock",
            BrinIndex(
                fields=["due_at"],
                name="clock_days",
                pages_per_range=32,
                opclasses=["timestamptz_minmax_multi_ops"],
            ),
        ),
    ]
