import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

IS_OPEN = models.Q(("state", "closed"), _negated=True)


def unindexed(to: str, related_name: str, **more: object) -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to=to,
        **more,
    )


class Migration(migrations.Migration):
    """Open work has its indexes by place and by unit; what nobody reads by any more has none.

    A case's row is rewritten with every move, and each rewriting writes every index anew.
    """

    dependencies = [("cases", "0005_tags"), ("units", "0001_initial")]
    operations = [
        migrations.RemoveIndex(model_name="case", name="case_units"),
        migrations.AlterField(
            model_name="case",
            name="holder",
            field=unindexed("units.unit", "+", null=True, verbose_name="当前办理单位"),
        ),
        migrations.AlterField(
            model_name="case",
            name="lead",
            field=unindexed("units.unit", "+", null=True, verbose_name="主办单位"),
        ),
        migrations.AlterField(
            model_name="case",
            name="merged_into",
            field=unindexed("cases.case", "merged", null=True, verbose_name="并入"),
        ),
        migrations.AlterField(
            model_name="case",
            name="split_from",
            field=unindexed("cases.case", "splits", null=True, verbose_name="分自"),
        ),
        migrations.AlterField(
            model_name="case",
            name="number",
            field=models.CharField(db_collation="C", max_length=14, verbose_name="编号"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(fields=("number",), name="case_number"),
        ),
        migrations.AlterField(
            model_name="report",
            name="case",
            field=unindexed("cases.case", "reports", verbose_name="事件"),
        ),
        migrations.AlterField(
            model_name="task",
            name="case",
            field=unindexed("cases.case", "task_rows", verbose_name="事件"),
        ),
        migrations.AlterField(
            model_name="request", name="case", field=unindexed("cases.case", "request_rows")
        ),
        migrations.AlterField(
            model_name="supervision", name="case", field=unindexed("cases.case", "supervisions")
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(condition=IS_OPEN, fields=["stage_due_at", "id"], name="case_open_city"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=IS_OPEN, fields=["district", "stage_due_at", "id"], name="case_open_district"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=IS_OPEN, fields=["units"], gin_pending_list_limit=64, name="case_open_units"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("split_from__isnull", False)), fields=["split_from"], name="case_split"
            ),
        ),
    ]
