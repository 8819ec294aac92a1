import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations

FILL = """
UPDATE cases_casetext t SET tags = array_to_tsvector(made.tags)
FROM (
    SELECT c.id, array_remove(
        ARRAY(SELECT DISTINCT 'a' || left(c.area, n) FROM unnest(ARRAY[4, 6, 9, 12, 15, 18]) n
              WHERE n <= length(c.area))
        || ARRAY(SELECT 'u' || unit FROM unnest(c.units) unit)
        || ARRAY(SELECT 'b' || n || '.' || (c.id >> n) FROM unnest(ARRAY[7, 10, 13, 16, 19, 22]) n)
        || ARRAY(SELECT 'h' || n FROM generate_series(1, least(c.hand_backs, 9)) n)
        || ARRAY['c' || c.channel, 'g' || c.urgency, coalesce('r' || c.result, 'open'), 'm' || c.matter_id]
        || ARRAY(SELECT 'o' || to_char(c.opened_at AT TIME ZONE 'Asia/Shanghai', f)
                 FROM unnest(ARRAY['YYYY', 'YYYYMM', 'YYYYMMDD']) f)
        || ARRAY(SELECT 'd' || to_char(c.closed_at AT TIME ZONE 'Asia/Shanghai', f)
                 FROM unnest(ARRAY['YYYY', 'YYYYMM', 'YYYYMMDD']) f)
        || ARRAY[CASE WHEN c.sensitive THEN 'hidden' END, CASE WHEN c.supervised THEN 'supervised' END],
        NULL) AS tags
    FROM cases_case c
) made
WHERE made.id = t.case_id
"""


class Migration(migrations.Migration):
    """Beside a case's words stand its tags, and one index answers for both.

    Written as ``Case.tags`` was when this was made. A minute or two for a million cases.
    """

    dependencies = [("cases", "0004_who_dispatched")]
    operations = [
        migrations.RemoveIndex(model_name="casetext", name="case_words"),
        migrations.AddField(
            model_name="casetext",
            name="tags",
            field=django.contrib.postgres.search.SearchVectorField(default=""),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="casetext",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["words", "tags"], gin_pending_list_limit=512, name="case_found_by"
            ),
        ),
    ]
