"""``linli scale``: what would stand in the way of distributing the database, on plain PostgreSQL."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from linli.config import cli
from linli.config.scale import schema
from linli.config.scale.check import problems
from linli.config.scale.distribute import NotDistributable, distribute
from linli.config.scale.placement import CITY_WIDE, COLUMN, LOCAL, REFERENCE, SAFE_TRIGGERS, Place
from linli.kernel.records.models import Placed

pytestmark = pytest.mark.django_db


def found(*statements: str) -> list[str]:
    """What is in the way once the statements have been carried out."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return problems(schema.read())


def test_nothing_stands_in_the_way() -> None:
    assert problems(schema.read()) == []


def test_the_command_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["scale", "check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_every_model_has_its_place() -> None:
    tables = schema.read().tables
    managed = [m for m in apps.get_models(include_auto_created=True) if not m._meta.proxy]
    assert [m._meta.label for m in managed if tables[m._meta.db_table].place is None] == []


def test_whatever_has_a_place_on_the_map_lies_with_its_district() -> None:
    tables = schema.read().tables
    placed = [m for m in apps.get_models() if issubclass(m, Placed)]
    assert {tables[m._meta.db_table].place for m in placed} == {Place.SHARDED}


def test_what_is_excepted_is_there() -> None:
    known = schema.read()
    keys = {key.name for table in known.at(Place.SHARDED) for key in table.keys}
    assert [name for name in CITY_WIDE if name not in keys] == []
    triggers = {t.function for table in known.tables.values() for t in table.triggers}
    assert triggers >= SAFE_TRIGGERS
    assert not REFERENCE & LOCAL.keys()


def test_a_table_without_a_place_is_named() -> None:
    (told,) = found("CREATE TABLE stray (id bigint PRIMARY KEY)")
    assert told.startswith("stray：")


THING = f"""
CREATE TABLE thing (
    id bigint PRIMARY KEY, {COLUMN} varchar(6) COLLATE "C" NOT NULL, case_id bigint, name text, span int4range
)
"""


def test_a_table_with_its_district_needs_no_more() -> None:
    assert found(THING) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (f"ALTER TABLE thing ALTER {COLUMN} DROP NOT NULL", f"thing.{COLUMN}"),
        (f"ALTER TABLE thing ALTER {COLUMN} TYPE text", f"thing.{COLUMN}"),
        (f'ALTER TABLE thing ALTER {COLUMN} TYPE varchar(6) COLLATE "default"', f"thing.{COLUMN}"),
        ("ALTER TABLE thing ADD CONSTRAINT name_once UNIQUE (name)", "thing.name_once"),
        ("CREATE UNIQUE INDEX name_once ON thing (name) WHERE id > 5", "thing.name_once"),
        ("CREATE UNIQUE INDEX lower_once ON thing (lower(name))", "thing.lower_once"),
        ("ALTER TABLE thing ADD CONSTRAINT apart EXCLUDE USING gist (span WITH &&)", "thing.apart"),
        ("ALTER TABLE thing ADD number integer GENERATED ALWAYS AS IDENTITY", "thing.number"),
        ("CREATE TABLE part () INHERITS (thing)", "thing："),
        (
            "ALTER TABLE thing ADD CONSTRAINT of_case FOREIGN KEY (case_id) REFERENCES cases_case"
            " ON DELETE SET NULL",
            "thing.of_case",
        ),
        (
            "ALTER TABLE thing ADD CONSTRAINT of_case FOREIGN KEY (name) REFERENCES cases_case (number)",
            "thing.of_case",
        ),
        (
            "ALTER TABLE thing ADD CONSTRAINT of_file FOREIGN KEY (case_id) REFERENCES files_file",
            "thing.of_file",
        ),
        (
            "CREATE TRIGGER counted AFTER INSERT ON thing FOR EACH ROW"
            " EXECUTE FUNCTION units_entry_append_only()",
            "thing.counted",
        ),
    ],
)
def test_what_citus_cannot_do_is_named(statement: str, told: str) -> None:
    assert any(line.startswith(told) for line in found(THING, statement))


def test_a_foreign_key_within_a_district_is_no_obstacle() -> None:
    statement = "ALTER TABLE thing ADD CONSTRAINT of_case FOREIGN KEY (case_id) REFERENCES cases_case"
    assert found(THING, statement) == []


def test_reference_data_points_to_no_records() -> None:
    (told,) = found("ALTER TABLE units_unit ADD of_case bigint CONSTRAINT of_case REFERENCES cases_case")
    assert told.startswith("units_unit.of_case")


def test_plain_postgresql_is_not_distributed() -> None:
    said: list[str] = []
    with pytest.raises(NotDistributable) as refused:
        distribute(say=said.append)
    assert "citus" in refused.value.problems[0]
    assert said == []
