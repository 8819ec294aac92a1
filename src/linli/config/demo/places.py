"""Named places of the demo city: where things happen, and how people call them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from linli.config.demo.geometry import CityMap
from linli.config.demo.names import Namer
from linli.config.demo.terrain import Points

NEAR_ROAD_DEGREES = 0.004
"""Within some four hundred metres a place is said to be on the main road."""

WATER_NAMES = ("澜江", "青溪河")


@dataclass(frozen=True)
class Place:
    """A point with a name in one grid. ``road`` is the street by which people find it."""

    kind: str
    name: str
    road: str
    grid: int
    """Index into ``CityMap.grids``."""
    lng: float
    lat: float
    heat: float
    """How often something is reported here against an ordinary place."""


def make_places(city: CityMap, namer: Namer, *, seed: int) -> list[Place]:
    """The places of every grid, at least three each, in the order of the grids."""
    rng = np.random.default_rng([seed, 2])
    wanted = [_kinds(rng, grid.urban, grid.purpose) for grid in city.grids]
    index = np.repeat(np.arange(len(wanted)), [len(kinds) for kinds in wanted])
    kinds = [kind for grid in wanted for kind in grid]
    points = points_within(rng, city.polygons, index)
    on_road = _roads(city, namer, points)
    streets = _streets(city, namer)
    on_water = _near_water(city, points)
    places: list[Place] = []
    for number, (kind, grid, (lng, lat)) in enumerate(zip(kinds, index, points, strict=True)):
        area = city.grids[int(grid)]
        mine = streets[area.code[:12]]
        side = mine[int(rng.integers(len(mine)))]
        road = on_road[number] or side
        if kind == "road" and on_water[number]:
            kind, name = "river", WATER_NAMES[on_water[number] - 1]
        else:
            name = _name(namer, kind, city.named(area.code[:12]).name, road, area.urban)
        if kind == "road":  # a street is found by the one it crosses
            road = mine[mine.index(side) - 1]
        heat = float(rng.lognormal(0.0, 0.85)) * (6.0 if rng.random() < 0.012 else 1.0)
        places.append(Place(kind, name, road, int(grid), float(lng), float(lat), heat))
    return places


def points_within(
    rng: np.random.Generator, polygons: npt.NDArray[np.object_], index: npt.NDArray[np.int64]
) -> Points:
    """One even random point in ``polygons[i]`` for every ``i`` of ``index``; shape (n, 2), seven decimals."""
    shapely.prepare(polygons)
    bounds = shapely.bounds(polygons)[index]
    points = np.empty((len(index), 2))
    left = np.arange(len(index))
    while len(left):
        tried = np.round(rng.uniform(bounds[left, :2], bounds[left, 2:]), 7)
        inside = shapely.contains_xy(polygons[index[left]], tried[:, 0], tried[:, 1])
        points[left[inside]] = tried[inside]
        left = left[~inside]
    return points


def _kinds(rng: np.random.Generator, urban: float, purpose: str) -> list[str]:
    """The kinds of the places of one grid."""
    if purpose:
        return [purpose, "road", "shop", *(["works"] * 3 if purpose == "works" else ["market"])]
    home = "compound" if urban >= 0.3 else "hamlet"
    kinds = [home] * int(rng.integers(2, 6)) + ["road"] * int(rng.integers(2, 4))
    kinds += ["shop"] * int(rng.poisson(0.6 + 2.2 * urban))
    for kind, chance in (
        ("market", 0.05 + 0.10 * urban),
        ("mall", 0.08 * urban),
        ("school", 0.08 + 0.10 * urban),
        ("hospital", 0.03 + 0.04 * urban),
        ("park", 0.06 + 0.22 * urban),
        ("works", 0.22 * (1 - urban) + 0.05),
        ("site", 0.16),
        ("station", 0.10 + 0.22 * urban),
    ):
        if rng.random() < chance:
            kinds.append(kind)
    return kinds


def _name(namer: Namer, kind: str, community: str, road: str, urban: float) -> str:
    stem = community.removesuffix("（示意）").removesuffix("社区").removesuffix("村")
    if kind == "road":
        return road
    if kind in ("compound", "hamlet"):
        return namer.compound(urban if kind == "compound" else 0.0)
    if kind == "works":
        return namer.works()
    if kind == "shop":
        return namer.shop()
    return namer.named(kind, road if kind == "station" else stem)


def _streets(city: CityMap, namer: Namer) -> dict[str, list[str]]:
    return {community.code: [namer.road() for _ in range(5)] for community in city.areas[12]}


def _roads(city: CityMap, namer: Namer, points: Points) -> list[str]:
    """The main road that each point lies on, or nothing."""
    roads = [shape for kind, shape in city.ground if kind == "road"]
    names = [namer.avenue(number) for number in range(len(roads))]
    found, distance = _nearest(roads, points)
    return [names[f] if d < NEAR_ROAD_DEGREES else "" for f, d in zip(found, distance, strict=True)]


def _near_water(city: CityMap, points: Points) -> list[int]:
    """1 or 2 for points near the river or its tributary, 0 for the others."""
    rivers = [shape for kind, shape in city.ground if kind == "river"]
    found, distance = _nearest(rivers, points)
    return [f + 1 if d < NEAR_ROAD_DEGREES else 0 for f, d in zip(found, distance, strict=True)]


def _nearest(shapes: Iterable[shapely.Geometry], points: Points) -> tuple[list[int], npt.NDArray[np.float64]]:
    tree = shapely.STRtree(list(shapes))
    (_, found), distance = tree.query_nearest(shapely.points(points), return_distance=True, all_matches=False)
    return [int(one) for one in found], distance
