"""One deed is one statement: it carries every value exactly, and happens wholly or not at all."""

from __future__ import annotations

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.kernel.records.changes import Changes, Stale, casts_of
from linli.kernel.records.tests.things import Piece, Thing, make_tables

OPENED = dt.datetime(2026, 3, 1, 8, 30, 15, 123456, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def tables(db: None) -> None:
    make_tables()


def thing(**values: Any) -> Thing:
    made = Thing(state="open", opened_at=OPENED, version=1, chain=b"\x00\xff", **values)
    made.place("990101001001001")
    return made


def written(*things: Thing) -> None:
    plan = Changes()
    plan.insert(*things)
    plan.write()


def again(row: Thing) -> Thing:
    return Thing.objects.get(pk=row.pk)


WHOLE: dict[str, Any] = {
    "note": "'; DROP TABLE records_thing; -- \\ \" {}%s $1 \n\t“中文”🙂",
    "amount": -(2**31),
    "big": 2**63 - 1,
    "share": 0.1 + 0.2,
    "is_good": False,
    "words": ["a,b", 'x"y', "", "{}", "NULL", "中文", "\\"],
    "facts": {"a": [1, None, "x'y", {"b": True}], "空": ""},
    "seal": bytes(range(256)),
    "mark": uuid.UUID("12345678-1234-5678-1234-567812345678"),
    "seen_at": OPENED,
    "seen_on": dt.date(2026, 2, 28),
    "units": [2**62, 1],
}


def test_every_kind_of_value_comes_back_as_it_was_written() -> None:
    row = thing(**WHOLE)
    written(row)
    found = again(row)
    got = {name: getattr(found, name) for name in WHOLE}
    assert got | {"seal": bytes(found.seal or b"")} == WHOLE
    assert found.opened_at == OPENED
    assert bytes(found.chain) == b"\x00\xff"
    assert found.written_at is not None, "a column that the database fills is left to it"


def test_nothing_comes_back_as_nothing() -> None:
    empty = dict.fromkeys(
        ["amount", "big", "share", "is_good", "facts", "seal", "mark", "seen_at", "seen_on"]
    )
    row = thing(**empty)
    written(row)
    found = again(row)
    assert {name: getattr(found, name) for name in empty} == empty
    assert (found.words, found.units, found.note) == ([], [], "")


def test_an_update_carries_the_same_values() -> None:
    row = thing()
    written(row)
    plan = Changes()
    plan.update(row, **WHOLE)
    plan.write()
    found = again(row)
    assert {name: getattr(found, name) for name in WHOLE} | {"seal": bytes(found.seal or b"")} == WHOLE
    assert row.note == WHOLE["note"], "the object in hand is set as well"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    note=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    facts=st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("a'\"\\ 中{}", max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    seal=st.binary(max_size=40),
    seen_at=st.datetimes(timezones=st.just(dt.UTC)),
    words=st.lists(st.text("a'\"\\,{} 中", max_size=6), max_size=4),
)
def test_any_text_json_bytes_time_and_list_comes_back_exactly(**values: Any) -> None:
    row = thing(**values)
    written(row)
    found = again(row)
    assert found.note == values["note"]
    assert found.facts == values["facts"]
    assert bytes(found.seal or b"") == values["seal"]
    assert found.seen_at == values["seen_at"]
    assert found.words == values["words"]


def test_types_are_read_without_their_widths() -> None:
    casts = casts_of(Thing)
    assert (casts["words"], casts["units"], casts["area"]) == ("varchar[]", "bigint[]", "varchar")


def test_what_is_too_long_is_refused_not_cut() -> None:
    row = thing()
    plan = Changes()
    plan.insert(row, Piece(thing_id=row.pk, note="长" * 21))
    with pytest.raises(DataError), transaction.atomic():
        plan.write()
    assert not Thing.objects.exists()


def test_a_row_updated_in_the_plan_that_inserts_it_is_written_as_it_is_in_the_end() -> None:
    row = thing(note="first")
    plan = Changes()
    plan.insert(row)
    plan.update(row, note="second")
    with CaptureQueriesContext(connection) as asked:
        plan.write()
    assert len(asked) == 1
    assert "UPDATE" not in asked[0]["sql"]
    assert again(row).note == "second"


def test_updates_of_one_row_add_up() -> None:
    row = thing()
    written(row)
    plan = Changes()
    plan.update(row, note="a", amount=1)
    plan.update(row, amount=2, is_good=True)
    plan.write()
    found = again(row)
    assert (found.note, found.amount, found.is_good) == ("a", 2, True)


def test_a_foreign_key_may_be_set_by_object_or_by_id() -> None:
    one, two = thing(), thing()
    piece = Piece(thing_id=one.pk, note="x")
    plan = Changes()
    plan.insert(one, two, piece)
    plan.write()
    plan = Changes()
    plan.update(piece, thing=two)
    plan.write()
    assert Piece.objects.get().thing_id == two.pk
    with pytest.raises(AttributeError, match="no column colour"):
        Changes().update(piece, colour="red")


def test_a_move_counts_the_version_up() -> None:
    row = thing()
    written(row)
    plan = Changes()
    plan.move(row, 1, state="done", amount=5, chain=b"new")
    plan.write()
    found = again(row)
    assert (found.version, found.state, found.amount, bytes(found.chain)) == (2, "done", 5, b"new")


def test_a_stale_move_writes_nothing_at_all() -> None:
    row, other = thing(), thing(note="as it was")
    written(row, other)
    plan = Changes()
    plan.move(row, 7, state="done")
    plan.insert(thing())
    plan.update(other, note="changed")
    with pytest.raises(Stale) as stale:
        plan.write()
    assert stale.value.records == [row]
    assert Thing.objects.count() == 2
    assert again(other).note == "as it was"
    assert again(row).version == 1


def test_of_several_moves_all_happen_or_none() -> None:
    fresh, stale_one, other_columns = thing(), thing(), thing()
    written(fresh, stale_one, other_columns)
    plan = Changes()
    plan.move(fresh, 1, state="done")
    plan.move(stale_one, 0, state="done")
    plan.move(other_columns, 1, amount=3)
    plan.insert(thing())
    with pytest.raises(Stale) as stale:
        plan.write()
    assert stale.value.records == [stale_one]
    assert set(Thing.objects.values_list("version", "state", "amount")) == {(1, "open", None)}
    assert Thing.objects.count() == 3


def test_a_broken_rule_of_the_database_undoes_the_whole_deed() -> None:
    row = thing()
    written(row)
    plan = Changes()
    plan.move(row, 1, state="done")
    plan.insert(Piece(thing_id=-1, note="of nothing"))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError), transaction.atomic():
        plan.write()
    assert again(row).version == 1


