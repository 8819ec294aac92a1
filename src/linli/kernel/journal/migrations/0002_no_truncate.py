from django.db import migrations

GUARD = """
DO $$
DECLARE part regclass;
BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'journal_entry'::regclass LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON %s'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()', part);
    END LOOP;
END $$;
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON journal_remark
    FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only();
"""

BACK = "DROP TRIGGER no_truncate ON journal_remark;"


class Migration(migrations.Migration):
    """Partitions and remarks refuse TRUNCATE too: PostgreSQL does not hand that trigger down."""

    dependencies = [("journal", "0001_journal")]
    operations = [migrations.RunSQL(GUARD, BACK)]
