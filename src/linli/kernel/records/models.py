"""The abstract record: columns that the kernel reads, never the domain's own."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models

from linli.kernel.records import tags
from linli.kernel.records.ids import next_id
from linli.kernel.records.quick import Quick

C = "C"
"""Codes are compared byte by byte, so that a prefix is a subtree and an index serves ``LIKE 'prefix%'``."""


def days_index(*columns: str, name: str) -> BrinIndex:
    """An index for figures of past days, of some kB: it tells in which pages of the table instants lie.

    Rows lie about in the order of time. Of each few pages it knows several ranges and not only the first and
    the last instant, since a row that was changed may lie elsewhere.
    """
    kinds = ["timestamptz_minmax_multi_ops"] * len(columns)
    return BrinIndex(fields=columns, name=name, pages_per_range=32, opclasses=kinds)


def record_id() -> int:
    return next_id("record_ids")


class Placed(Quick):
    """Anything with a place: the area's code and its district.

    ``district`` is also the key by which a distributed database spreads the rows.
    """

    district = models.CharField("区（市）县", max_length=6, db_collation=C)
    area = models.CharField("区域代码", max_length=18, db_collation=C)

    class Meta:
        abstract = True

    def place(self, code: str) -> None:
        """Put the row into the area ``code`` (shorter codes leave the finer prefixes as far as they go)."""
        self.area, self.district = code, code[:6]


class Listed(Placed):
    """What lists are made of has the township too, since they are cut by it. Parts of a record are found by
    the record, and do without."""

    township = models.CharField("乡镇（街道）", max_length=9, db_collation=C)

    class Meta:
        abstract = True

    def place(self, code: str) -> None:
        super().place(code)
        self.township = code[:9]


class Record(Listed):
    """One matter that moves. Only ``kernel.flow`` changes it, one version at a time.

    ``version`` counts the entries of its journal; ``chain`` is the hash of the last of them.
    """

    id = models.BigIntegerField(primary_key=True, default=record_id, editable=False)
    units = ArrayField(models.BigIntegerField(), default=list, verbose_name="参与单位")
    state = models.CharField("状态", max_length=20, db_collation=C)
    version = models.IntegerField("版本", default=0)
    chain = models.BinaryField(default=b"", editable=False)
    opened_at = models.DateTimeField("发起时间")
    sensitive = models.BooleanField("不公开", default=False)

    family: ClassVar[str]
    """Stable name of the family in journal and clocks, e.g. ``case``."""
    tagged: ClassVar[frozenset[str]] = frozenset()
    """Columns that tags are made of, in families that keep tags (``tag_row``)."""

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["district", "-id"], name="%(class)s_district"),
            models.Index(fields=["township", "-id"], name="%(class)s_township"),
            models.Index(fields=["area", "-id"], name="%(class)s_area"),
            GinIndex(fields=["units"], name="%(class)s_units"),
        ]

    def part(self, *units: int | None) -> None:
        """Add ``units`` to those that take part."""
        self.units = sorted({*self.units, *(u for u in units if u is not None)})

    def tags(self) -> list[str]:
        """What lists find the record by: its place, its units and where it stands in the numbering.

        A family adds what its own lists are narrowed by, and names the columns in ``tagged``.
        """
        return [*tags.of_area(self.area), *map(tags.of_unit, self.units), *tags.of_id(self.pk)]

    def tag_row(self) -> models.Model:
        """The row beside the record whose column ``tags`` keeps them, in families with ``tagged`` columns."""
        raise NotImplementedError(f"{type(self).__name__} keeps no tags")

    @classmethod
    def record_fields(cls) -> dict[str, Any]:
        return {f.attname: f for f in cls._meta.concrete_fields}
