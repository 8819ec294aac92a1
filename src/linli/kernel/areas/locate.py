"""Point to grid, in process: the grids in force as one index, renewed when the tree's number changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from django.utils.translation import gettext
from numpy.typing import NDArray

from linli.kernel.areas import queries
from linli.kernel.areas.boundaries import METRES_PER_DEGREE, shapes_of
from linli.kernel.areas.errors import OutsideCity
from linli.kernel.areas.levels import Level, ancestors
from linli.kernel.areas.models import Area
from linli.kernel.areas.raster import OUTSIDE, Floats, Raster, Shapes
from linli.kernel.areas.tree import Held
from linli.lib.errors import Invalid


@dataclass(frozen=True, slots=True)
class Located:
    """The grid that holds a point: its code, its name, and the names from the city down to it."""

    code: str
    name: str
    names: tuple[str, ...]

    @property
    def path(self) -> str:
        return queries.SEPARATOR.join(self.names)


@dataclass(frozen=True, slots=True)
class Nearest:
    """The grid nearest to a point outside all of them, and how far away it is."""

    code: str
    metres: float


class GridIndex:
    """Grids with boundaries, by ascending code, so that a shared border goes to the smaller code."""

    def __init__(self, codes: list[str], shapes: Shapes) -> None:
        self.shapes = shapes
        self.raster = Raster(shapes)
        # the empty code stands last, where OUTSIDE (-1) finds it
        self.codes = np.array([*codes, ""], dtype="U15")
        self._located: list[Located | None] = [None] * len(codes)

    @classmethod
    def load(cls) -> GridIndex:
        """The index of the grids in force."""
        rows = list(
            Area.objects.current()
            .filter(level=Level.GRID, boundary__isnull=False)
            .order_by("code")
            .values_list("code", "boundary")
        )
        return cls([code for code, _ in rows], shapes_of(boundary for _, boundary in rows))

    def locate(self, lng: float, lat: float) -> Located | None:
        index = self.raster.find(lng, lat)
        if index == OUTSIDE:
            return None
        located = self._located[index]
        if located is None:
            located = self._located[index] = self._name(index)
        return located

    def nearest(self, lng: float, lat: float) -> Nearest | None:
        """The nearest grid by metres on the ground (of equally near ones the smaller code)."""
        if not self.shapes.size:
            return None
        point = shapely.Point(lng, lat)
        squeeze = max(0.01, math.cos(math.radians(lat)))
        # degrees of longitude are shorter: nearest by degrees bounds how far to look for nearest by metres
        reach = float(shapely.distance(point, self.shapes[self._tree.nearest(point)])) / squeeze
        near = np.sort(self._tree.query(shapely.box(lng - reach, lat - reach, lng + reach, lat + reach)))
        scale = np.array([METRES_PER_DEGREE * squeeze, METRES_PER_DEGREE])
        flat = shapely.transform(self.shapes[near], lambda points: (points - (lng, lat)) * scale)
        metres = shapely.distance(flat, shapely.Point(0, 0))
        first = int(metres.argmin())
        return Nearest(str(self.codes[near[first]]), float(metres[first]))

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)

    def _name(self, index: int) -> Located:
        code = str(self.codes[index])
        names = queries.names_of([*ancestors(code), code])
        return Located(code, names[code], tuple(names.values()))


_index = Held(GridIndex.load)


def locate(lng: float, lat: float) -> Located:
    """The grid that holds the point (WGS84 degrees); on a shared border the one with the smaller code.

    Refuses with ``OutsideCity``, which names the nearest grid and its distance, and with ``Invalid``
    where the numbers are no place on Earth.
    """
    index = _index.get()
    located = index.locate(lng, lat)
    if located is None:
        raise _outside(index, lng, lat)
    return located


def locate_many(lngs: Floats, lats: Floats) -> NDArray[np.str_]:
    """The grids' codes for arrays of points; ``""`` where a point lies in no grid."""
    index = _index.get()
    return index.codes[index.raster.find_many(np.asarray(lngs, np.float64), np.asarray(lats, np.float64))]


def _outside(index: GridIndex, lng: float, lat: float) -> Invalid:
    wrong = {}
    if not -180 <= lng <= 180:
        wrong["lng"] = "经度应在 -180 至 180 之间"
    if not -90 <= lat <= 90:
        wrong["lat"] = "纬度应在 -90 至 90 之间"
    if wrong:
        return Invalid(fields=wrong)
    nearest = index.nearest(lng, lat)
    if nearest is None:
        message = "尚未导入网格边界，无法定位"
        return OutsideCity(message, fields={"location": message})
    path = queries.path_of(nearest.code)
    if nearest.metres < 1000:
        away = gettext("%(n).0f 米") % {"n": nearest.metres}
    else:
        away = gettext("%(n).1f 公里") % {"n": nearest.metres / 1000}
    said = gettext("该位置不在本市网格范围内，最近的是%(path)s，距离约 %(away)s")
    message = said % {"path": path, "away": away}
    return OutsideCity(
        message, fields={"location": message}, nearest=nearest.code, metres=round(nearest.metres, 1)
    )
