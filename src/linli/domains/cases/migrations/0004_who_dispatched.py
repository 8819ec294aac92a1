import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A task names the unit that gave it out: that is who decides when it comes back.

    Tasks from before name none; they come back to the centre of their place, as they did.
    """

    dependencies = [
        ("cases", "0003_open_work_by_place"),
        ("units", "0001_initial"),
    ]
    operations = [
        migrations.AddField(
            model_name="task",
            name="from_unit",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="units.unit",
                verbose_name="派发单位",
            ),
        )
    ]
