from django.db import migrations


class Migration(migrations.Migration):
    """Edition numbers come from a sequence: one that was undone is never given to another change."""

    dependencies = [("records", "0002_editions")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE edition_numbers AS bigint OWNED BY records_edition.number;"
            " SELECT setval('edition_numbers', coalesce(max(number), 0) + 1) FROM records_edition;",
            "DROP SEQUENCE edition_numbers",
        )
    ]
