import django.db.models.expressions
from django.db import migrations, models

import linli.kernel.journal.models
from linli.kernel.journal import partitions

ENTRY = """
CREATE TABLE journal_entry (
    record_id bigint NOT NULL,
    seq integer NOT NULL,
    family varchar(20) COLLATE "C" NOT NULL,
    district varchar(6) COLLATE "C" NOT NULL,
    area varchar(18) COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    move varchar(30) COLLATE "C" NOT NULL,
    state varchar(20) COLLATE "C" NOT NULL,
    post bigint,
    unit bigint,
    client_id uuid,
    facts jsonb NOT NULL,
    remark bytea,
    prev bytea NOT NULL,
    hash bytea NOT NULL,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (record_id, seq, at)
) PARTITION BY RANGE (at);
CREATE INDEX journal_entry_at ON journal_entry USING brin (at);
CREATE INDEX journal_entry_tx ON journal_entry (tx);
CREATE TABLE journal_entry_default PARTITION OF journal_entry DEFAULT;

CREATE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'journal entries are never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON journal_entry
    FOR EACH ROW EXECUTE FUNCTION journal_append_only();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only();
REVOKE UPDATE, DELETE, TRUNCATE ON journal_entry FROM PUBLIC;

CREATE TABLE journal_remark (
    record_id bigint NOT NULL,
    seq integer NOT NULL,
    district varchar(6) COLLATE "C" NOT NULL,
    text text NOT NULL,
    public boolean NOT NULL,
    salt bytea NOT NULL,
    erased_at timestamptz,
    erased_why varchar(200) NOT NULL DEFAULT '',
    PRIMARY KEY (record_id, seq)
);
CREATE FUNCTION remark_only_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.text = ''
       AND (NEW.record_id, NEW.seq) = (OLD.record_id, OLD.seq) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'remarks are erased, never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER only_erased BEFORE UPDATE OR DELETE ON journal_remark
    FOR EACH ROW EXECUTE FUNCTION remark_only_erased();
"""

BACK = """
DROP TABLE journal_remark;
DROP TABLE journal_entry;
DROP FUNCTION journal_append_only, remark_only_erased;
"""


def make_partitions(apps, schema_editor):
    partitions.ensure()


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ENTRY, BACK)],
            state_operations=[
                migrations.CreateModel(
                    name="Entry",
                    fields=[
                        ("pk", models.CompositePrimaryKey("record_id", "seq", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("record_id", models.BigIntegerField()),
                        ("seq", models.IntegerField()),
                        ("family", models.CharField(db_collation="C", max_length=20)),
                        ("district", models.CharField(db_collation="C", max_length=6)),
                        ("area", models.CharField(db_collation="C", max_length=18)),
                        ("at", models.DateTimeField()),
                        ("move", models.CharField(db_collation="C", max_length=30)),
                        ("state", models.CharField(db_collation="C", help_text="state after the move", max_length=20)),
                        ("post", models.BigIntegerField(null=True)),
                        ("unit", models.BigIntegerField(null=True)),
                        ("client_id", models.UUIDField(null=True)),
                        ("facts", models.JSONField(default=dict)),
                        ("remark", models.BinaryField(help_text="salted SHA-256 of the remark, if there is one", null=True)),
                        ("prev", models.BinaryField()),
                        ("hash", models.BinaryField()),
                        ("tx", linli.kernel.journal.models.XidField(db_default=django.db.models.expressions.RawSQL("pg_current_xact_id()", []))),
                    ],
                    options={"verbose_name": "留痕", "verbose_name_plural": "留痕"},
                ),
                migrations.CreateModel(
                    name="Remark",
                    fields=[
                        ("pk", models.CompositePrimaryKey("record_id", "seq", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("record_id", models.BigIntegerField()),
                        ("seq", models.IntegerField()),
                        ("district", models.CharField(db_collation="C", max_length=6)),
                        ("text", models.TextField(blank=True)),
                        ("public", models.BooleanField(default=False, help_text="meant for the reporter")),
                        ("salt", models.BinaryField()),
                        ("erased_at", models.DateTimeField(null=True)),
                        ("erased_why", models.CharField(blank=True, max_length=200)),
                    ],
                    options={"verbose_name": "意见", "verbose_name_plural": "意见"},
                ),
            ],
        ),
        migrations.CreateModel(
            name="Root",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("hash", models.BinaryField()),
                ("prev", models.BinaryField()),
                ("entries", models.IntegerField()),
                ("chains", models.IntegerField()),
                ("sealed_at", models.DateTimeField()),
            ],
            options={"verbose_name": "日封存", "verbose_name_plural": "日封存", "ordering": ["day"]},
        ),
        migrations.RunPython(make_partitions, migrations.RunPython.noop),
    ]
