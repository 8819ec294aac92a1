"""Boundaries read from GeoJSON, and the checks that a set of them has to pass.

Plain geometry: nothing here reads or writes the database. Comparing two boundaries needs a tolerance,
since independent rounding leaves slivers along every shared border: what is narrower than
``TOLERANCE`` metres on average (twice the area by the perimeter) is such a sliver and passes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from linli.kernel.areas.errors import Problem
from linli.lib.coordinates import EARTH_RADIUS, Datum, to_wgs84

TOLERANCE = 0.2
METRES_PER_DEGREE = math.radians(EARTH_RADIUS)


class Misdrawn(Exception):
    """A boundary that cannot be read. ``error`` is the stable code."""

    def __init__(self, error: str, message: str) -> None:
        self.error, self.message = error, message
        super().__init__(message)


@dataclass(frozen=True)
class Drawn:
    """A boundary of an area, from the feature ``index`` (-1: stands in the tree already)."""

    index: int
    code: str
    shape: BaseGeometry

    def problem(self, error: str, message: str) -> Problem:
        return Problem(self.index, self.code, error, message)


def read_boundary(geometry: Any, datum: Datum) -> BaseGeometry:
    """A GeoJSON Polygon or MultiPolygon as a valid shape in WGS84. Raises ``Misdrawn``."""
    if not isinstance(geometry, Mapping):
        raise Misdrawn("no_geometry", "缺少边界（geometry）")
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Polygon":
        shape: BaseGeometry = _polygon(coordinates, datum)
    elif geometry.get("type") == "MultiPolygon":
        shape = MultiPolygon([_polygon(part, datum) for part in _listed(coordinates)])
    else:
        raise Misdrawn("geometry_type", "边界必须是面（Polygon 或 MultiPolygon）")
    if not shape.is_valid:
        raise _invalid(shapely.is_valid_reason(shape))
    return shape


def shapes_of(boundaries: Iterable[bytes | memoryview | None]) -> NDArray[np.object_]:
    """Stored boundaries (WKB) as an array of shapes."""
    stored = [bytes(boundary) if boundary is not None else None for boundary in boundaries]
    return np.asarray(shapely.from_wkb(np.array(stored, dtype=np.object_)))


def overlaps(new: Sequence[Drawn], standing: Sequence[Drawn]) -> Iterator[Problem]:
    """Boundaries of one level that cover the same ground: new ones among themselves and standing ones."""
    drawn = [*new, *standing]
    shapes = np.array([one.shape for one in drawn], dtype=object)
    tree = shapely.STRtree(shapes)
    for left, right in tree.query(shapes[: len(new)], predicate="intersects").T.tolist():
        # a pair of new ones is found from both sides; the later feature is told
        if left == right or (right < len(new) and right > left):
            continue
        if drawn[left].code == drawn[right].code:
            continue
        common = shapely.intersection(shapes[left], shapes[right])
        if mean_width(common) > TOLERANCE:
            told = {"code": drawn[right].code, "area": square_metres(common), "place": _place(common)}
            said = gettext("与 %(code)s 重叠约 %(area).0f 平方米（%(place)s附近）") % told
            yield drawn[left].problem("overlap", said)


def sticking_out(new: Sequence[Drawn], parents: Mapping[str, BaseGeometry]) -> Iterator[Problem]:
    """Boundaries that leave the boundary of the area above. ``parents`` is by the child's code."""
    for one in new:
        parent = parents.get(one.code)
        if parent is None:
            continue
        outside = shapely.difference(one.shape, parent)
        if mean_width(outside) > TOLERANCE:
            told = {"area": square_metres(outside), "place": _place(outside)}
            said = gettext("超出上级区域边界约 %(area).0f 平方米（%(place)s附近）") % told
            yield one.problem("outside_parent", said)


def gap(parent: BaseGeometry, children: Sequence[BaseGeometry]) -> tuple[float, BaseGeometry]:
    """What the children leave uncovered of the parent: share of its area (0 to 1), and where."""
    uncovered = shapely.difference(parent, shapely.union_all(list(children)))
    if mean_width(uncovered) <= TOLERANCE:
        return 0.0, Polygon()
    return uncovered.area / parent.area, uncovered


def square_metres(shape: BaseGeometry) -> float:
    """Area on the ground, by the scale at the shape's own latitude (good to 0.5 % over a city)."""
    return 0.0 if shape.is_empty else float(_flat(shape).area)


def mean_width(shape: BaseGeometry) -> float:
    """Twice the area by the perimeter, in metres: of a long strip its width; 0 for lines and points."""
    if shape.is_empty:
        return 0.0
    # of mixed results only the faces count; one wide part among slivers must not be averaged away
    faces = [part for part in shapely.get_parts(_flat(shape)) if part.area]
    return max((2 * face.area / face.length for face in faces), default=0.0)


def _flat(shape: BaseGeometry) -> BaseGeometry:
    """The shape in metres on a plane. One scale for the whole shape, so straight lines stay straight."""
    squeeze = math.cos(math.radians((shape.bounds[1] + shape.bounds[3]) / 2))
    scale = np.array([METRES_PER_DEGREE * squeeze, METRES_PER_DEGREE])
    return shapely.transform(shape, lambda points: points * scale)


def _polygon(rings: Any, datum: Datum) -> Polygon:
    shell, *holes = [_ring(ring, datum) for ring in _listed(rings)]
    return Polygon(shell, holes)


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise Misdrawn("bad_coordinates", "坐标（coordinates）的结构不符合 GeoJSON 规范")
    return value


def _ring(ring: Any, datum: Datum) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        points = np.array([point[:2] for point in _listed(ring)], dtype=np.float64)
    except (TypeError, ValueError, KeyError, IndexError):
        raise Misdrawn("bad_coordinates", "坐标必须是 [经度, 纬度] 数字") from None
    if points.ndim != 2 or points.shape[1] != 2:
        raise Misdrawn("bad_coordinates", "坐标必须是 [经度, 纬度] 数字")
    if not (np.abs(points) <= (180.0, 90.0)).all():  # also refuses NaN
        raise Misdrawn("out_of_range", "经度应在 -180 至 180、纬度应在 -90 至 90 之间（顺序为经度在前）")
    if len(points) < 4:
        raise Misdrawn("ring_too_short", "环至少需要 4 个点（首尾相同）")
    if not np.array_equal(points[0], points[-1]):
        raise Misdrawn("ring_not_closed", "环未闭合：首尾两点必须相同")
    return np.column_stack(to_wgs84(points[:, 0], points[:, 1], datum))


def _invalid(reason: str) -> Misdrawn:
    """GEOS's reason, e.g. ``Self-intersection[120.1 30.2]``, as a refusal."""
    fault, _, place = reason.partition("[")
    near = place.rstrip("]").replace(" ", ", ")
    at = gettext("（%(place)s 附近）") % {"place": near} if place else ""
    if "Self-intersection" in fault:
        return Misdrawn("self_intersection", gettext("边界自相交%(at)s") % {"at": at})
    return Misdrawn(
        "invalid_shape", gettext("边界不是有效的面%(at)s：%(fault)s") % {"at": at, "fault": fault}
    )


def _place(shape: BaseGeometry) -> str:
    point = shape.representative_point()
    return f"{point.x:.6f}, {point.y:.6f} "
