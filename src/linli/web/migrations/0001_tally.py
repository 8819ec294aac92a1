from django.db import migrations, models


class Migration(migrations.Migration):
    """What is counted for a while, by all processes together (web.counting).

    Unlogged: no disk is waited for, and that a crash of the database forgets the counts does no harm.
    """

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("key", models.BinaryField(primary_key=True, serialize=False)),
                ("number", models.IntegerField(verbose_name="次数")),
                ("ends_at", models.DateTimeField(verbose_name="计数截止")),
            ],
            options={"verbose_name": "限次计数", "verbose_name_plural": "限次计数"},
        ),
        migrations.RunSQL("ALTER TABLE web_tally SET UNLOGGED", "ALTER TABLE web_tally SET LOGGED"),
    ]
