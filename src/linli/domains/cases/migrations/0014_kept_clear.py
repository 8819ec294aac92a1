from django.db import migrations

from linli.kernel.records.upkeep import kept_clear


class Migration(migrations.Migration):
    """What moves leave behind is cleared away by number, not once in years."""

    dependencies = [("cases", "0013_published_months")]
    operations = [kept_clear("cases_case")]
