from django.db import migrations

LOCK = """
CREATE FUNCTION vault_reading_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '184 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'readings are never changed, and kept for at least 184 days'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON vault_reading
    FOR EACH ROW EXECUTE FUNCTION vault_reading_append_only();
REVOKE UPDATE, TRUNCATE ON vault_reading FROM PUBLIC, CURRENT_USER;
"""

UNLOCK = """
GRANT UPDATE, TRUNCATE ON vault_reading TO CURRENT_USER;
DROP TRIGGER append_only ON vault_reading;
DROP FUNCTION vault_reading_append_only;
"""


class Migration(migrations.Migration):
    """The log by the database's own clock: no change ever, no deletion within 184 days (网络安全法 art. 21).

    The privilege is the lock against TRUNCATE, which a row trigger does not see.
    """

    dependencies = [("vault", "0001_people_and_readings")]
    operations = [migrations.RunSQL(LOCK, UNLOCK)]
