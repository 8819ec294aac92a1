from django.db import migrations, models
from django.db.models.functions import Length


class Migration(migrations.Migration):
    """The numbers of a level's areas without those of all areas below them."""

    dependencies = [("insight", "0005_the_next_day")]
    operations = [
        migrations.RemoveIndex("sum", "sum_name"),
        migrations.AddIndex(
            "sum", models.Index("family", "name", Length("area"), "area", name="sum_level")
        ),
    ]
