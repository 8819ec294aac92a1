"""Areas in their versions, and the number under which the tree stands."""

from __future__ import annotations

import datetime as dt

import shapely
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from shapely.geometry.base import BaseGeometry

from linli.kernel.areas.levels import WIDTHS, Level
from linli.kernel.records.models import C
from linli.lib.coordinates import Box, Datum
from linli.lib.time import now, today


class GridKind(models.TextChoices):
    COMPREHENSIVE = "comprehensive", "综合网格"
    DEDICATED = "dedicated", "专属网格"


GRID_LEVELS = (Level.GRID, Level.MICRO_GRID)


class AreaQuerySet(models.QuerySet["Area"]):
    def current(self) -> AreaQuerySet:
        """The rows in force: at most one for a code."""
        return self.filter(valid_to__isnull=True)

    def on(self, day: dt.date) -> AreaQuerySet:
        """The tree as it stood on a day."""
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), valid_from__lte=day)

    def under(self, prefix: str) -> AreaQuerySet:
        """The area ``prefix`` with its subtree; everything for ``""``."""
        return self.filter(code__startswith=prefix) if prefix else self


class Area(models.Model):
    """One version of a node of the tree, in force from ``valid_from`` up to but without ``valid_to``."""

    code = models.CharField("区域代码", max_length=18, db_collation=C)
    name = models.CharField("名称", max_length=60)
    level = models.CharField("层级", max_length=10, choices=Level.choices, db_collation=C)
    kind = models.CharField("网格类型", max_length=13, choices=GridKind.choices, blank=True, db_collation=C)
    valid_from = models.DateField("启用日期", default=today)
    valid_to = models.DateField("停用日期", null=True, blank=True)
    successors = ArrayField(
        models.CharField(max_length=18, db_collation=C),
        default=list,
        blank=True,
        verbose_name="继任区域代码",
        help_text="本版本停用后由哪些区域承接",
    )
    boundary = models.BinaryField("边界", null=True, editable=False, help_text="WKB，WGS84/CGCS2000")
    datum = models.CharField(
        "边界来源坐标系",
        max_length=8,
        blank=True,
        choices=[(d.value, d.value) for d in Datum],
        db_collation=C,
    )
    lng = models.FloatField("中心经度", null=True, blank=True)
    lat = models.FloatField("中心纬度", null=True, blank=True)
    west = models.FloatField(null=True, editable=False)
    south = models.FloatField(null=True, editable=False)
    east = models.FloatField(null=True, editable=False)
    north = models.FloatField(null=True, editable=False)
    source = models.CharField("来源", max_length=120, blank=True)

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "区域"
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_to=None), name="area_code_current_once"
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="area_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(
                    *(
                        Q(level=level, code__regex=f"^[1-9][0-9]{{{width - 1}}}$")
                        for level, width in WIDTHS.items()
                    ),
                    _connector=Q.OR,
                ),
                name="area_code_fits_level",
            ),
            models.CheckConstraint(
                condition=Q(level__in=GRID_LEVELS) ^ Q(kind=""), name="area_kind_for_grids_only"
            ),
        ]
        indexes = [
            models.Index(fields=["code", "valid_from", "id"], name="area_history"),
            models.Index(fields=["level", "code"], condition=Q(valid_to=None), name="area_level_current"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shape(self) -> BaseGeometry | None:
        """The boundary as a polygon or multipolygon."""
        return shapely.from_wkb(bytes(self.boundary)) if self.boundary is not None else None

    @property
    def box(self) -> Box | None:
        """The bounding box of the boundary."""
        if self.west is None or self.south is None or self.east is None or self.north is None:
            return None
        return Box(self.west, self.south, self.east, self.north)

    def draw(self, shape: BaseGeometry, datum: Datum) -> None:
        """Set boundary, centre and bounding box; ``shape`` is WGS84, ``datum`` tells what it came in.

        The centre is a point inside, also of a crescent, so that a label or pin lies in its area.
        """
        self.boundary = shapely.to_wkb(shape, output_dimension=2)
        self.datum = datum
        self.west, self.south, self.east, self.north = shape.bounds
        centre = shape.centroid if shape.contains(shape.centroid) else shape.representative_point()
        self.lng, self.lat = centre.x, centre.y


class TreeVersion(models.Model):
    """One edit of the tree. The highest number is the version that the tree stands at.

    Numbers come from a sequence, which no rollback takes back: a number never names two trees.
    """

    number = models.BigAutoField("版本号", primary_key=True)
    edit = models.CharField("操作", max_length=20, db_collation=C)
    codes = ArrayField(models.CharField(max_length=18, db_collation=C), verbose_name="涉及区域")
    rows = models.IntegerField("变更行数")
    post = models.BigIntegerField("操作岗位", null=True, blank=True)
    source = models.CharField("来源", max_length=120, blank=True)
    edited_at = models.DateTimeField("操作时间", default=now)

    class Meta:
        verbose_name = verbose_name_plural = "区域版本"

    def __str__(self) -> str:
        return str(self.number)
