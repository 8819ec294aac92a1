from django.db import migrations, models

FILL = """
UPDATE clocks_clockshift s SET district = c.district FROM clocks_clock c WHERE c.id = s.clock_id
"""


class Migration(migrations.Migration):
    """What a revision of the calendar did to a clock lies with the clock."""

    dependencies = [("clocks", "0001_calendar_and_clocks")]

    operations = [
        migrations.AddField(
            "clockshift",
            "district",
            models.CharField(db_collation="C", default="", max_length=6),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
