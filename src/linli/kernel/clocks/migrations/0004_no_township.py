from django.db import migrations


class Migration(migrations.Migration):
    """Clocks are found by their record: no list is cut by their township."""

    dependencies = [("clocks", "0003_sources_once")]
    operations = [migrations.RemoveField("clock", "township")]
