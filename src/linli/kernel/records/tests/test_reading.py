"""A record is read with its parts as Django would have read them, in one statement."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import models
from django.db.models import BooleanField, Q, Value
from django.db.models.functions import Cast
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from linli.kernel.records.changes import Changes
from linli.kernel.records.models import record_id
from linli.kernel.records.reading import Asked, Part, hang, made, read, selection
from linli.kernel.records.tests.test_changes import WHOLE, thing, written
from linli.kernel.records.tests.things import Piece, Thing, make_tables

PARTS = (
    Part("pieces", Piece, "thing_id"),
    Part("marked", Piece, "thing_id", where="p.note = 'x'", single=True),
)


@pytest.fixture(autouse=True)
def tables(db: None) -> None:
    make_tables()


def values_of(row: models.Model) -> dict[str, Any]:
    """Every column with its type, bytes made comparable."""
    found = {name: value for name, value in row.__dict__.items() if not name.startswith("_")}
    plain = {n: bytes(v) if isinstance(v, memoryview | bytes) else v for n, v in found.items()}
    return {name: (type(value), value) for name, value in plain.items()}


def read_again(*things: Thing, **more: Any) -> list[Thing]:
    chosen = selection(Thing.objects.all())
    return read(Thing, chosen, column="id", among=[one.pk for one in things], **more)


@pytest.mark.parametrize(
    "values", [WHOLE, {}, {"share": 104.0, "seen_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}]
)
def test_every_kind_of_value_is_what_django_reads(values: dict[str, Any]) -> None:
    row = thing(**values)
    written(row)
    (found,) = read_again(row)
    assert values_of(found) == values_of(Thing.objects.get(pk=row.pk))
    assert not found._state.adding
    assert found == row


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    note=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    big=st.integers(-(2**63), 2**63 - 1),
    share=st.floats(allow_nan=False, allow_infinity=False),
    facts=st.dictionaries(
        st.text("ab", max_size=2), st.none() | st.booleans() | st.integers(-(2**53), 2**53)
    ),
    seal=st.binary(max_size=40),
    mark=st.uuids(),
    seen_at=st.datetimes(timezones=st.just(dt.UTC)),
    seen_on=st.dates(),
    words=st.lists(st.text("a'\"\\,{} 中", max_size=6), max_size=4),
)
def test_any_value_is_what_django_reads(**values: Any) -> None:
    row = thing(**values)
    written(row)
    (found,) = read_again(row)
    assert values_of(found) == values_of(Thing.objects.get(pk=row.pk))


def test_parts_hang_on_their_record_in_order(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    one, other = thing(), thing()
    notes = {record_id(): note for note in "bxa"}
    pieces = [Piece(id=pk, thing_id=one.pk, note=note) for pk, note in reversed(notes.items())]
    plan = Changes()
    plan.insert(one, other, *pieces)
    plan.write()
    with django_assert_num_queries(1):
        first, second = read_again(other, one, parts=PARTS)
    assert [(p.pk, p.note) for p in first.pieces] == list(notes.items())  # type: ignore[attr-defined] # hung on
    assert first.marked.note == "x"  # type: ignore[attr-defined] # hung on
    assert (second.pieces, second.marked) == ([], None)  # type: ignore[attr-defined] # hung on
    with django_assert_num_queries(1):
        hang([one, other], PARTS)
    assert one.pieces == first.pieces  # type: ignore[attr-defined] # hung on
    assert other.marked is None  # type: ignore[attr-defined] # hung on


def test_only_what_is_selected_is_read_with_what_is_asked_of_it() -> None:
    good, bad = thing(is_good=True, note="好"), thing(is_good=False)
    written(good, bad)
    rows = Thing.objects.filter(is_good=True).annotate(may_0=Cast(Value(1), BooleanField()))
    asked = [Asked("is_it", "r.note = %s", ("好",))]
    (found,) = read(Thing, selection(rows), column="id", among=[good.pk, bad.pk], asked=asked)
    assert (found.pk, found.may_0, found.is_it) == (good.pk, True, True)  # type: ignore[attr-defined] # asked
    nothing = selection(Thing.objects.filter(Q(pk__in=[])))
    assert read(Thing, nothing, column="id", among=[good.pk]) == []


def test_a_kind_of_column_that_is_not_known_is_refused() -> None:
    class Timed(models.Model):
        lasts = models.DurationField()

        class Meta:
            apps = Thing._meta.apps
            app_label = "records"

    with pytest.raises(TypeError, match="lasts"):
        made(Timed, {"id": 1, "lasts": "1 day"})
