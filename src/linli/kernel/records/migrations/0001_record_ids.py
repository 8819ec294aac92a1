from django.db import migrations


class Migration(migrations.Migration):
    """The sequence behind every record's id, handed out in blocks of 100 (kernel.records.ids).

    It starts beyond what numbers of cases, which have a sequence of their own, will ever reach: chains and
    clocks of all families are found by the record's id alone.
    """

    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE record_ids AS bigint INCREMENT BY 100 START WITH 1000000000000",
            "DROP SEQUENCE record_ids",
        )
    ]
