from django.db import migrations


class Migration(migrations.Migration):
    """The sequence behind the numbers of cases: handed out in blocks of 100, never reused."""

    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE case_numbers AS bigint INCREMENT BY 100 START WITH 1000",
            "DROP SEQUENCE case_numbers",
        )
    ]
