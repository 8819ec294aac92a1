"""Coordinates as China's maps use them, and distances on the ground.

Stored coordinates are WGS84, which CGCS2000 (the national datum) equals within centimetres. Public map
services show GCJ-02, shifted by 18 to 702 m inside China, or BD-09, shifted once more; both are converted
at the edge. There is no official definition or test vector of the two: the formulas are the ones that
every library shares, whose constants agree within about a centimetre. Inverses are found by fixed-point
steps and give back their input to less than a millimetre.

Longitudes and latitudes are degrees. Every function takes plain numbers or numpy arrays of one shape and
answers in kind.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
N = TypeVar("N", float, Array)
Shift = Callable[[Array, Array], tuple[Array, Array]]

EARTH_RADIUS = 6_371_008.8
"""Mean radius of the Earth in metres (IUGG)."""

_AXIS = 6_378_245.0  # the Krasovsky 1940 ellipsoid, on which GCJ-02 is built
_ECCENTRICITY = 0.006_693_421_622_965_943
_STEPS = 5  # three leave 0.2 mm for GCJ-02; BD-09 converges a little slower


class Datum(enum.StrEnum):
    """The systems that coordinates arrive in."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class Box(NamedTuple):
    """A bounding box in degrees."""

    west: float
    south: float
    east: float
    north: float


def wgs84_to_gcj02(lng: N, lat: N) -> tuple[N, N]:
    """WGS84 (or CGCS2000) to GCJ-02. Points outside China stay."""
    return _inside_china(lng, lat, lambda x, y: _add((x, y), _gcj02_shift(x, y)))


def gcj02_to_wgs84(lng: N, lat: N) -> tuple[N, N]:
    """GCJ-02 to WGS84. Points outside China stay."""
    return _inside_china(lng, lat, lambda x, y: _invert(_gcj02_shift, x, y))


def gcj02_to_bd09(lng: N, lat: N) -> tuple[N, N]:
    """GCJ-02 to BD-09. Points outside China stay."""
    return _inside_china(lng, lat, lambda x, y: _add((x, y), _bd09_shift(x, y)))


def bd09_to_gcj02(lng: N, lat: N) -> tuple[N, N]:
    """BD-09 to GCJ-02. Points outside China stay."""
    return _inside_china(lng, lat, lambda x, y: _invert(_bd09_shift, x, y))


def wgs84_to_bd09(lng: N, lat: N) -> tuple[N, N]:
    """WGS84 (or CGCS2000) to BD-09. Points outside China stay."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lng, lat))


def bd09_to_wgs84(lng: N, lat: N) -> tuple[N, N]:
    """BD-09 to WGS84. Points outside China stay."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lng, lat))


def to_wgs84(lng: N, lat: N, datum: Datum) -> tuple[N, N]:
    """Coordinates given in ``datum`` as they are stored."""
    if datum is Datum.GCJ02:
        return gcj02_to_wgs84(lng, lat)
    if datum is Datum.BD09:
        return bd09_to_wgs84(lng, lat)
    return lng, lat


def from_wgs84(lng: N, lat: N, datum: Datum) -> tuple[N, N]:
    """Stored coordinates as a map in ``datum`` shows them."""
    if datum is Datum.GCJ02:
        return wgs84_to_gcj02(lng, lat)
    if datum is Datum.BD09:
        return wgs84_to_bd09(lng, lat)
    return lng, lat


def metres_between(lng1: N, lat1: N, lng2: N, lat2: N) -> N:
    """Great-circle distance in metres (haversine; within 0.6 % of the ellipsoid's)."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half_lat = np.sin((phi2 - phi1) / 2)
    half_lng = np.sin(np.radians(np.subtract(lng2, lng1)) / 2)
    chord = half_lat**2 + np.cos(phi1) * np.cos(phi2) * half_lng**2
    return _like(lng1, 2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(chord, 1.0))))


def box_around(lng: float, lat: float, metres: float) -> Box:
    """The smallest box of meridians and parallels that holds every point within ``metres``.

    A box that would cross the 180th meridian or hold a pole goes all round.
    """
    angle = metres / EARTH_RADIUS
    reach = math.degrees(angle)
    south, north = lat - reach, lat + reach
    if south <= -90 or north >= 90:
        return Box(-180.0, max(south, -90.0), 180.0, min(north, 90.0))
    across = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(lat)))))
    west, east = lng - across, lng + across
    if west < -180 or east > 180:
        west, east = -180.0, 180.0
    return Box(west, south, east, north)


def _inside_china(lng: N, lat: N, convert: Shift) -> tuple[N, N]:
    """Apply ``convert`` to the points in the rectangle where the shifted systems are in use."""
    x, y = np.asarray(lng, np.float64), np.asarray(lat, np.float64)
    inside = (x >= 72.004) & (x <= 137.8347) & (y >= 0.8293) & (y <= 55.8271)
    converted = convert(x, y)
    return _like(lng, np.where(inside, converted[0], x)), _like(lat, np.where(inside, converted[1], y))


def _like(example: N, values: Any) -> N:
    """``values`` as an array where the caller gave one, else as a plain number."""
    answer: Any = float(values) if np.ndim(example) == 0 else values
    return cast(N, answer)


def _add(point: tuple[Array, Array], shift: tuple[Array, Array]) -> tuple[Array, Array]:
    return point[0] + shift[0], point[1] + shift[1]


def _invert(shift: Shift, lng: Array, lat: Array) -> tuple[Array, Array]:
    """The point that ``shift`` takes to (lng, lat): the shift varies slowly, so stepping back converges."""
    x, y = lng, lat
    for _ in range(_STEPS):
        by_lng, by_lat = shift(x, y)
        x, y = lng - by_lng, lat - by_lat
    return x, y


def _gcj02_shift(lng: Array, lat: Array) -> tuple[Array, Array]:
    """How far GCJ-02 moves a WGS84 point, in degrees."""
    x, y = lng - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = (20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20 * np.sin(np.pi * y) + 40 * np.sin(np.pi / 3 * y)) * 2 / 3
    north += (160 * np.sin(np.pi / 12 * y) + 320 * np.sin(np.pi / 30 * y)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20 * np.sin(np.pi * x) + 40 * np.sin(np.pi / 3 * x)) * 2 / 3
    east += (150 * np.sin(np.pi / 12 * x) + 300 * np.sin(np.pi / 30 * x)) * 2 / 3
    phi = np.radians(lat)
    bend = 1 - _ECCENTRICITY * np.sin(phi) ** 2
    by_lng = east * 180 / (_AXIS / np.sqrt(bend) * np.cos(phi) * np.pi)
    by_lat = north * 180 / (_AXIS * (1 - _ECCENTRICITY) / (bend * np.sqrt(bend)) * np.pi)
    return by_lng, by_lat


def _bd09_shift(lng: Array, lat: Array) -> tuple[Array, Array]:
    """How far BD-09 moves a GCJ-02 point, in degrees."""
    turn = np.pi * 3000 / 180
    radius = np.hypot(lng, lat) + 0.00002 * np.sin(lat * turn)
    angle = np.arctan2(lat, lng) + 0.000003 * np.cos(lng * turn)
    return radius * np.cos(angle) + 0.0065 - lng, radius * np.sin(angle) + 0.006 - lat
