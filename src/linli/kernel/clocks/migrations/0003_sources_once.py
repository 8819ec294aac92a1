from django.db import migrations, models

import linli.kernel.clocks.sources

KEY = "('x' || encode(substring(sha256(convert_to(source, 'UTF8')) FOR 6), 'hex'))::bit(48)::bigint"
"""``sources.key_of`` as it was when this was written."""

FILL = f"""
INSERT INTO clocks_source (id, text) SELECT DISTINCT {KEY}, source FROM clocks_clock WHERE source <> '';
UPDATE clocks_clock SET source_id = {KEY} WHERE source <> '';
"""

SECONDS = ("used_before_seconds", "extended_seconds", "budget_seconds", "remaining_seconds", "paused_seconds")
NARROW, WIDE = (
    f"ALTER TABLE clocks_clock {', '.join(f'ALTER {name} TYPE {kind}' for name in SECONDS)}"
    for kind in ("integer", "bigint")
)
"""One after the other would write the table five times."""


class Migration(migrations.Migration):
    """What a limit was laid down in stands once, and seconds take four bytes: 68 years."""

    dependencies = [("clocks", "0002_shift_district")]

    operations = [
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                ("text", models.CharField(max_length=500, verbose_name="时限依据")),
            ],
            options={"verbose_name": "时限依据", "verbose_name_plural": "时限依据"},
        ),
        migrations.AddField(
            "clock",
            "source_id",
            models.BigIntegerField(
                default=linli.kernel.clocks.sources.NONE, editable=False, verbose_name="时限依据"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RemoveField("clock", "source"),
        migrations.RunSQL(
            NARROW,
            WIDE,
            state_operations=[
                migrations.AlterField("clock", name, field)
                for name, field in {
                    "used_before_seconds": models.IntegerField(default=0, verbose_name="此前已用"),
                    "extended_seconds": models.IntegerField(default=0, verbose_name="延长"),
                    "budget_seconds": models.IntegerField(verbose_name="起算时剩余"),
                    "remaining_seconds": models.IntegerField(null=True, verbose_name="暂停时剩余"),
                    "paused_seconds": models.IntegerField(default=0, verbose_name="累计暂停（秒）"),
                }.items()
            ],
        ),
    ]
