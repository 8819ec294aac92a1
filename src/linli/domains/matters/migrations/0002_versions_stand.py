"""A version of a matter stands as it was published: only the day on which it ends can be set, once."""

from django.db import migrations

STAND = """
CREATE FUNCTION matters_version_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.valid_to IS NULL
       AND to_jsonb(NEW) - 'valid_to' = to_jsonb(OLD) - 'valid_to' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a published version of a matter cannot be changed or removed'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER matters_matter_stands BEFORE UPDATE OR DELETE ON matters_matter
    FOR EACH ROW EXECUTE FUNCTION matters_version_stands();

CREATE FUNCTION matters_limit_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the limits of a published version cannot be changed or removed'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER matters_matterlimit_stands BEFORE UPDATE OR DELETE ON matters_matterlimit
    FOR EACH ROW EXECUTE FUNCTION matters_limit_stands();
"""

LET_GO = """
DROP TRIGGER matters_matterlimit_stands ON matters_matterlimit;
DROP FUNCTION matters_limit_stands();
DROP TRIGGER matters_matter_stands ON matters_matter;
DROP FUNCTION matters_version_stands();
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0001_lists")]

    operations = [migrations.RunSQL(STAND, LET_GO)]
