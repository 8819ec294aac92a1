from django.db import migrations


class Migration(migrations.Migration):
    """An entry no longer keeps the hash of the one before: that stands in the one before."""

    dependencies = [("journal", "0002_no_truncate")]
    operations = [migrations.RemoveField("entry", "prev")]
