import django.db.models.deletion
from django.db import migrations, models


def to_unit(title, **options):
    return models.ForeignKey(
        "units.unit",
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        verbose_name=title,
        **options,
    )


class Migration(migrations.Migration):
    """Parts of a case are found by the case: no list is cut by their township, and none is looked for by a
    unit but open tasks, which have an index of their own. Units are never deleted."""

    dependencies = [("cases", "0011_open_urgent")]

    operations = [
        *(migrations.RemoveField(part, "township") for part in ("report", "task", "request", "supervision")),
        migrations.AlterField("report", "about", to_unit("被反映单位", null=True)),
        migrations.AlterField("task", "unit", to_unit("单位")),
        migrations.AlterField("task", "from_unit", to_unit("派发单位", null=True)),
    ]
