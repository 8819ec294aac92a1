from django.db import migrations

LOCK = """
CREATE FUNCTION units_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of changes of the registers is append-only'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON units_registerentry
    FOR EACH ROW EXECUTE FUNCTION units_entry_append_only();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON units_registerentry
    FOR EACH STATEMENT EXECUTE FUNCTION units_entry_append_only();
"""

UNLOCK = """
DROP TRIGGER no_truncate ON units_registerentry;
DROP TRIGGER append_only ON units_registerentry;
DROP FUNCTION units_entry_append_only;
"""


class Migration(migrations.Migration):
    """Who made which account and granted which post is never changed afterwards."""

    dependencies = [("units", "0002_registers")]
    operations = [migrations.RunSQL(LOCK, UNLOCK)]
