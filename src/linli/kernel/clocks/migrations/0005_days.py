from django.db import migrations

from linli.kernel.records.models import days_index


class Migration(migrations.Migration):
    """What came due in days long past is found without reading all clocks there are."""

    dependencies = [("clocks", "0004_no_township")]
    operations = [migrations.AddIndex("clock", days_index("due_at", name="clock_days"))]
