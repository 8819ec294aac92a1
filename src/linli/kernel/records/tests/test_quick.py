"""Objects that are made quickly are the same as those that Django makes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import models

from linli.kernel.records.quick import Quick
from linli.kernel.records.tests.test_changes import WHOLE
from linli.kernel.records.tests.things import REGISTRY, Piece, Thing

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


class Plain(models.Model):
    """The columns of a thing, made by Django."""

    class Meta:
        apps = REGISTRY
        app_label = "records"


for _column in Thing._meta.concrete_fields:
    if not _column.primary_key:
        _column.clone().contribute_to_class(Plain, _column.name)
Plain._meta.pk.default = lambda: 5


def told(row: models.Model) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in sorted(vars(row)) if not name.startswith("_")}
    values.pop("written_at")  # an expression, made for each
    return values | {"adding": row._state.adding, "db": row._state.db}


@pytest.mark.parametrize("values", [{}, WHOLE, {"note": "x", "opened_at": AT, "units": [1]}])
def test_what_is_not_given_is_by_default_as_django_has_it(values: dict[str, Any]) -> None:
    assert told(Thing(id=5, **values)) == told(Plain(**values))


def test_what_is_read_is_taken_in_order() -> None:
    columns = [field.attname for field in Thing._meta.concrete_fields]
    row = Thing.from_db("default", columns, list(range(len(columns))))
    assert [getattr(row, name) for name in columns] == list(range(len(columns)))
    assert not row._state.adding
    assert row._state.db == "default"


def test_columns_that_were_not_read_stay_unread() -> None:
    row = Thing.from_db("default", ["id", "note"], [5, "x"])
    assert row.get_deferred_fields() >= {"words", "facts"}
    assert (row.pk, row.note) == (5, "x")


def test_defaults_are_not_shared() -> None:
    one, other = Thing(id=1), Thing(id=2)
    one.words.append("x")
    assert other.words == []


def test_what_is_no_column_is_left_to_django() -> None:
    thing = Thing(id=7)
    piece = Piece(thing=thing, id=1, note="x")
    assert (piece.thing_id, piece.thing) == (7, thing)
    with pytest.raises(TypeError, match="unexpected keyword"):
        Thing(id=7, nonsense=1)


def test_columns_that_only_django_can_fill_are_refused() -> None:
    class Drawn(Quick):
        drawing = models.FileField()

        class Meta:
            apps = REGISTRY
            app_label = "records"

    with pytest.raises(TypeError, match="Drawn"):
        Drawn(drawing="x")
