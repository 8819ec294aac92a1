from django.db import migrations

AGAIN = (
    "CREATE UNIQUE INDEX IF NOT EXISTS one_open_lead_task ON cases_task (case_id)"
    " WHERE kind = 'lead' AND state = 'open'",
    "CREATE UNIQUE INDEX IF NOT EXISTS one_pending_request ON cases_request (case_id)"
    " WHERE state = 'pending'",
)


class Migration(migrations.Migration):
    """Two constraints stand again.

    Taking away the index of a foreign key (0006) takes every index on its column alone, those of constraints
    with a condition among them.
    """

    dependencies = [("cases", "0006_indexes_of_open_work")]
    operations = [migrations.RunSQL(list(AGAIN), migrations.RunSQL.noop)]
