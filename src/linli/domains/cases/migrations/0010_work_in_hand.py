from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models import Q

IN_HAND = ~Q(state="closed") | Q(supervised=True)


def by(*fields: str, name: str) -> migrations.AddIndex:
    index = models.Index(fields=[*fields, "stage_due_at", "id"], name=f"case_in_hand_{name}", condition=IN_HAND)
    return migrations.AddIndex("case", index)


class Migration(migrations.Migration):
    """The indexes of open work also find what is closed and still supervised, so that one look counts all lists."""

    dependencies = [("cases", "0009_index_of_grids")]
    operations = [
        *(
            migrations.RemoveIndex("case", f"case_open_{name}")
            for name in ("city", "district", "township", "area", "units", "near")
        ),
        migrations.RemoveIndex("case", "case_held_open"),
        by("holder", name="holder"),
        by(name="city"),
        by("district", name="district"),
        by("township", name="township"),
        by("area", name="area"),
        migrations.AddIndex(
            "case", models.Index(fields=["lat", "lng"], name="case_in_hand_near", condition=IN_HAND)
        ),
        migrations.AddIndex(
            "case",
            GinIndex(
                fields=["units"], name="case_in_hand_units", condition=IN_HAND, gin_pending_list_limit=64
            ),
        ),
    ]