def test_one_row_and_a_thousand_are_the_same_statement() -> None:
    def texts(number: int) -> set[str]:
        rows = [thing(note=str(n)) for n in range(number)]
        moving = [thing() for _ in range(number)]
        written(*moving)
        plan = Changes()
        plan.insert(*rows, *(Piece(thing_id=row.pk, note="x") for row in rows))
        for row in moving:
            plan.move(row, 1, state="done")
        with CaptureQueriesContext(connection) as asked:
            plan.write()
        return {query["sql"] for query in asked if query["sql"].startswith("WITH")}

    assert len(texts(1)) == 1
    assert texts(1) == texts(1000)


def test_deeds_of_one_shape_are_planned_once_by_the_database() -> None:
    before = _prepared()  # other tests may have asked over this connection
    for _ in range(3):
        plan = Changes()
        plan.insert(thing())
        plan.write()
    used = {name: times - before.get(name, 0) for name, times in _prepared().items()}
    assert [times for times in used.values() if times] == [3]


def _prepared() -> dict[str, int]:
    """How often each prepared statement that inserts things was carried out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE %s",
            ['WITH s0 AS (INSERT INTO "records_thing"%'],
        )
        return dict(cursor.fetchall())


def test_merged_plans_are_written_together_or_not_at_all() -> None:
    row = thing()
    written(row)
    plan, other = Changes(), Changes()
    plan.insert(thing(note="mine"))
    other.move(row, 99, state="done")
    plan.merge(other)
    with pytest.raises(Stale):
        plan.write()
    assert not Thing.objects.filter(note="mine").exists()


def test_a_row_is_changed_where_its_district_is() -> None:
    row = thing()
    written(row)
    stray = again(row)
    stray.district = "990102"
    plan = Changes()
    plan.move(stray, 1, state="done")
    with pytest.raises(Stale):
        plan.write()
    assert again(row).state == "open"


def test_no_row_leaves_its_district() -> None:
    row = thing()
    written(row)
    plan = Changes()
    plan.update(row, district="990102")
    with pytest.raises(ValueError, match="never leaves"):
        plan.write()


def test_a_row_that_was_not_told_its_district_is_refused() -> None:
    with pytest.raises(ValueError, match="no district"):
        Changes().update(Thing(id=5), note="x")


def test_rows_of_several_districts_are_changed_by_one_plan() -> None:
    here, there = thing(), thing()
    there.place("990102101001001")
    written(here, there)
    plan = Changes()
    plan.update(here, note="here")
    plan.update(there, note="there")
    plan.write()
    assert [again(row).note for row in (here, there)] == ["here", "there"]


def test_an_empty_plan_asks_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        Changes().write()


def test_inserts_are_carried_out_behind_the_next_plan_over_the_same_connection() -> None:
    first, second = thing(note="先"), thing(note="后")
    with ThreadPoolExecutor(1) as writer:
        plan = Changes()
        plan.insert(first)
        carried_out = writer.submit(plan.ready())
        written(second)
        carried_out.result(30)
    assert [again(first).note, again(second).note] == ["先", "后"]
    Changes().ready()()


def test_only_inserts_are_carried_out_behind() -> None:
    row = thing()
    written(row)
    plan = Changes()
    plan.move(row, row.version, note="后")
    with pytest.raises(ValueError, match="only inserts"):
        plan.ready()


def test_a_new_row_is_written_as_it_is_in_the_end_whichever_plan_it_came_from() -> None:
    row, plan, other = thing(note="先"), Changes(), Changes()
    other.insert(row)
    plan.merge(other)
    plan.update(thing(id=row.pk), note="后")
    plan.write()
    assert again(row).note == "后"
