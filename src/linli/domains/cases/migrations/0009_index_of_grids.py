from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Left


class Migration(migrations.Migration):
    """The newest of a grid by an index in their order; lists of districts and townships go by tags."""

    dependencies = [("cases", "0008_keys_hold_the_district")]
    operations = [
        migrations.RemoveIndex(model_name="case", name="case_district"),
        migrations.RemoveIndex(model_name="case", name="case_township"),
        migrations.AddIndex("case", models.Index(Left("area", 15), F("id").desc(), name="case_grid")),
    ]
