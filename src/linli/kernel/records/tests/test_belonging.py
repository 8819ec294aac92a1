"""Rows are joined to their record by its district too."""

from __future__ import annotations

import pytest

from linli.kernel.records.changes import Changes
from linli.kernel.records.tests.test_changes import thing
from linli.kernel.records.tests.things import Share, make_tables


@pytest.fixture(autouse=True)
def tables(db: None) -> None:
    make_tables()


@pytest.fixture
def share() -> Share:
    """A thing's share, and one whose district says otherwise."""
    of = thing()
    made = [Share(thing_id=of.pk, note=note) for note in ("mine", "stray")]
    for one, area in zip(made, (of.area, "990102101001001"), strict=True):
        one.place(area)
    plan = Changes()
    plan.insert(of, *made)
    plan.write()
    return made[0]


def test_a_record_is_joined_by_the_district(share: Share) -> None:
    assert list(Share.objects.filter(thing__state="open")) == [share]
    assert Share.objects.select_related("thing").get(pk=share.pk).thing.pk == share.thing_id


def test_migrations_know_a_plain_foreign_key() -> None:
    _, path, _, named = Share._meta.get_field("thing").deconstruct()
    assert path == "django.db.models.ForeignKey"
    assert set(named) == {"on_delete", "to"}
