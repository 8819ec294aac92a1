from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    """Figures of a month as they were published, and an index for counting them."""

    dependencies = [("cases", "0012_parts_without_township")]
    operations = [
        migrations.AddIndex(
            "case",
            BrinIndex(
                fields=["opened_at", "closed_at"],
                name="case_days",
                pages_per_range=32,
                opclasses=["timestamptz_minmax_multi_ops"] * 2,
            ),
        ),
        migrations.CreateModel(
            name="PublishedMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "month", "level", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField(help_text="its first day", verbose_name="月份")),
                ("level", models.CharField(db_collation="C", max_length=10, verbose_name="层级")),
                ("counted_at", models.DateTimeField(verbose_name="统计时间")),
                (
                    "areas",
                    models.JSONField(help_text="as ``publishing`` writes them", verbose_name="各区域指标"),
                ),
            ],
            options={"verbose_name": "已公布的指标", "verbose_name_plural": "已公布的指标"},
        ),
    ]
