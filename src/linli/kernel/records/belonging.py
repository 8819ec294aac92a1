"""Foreign keys to the record that a row belongs to.

Both carry their district, and it is the same. So they are joined by it as well: a distributed database then
joins them on the node that holds them. To Django's migrations they are plain foreign keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import models
from django.db.models.expressions import Col
from django.db.models.lookups import Exact
from django.db.models.sql.where import WhereNode

S = TypeVar("S")
G = TypeVar("G")


class Belongs(models.ForeignKey[S, G]):
    """A foreign key within one district."""

    def get_extra_restriction(self, alias: str, related_alias: str) -> WhereNode:
        """What a join asks besides the key; either table may be the one that is joined."""
        return same_district(self, alias, related_alias)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, values, named = super().deconstruct()
        return name, "django.db.models.ForeignKey", values, named


class BelongsAlone(models.OneToOneField[S, G]):
    """The same where a record has one such row at most."""

    def get_extra_restriction(self, alias: str, related_alias: str) -> WhereNode:
        return same_district(self, alias, related_alias)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, values, named = super().deconstruct()
        return name, "django.db.models.OneToOneField", values, named


def same_district(key: models.ForeignKey[Any, Any], alias: str, related_alias: str) -> WhereNode:
    district = key.model._meta.get_field("district")
    assert isinstance(district, models.Field)
    # a lookup stands among the children of every compiled query, though its declared types do not say so
    return WhereNode([Exact(Col(alias, district), Col(related_alias, district))])  # type: ignore[list-item]
