"""The database has what the models declare: a migration can take away more than it says."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

from linli.kernel.records.models import Record
from linli.kernel.records.upkeep import STORAGE

OURS = [model for model in apps.get_models() if model.__module__.startswith("linli.")]


@pytest.mark.django_db
@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_index_and_constraint_stands(model: type[Model]) -> None:
    with connection.cursor() as cursor:
        standing = connection.introspection.get_constraints(cursor, model._meta.db_table)
    declared = {one.name for one in (*model._meta.indexes, *model._meta.constraints)}
    assert declared <= standing.keys()
    # a unique field and one with an index have one of their own, under a name of Django's
    single = {tuple(known["columns"]) for known in standing.values() if known["index"] or known["unique"]}
    for field in model._meta.local_concrete_fields:
        if field.unique or getattr(field, "db_index", False):
            assert (field.column,) in single, field.name


@pytest.mark.django_db
def test_what_moves_leave_behind_is_cleared_away() -> None:
    """``kernel.records.upkeep``: a family whose migrations forget it would slow down with the years."""
    families = [model._meta.db_table for model in OURS if issubclass(model, Record)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, reloptions FROM pg_class WHERE relname = ANY(%s)", [families])
        standing = {table: dict(one.split("=") for one in options or ()) for table, options in cursor}
    assert families
    assert all(STORAGE.items() <= standing[table].items() for table in families)
