"""The demo city on the map: areas of all levels with codes, names and polygons that tile exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from linli.config.demo.divisions import Division
from linli.config.demo.terrain import Points, Terrain, Waves, make_terrain
from linli.config.demo.tiling import Bend, Geometries, Labels, Tiling, join_strays, tile

CENTRE = (116.62, 30.05)
"""Longitude and latitude of the city's middle. The city is invented; only the latitude's scale is real."""

METRES_PER_DEGREE = 111_320.0
RIVER_HALF_WIDTH = 190.0
GRIDS_PER_COMMUNITY = 20 / 3
DEDICATED_SHARE = 0.05
DEDICATED = ("works", "school", "market", "hospital")
DEDICATED_NAMES = {"works": "产业园区", "school": "校园", "market": "商圈", "hospital": "医院"}


@dataclass(frozen=True)
class PlannedArea:
    """One area as it is going to be loaded."""

    code: str
    name: str
    polygon: BaseGeometry
    """Longitude and latitude, seven decimals."""
    kind: str = ""
    """Grids: ``comprehensive`` or ``dedicated``."""
    purpose: str = ""
    """Dedicated grids: ``works``, ``school``, ``market`` or ``hospital``."""
    urban: float = 0.0
    """Grids: 1 in dense streets, towards 0 in open country."""


@dataclass(frozen=True)
class CityMap:
    """A whole city, made from a seed and a tree of divisions."""

    name: str
    code: str
    seed: int
    is_synthetic: bool
    """Whether real names stand on made-up borders (``--city FILE``)."""
    terrain: Terrain
    ground: list[tuple[str, BaseGeometry]]
    """Sea, rivers and main roads (``sea``, ``river``, ``road``) in longitude and latitude."""
    areas: dict[int, list[PlannedArea]]
    """By width of the code: 4, 6, 9, 12 and 15 digits."""

    @property
    def grids(self) -> list[PlannedArea]:
        return self.areas[15]

    @cached_property
    def polygons(self) -> Geometries:
        """The grids' polygons in the order of ``grids``."""
        return np.array([grid.polygon for grid in self.grids], dtype=object)

    def named(self, code: str) -> PlannedArea:
        """The area of ``code`` (``KeyError`` if there is none)."""
        return self._by_code[code]

    @cached_property
    def _by_code(self) -> dict[str, PlannedArea]:
        return {area.code: area for level in self.areas.values() for area in level}


def make_city(
    divisions: Division, *, seed: int, grids: int | None = None, is_synthetic: bool = False
) -> CityMap:
    """Lay ``divisions`` on a made-up land and divide its communities into ``grids``.

    The same seed and tree give the same city to the last digit. ``grids`` defaults to 6⅔ per community.
    """
    rng = np.random.default_rng([seed, 1])
    leaves = divisions.leaves
    wanted = max(leaves, grids or round(GRIDS_PER_COMMUNITY * leaves))
    townships = sum(1 for _ in divisions.at(9))
    terrain = make_terrain(rng, scale=wanted / 400, towns=max(3, townships))
    tiling = tile(rng, terrain, wanted)
    community_of = _share_out(rng, terrain, tiling, divisions)
    communities = list(divisions.at(12))
    polygons = shapely.transform(tiling.cells, to_degrees)
    urban = 1 - terrain.rurality(tiling.centres)
    purposes = _purposes(rng, community_of, urban)
    grid_areas, order = _grids(tiling.centres, communities, community_of, polygons, urban, purposes)
    areas = {15: grid_areas}
    codes = [communities[community].code for community in community_of[order]]
    for width in (12, 9, 6, 4):
        areas[width] = _united(divisions, width, [code[:width] for code in codes], polygons[order])
    ground = _ground(terrain, tiling.bend)
    return CityMap(divisions.name, divisions.code, seed, is_synthetic, terrain, ground, areas)


def to_degrees(points: Points) -> Points:
    """Metres around the city's middle to longitude and latitude with seven decimals (about a centimetre)."""
    return np.column_stack(
        [
            np.round(CENTRE[0] + points[:, 0] / (METRES_PER_DEGREE * np.cos(np.deg2rad(CENTRE[1]))), 7),
            np.round(CENTRE[1] + points[:, 1] / METRES_PER_DEGREE, 7),
        ]
    )


def to_metres(points: Points) -> Points:
    """The inverse of ``to_degrees``."""
    return np.column_stack(
        [
            (points[:, 0] - CENTRE[0]) * METRES_PER_DEGREE * np.cos(np.deg2rad(CENTRE[1])),
            (points[:, 1] - CENTRE[1]) * METRES_PER_DEGREE,
        ]
    )


def features(city: CityMap, width: int) -> dict[str, Any]:
    """The areas whose codes have ``width`` digits as a GeoJSON FeatureCollection."""
    return {
        "type": "FeatureCollection",
        "name": f"{city.name} {width}",
        "synthetic": True,
        "features": [
            {
                "type": "Feature",
                "properties": _properties(area),
                "geometry": shapely.geometry.mapping(area.polygon),
            }
            for area in city.areas[width]
        ],
    }


def _properties(area: PlannedArea) -> dict[str, Any]:
    properties: dict[str, Any] = {"code": area.code, "name": area.name}
    if area.kind:
        properties["kind"] = area.kind
    return properties


def backdrop(city: CityMap) -> dict[str, Any]:
    """Water and main roads of the land as GeoJSON, for a map that has no other ground to stand on."""
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"kind": kind}, "geometry": shapely.geometry.mapping(shape)}
            for kind, shape in city.ground
        ],
    }


def _ground(terrain: Terrain, bend: Bend) -> list[tuple[str, BaseGeometry]]:
    """``sea``, ``river`` and ``road`` in degrees, bent as the borders along them are."""
    half = RIVER_HALF_WIDTH * terrain.size**0.3
    shapes = [
        ("sea", terrain.sea),
        ("river", _bent(terrain.river, bend).buffer(half)),
        ("river", _bent(terrain.tributary, bend).buffer(half / 3)),
        *(("road", _bent(road, bend)) for road in terrain.roads),
    ]
    land = _bent(terrain.outline, bend)
    return [
        (kind, shapely.transform(shape if kind == "sea" else shape.intersection(land), to_degrees))
        for kind, shape in shapes
    ]


def _bent(shape: BaseGeometry, bend: Bend) -> BaseGeometry:
    """``shape`` moved by ``bend``, with vertices enough to follow it."""
    return shapely.transform(shapely.segmentize(shape, 150.0), bend)


def _share_out(rng: np.random.Generator, terrain: Terrain, tiling: Tiling, divisions: Division) -> Labels:
    """The number of the community (in tree order) to which each cell goes, level by level."""
    density = terrain.density(tiling.centres)
    districts = divisions.children
    district_of = _by_bank(rng, terrain, tiling, districts, density)
    district_of = _mend(tiling, district_of, np.zeros_like(district_of))
    numbers = district_of
    layer = districts
    for pull in (0.25, 0.45):
        numbers, layer = _one_level(rng, tiling, numbers, layer, density, pull)
    return numbers


def _one_level(
    rng: np.random.Generator,
    tiling: Tiling,
    parent_of: Labels,
    parents: list[Division],
    density: npt.NDArray[np.float64],
    pull: float,
) -> tuple[Labels, list[Division]]:
    points = _pulled(tiling, pull)
    numbers = np.zeros_like(parent_of)
    layer: list[Division] = []
    for index, parent in enumerate(parents):
        cells = np.flatnonzero(parent_of == index)
        shares = [child.leaves for child in parent.children]
        numbers[cells] = len(layer) + _divide(rng, points[cells], density[cells], shares)
        layer.extend(parent.children)
    return _mend(tiling, numbers, parent_of), layer


def _mend(tiling: Tiling, numbers: Labels, parent_of: Labels) -> Labels:
    mass = np.ones(len(numbers))
    return join_strays(numbers, mass, tiling.pairs, tiling.borders, parent_of)


def _pulled(tiling: Tiling, pull: float) -> Points:
    """Cells moved towards the middle of their piece of land, so that divisions follow main roads."""
    sums = np.zeros((tiling.parts.max() + 1, 2))
    np.add.at(sums, tiling.parts, tiling.centres)
    middles = sums / np.maximum(np.bincount(tiling.parts), 1)[:, None]
    return np.asarray((1 - pull) * tiling.centres + pull * middles[tiling.parts])


def _by_bank(
    rng: np.random.Generator,
    terrain: Terrain,
    tiling: Tiling,
    districts: list[Division],
    density: npt.NDArray[np.float64],
) -> Labels:
    """Districts: the rivers are borders between them where the districts' sizes allow it."""
    shares = [district.leaves for district in districts]
    points = _pulled(tiling, 0.2)
    bank = _banks(terrain, tiling.centres)
    cuts = _cuts(shares, [int((bank == index).sum()) for index in range(3)])
    if cuts is None:
        return _divide(rng, points, density, shares)
    labels = np.zeros(len(points), dtype=np.int64)
    for index, (first, last) in enumerate(pairwise((0, *cuts, len(shares)))):
        cells = np.flatnonzero(bank == index)
        labels[cells] = first + _divide(rng, points[cells], density[cells], shares[first:last])
    return labels


def _banks(terrain: Terrain, points: Points) -> Labels:
    """0 north of the river, 1 north of it and west of the tributary, 2 south of the river."""
    river_x, river_y = np.array(terrain.river.coords).T
    side_x, side_y = np.array(terrain.tributary.coords).T
    south = points[:, 1] < np.interp(points[:, 0], river_x, river_y)
    west = points[:, 0] < np.interp(points[:, 1], side_y, side_x)
    return np.where(south, 2, np.where(west, 1, 0))


def _cuts(shares: list[int], room: list[int]) -> tuple[int, int] | None:
    """Where to cut the row of districts so that the three banks get them in proportion to their cells.

    None when there are fewer than three districts, or a bank has too few cells for any cut.
    """
    best: tuple[float, tuple[int, int]] | None = None
    for a, b in combinations(range(1, len(shares)), 2):
        loads = (sum(shares[:a]), sum(shares[a:b]), sum(shares[b:]))
        if all(cells >= load for cells, load in zip(room, loads, strict=True)):
            worst = max(load / cells for cells, load in zip(room, loads, strict=True))
            best = min(best or (worst, (a, b)), (worst, (a, b)))
    return best[1] if best else None


def _divide(
    rng: np.random.Generator, points: Points, density: npt.NDArray[np.float64], shares: list[int]
) -> Labels:
    """Divide points among ``shares`` by halving again and again; the denser half goes to the earlier shares.

    A share of n communities gets at least n points.
    """
    labels = np.zeros(len(points), dtype=np.int64)
    if len(shares) == 1:
        return labels
    total = sum(shares)
    middle = min(range(1, len(shares)), key=lambda m: abs(sum(shares[:m]) - total / 2))
    before = sum(shares[:middle])
    count = round(len(points) * before / total * rng.uniform(0.93, 1.07))
    count = int(np.clip(count, before, len(points) - (total - before)))
    order = _sweep(rng, points)
    if density[order[:count]].mean() < density[order[-count:]].mean():
        order = order[::-1]
    first, second = order[:count], order[count:]
    labels[first] = _divide(rng, points[first], density[first], shares[:middle])
    labels[second] = middle + _divide(rng, points[second], density[second], shares[middle:])
    return labels


def _sweep(rng: np.random.Generator, points: Points) -> Labels:
    """The points in order along their longer axis, the line of sweep turned and curved a little."""
    centred = points - points.mean(axis=0)
    spread = centred.T @ centred
    _, axes = np.linalg.eigh(spread)
    angle = rng.normal(0, 0.25)
    along = axes[:, 1] * np.cos(angle) + axes[:, 0] * np.sin(angle)
    width = float(np.sqrt(np.trace(spread) / len(points))) + 1.0
    curve = Waves.make(rng, 2.2 * width, 5 * width, 4).at(points)
    return np.argsort(centred @ along + 0.12 * width * curve, kind="stable")


def _purposes(rng: np.random.Generator, community_of: Labels, urban: npt.NDArray[np.float64]) -> list[str]:
    """Dedicated grids: one in twenty, never two in one community, works where the city thins out."""
    purposes = [""] * len(urban)
    sizes = np.bincount(community_of)
    free = sizes > 2
    wanted = round(DEDICATED_SHARE * len(urban) / len(DEDICATED))
    for purpose in DEDICATED:
        target = 0.55 if purpose == "works" else 0.95
        misfit = np.abs(urban - target) + rng.uniform(0, 0.35, len(urban))
        chosen = 0
        for cell in np.argsort(misfit, kind="stable"):
            if chosen == wanted:
                break
            if free[community_of[cell]]:
                free[community_of[cell]] = False
                purposes[int(cell)] = purpose
                chosen += 1
    return purposes


def _grids(
    centres: Points,
    communities: list[Division],
    community_of: Labels,
    polygons: Geometries,
    urban: npt.NDArray[np.float64],
    purposes: list[str],
) -> tuple[list[PlannedArea], Labels]:
    """Grids with codes, numbered in each community by rows from north to south, west to east in a row."""
    areas: list[PlannedArea] = []
    order: list[int] = []
    for index, community in enumerate(communities):
        cells = np.flatnonzero(community_of == index)
        cells = cells[_reading_order(centres[cells])]
        order.extend(int(cell) for cell in cells)
        for number, cell in enumerate(cells, 1):
            purpose = purposes[int(cell)]
            title = f"{DEDICATED_NAMES[purpose]}专属网格" if purpose else f"第{number}网格"
            areas.append(
                PlannedArea(
                    code=f"{community.code}{number:03d}",
                    name=f"{community.name}{title}",
                    polygon=polygons[int(cell)],
                    kind="dedicated" if purpose else "comprehensive",
                    purpose=purpose,
                    urban=float(urban[int(cell)]),
                )
            )
    return areas, np.array(order)


def _reading_order(points: Points) -> Labels:
    rows = max(1, round(len(points) ** 0.5))
    row = (np.argsort(np.argsort(-points[:, 1], kind="stable"), kind="stable") * rows) // len(points)
    return np.lexsort((points[:, 0], row))


def _united(divisions: Division, width: int, codes: list[str], polygons: Geometries) -> list[PlannedArea]:
    """The areas of one level as unions of their grids, vertex by vertex the same borders."""
    names = {division.code: division.name for division in divisions.at(width)}
    groups: dict[str, list[int]] = {code: [] for code in names}
    for index, code in enumerate(codes):
        groups[code].append(index)
    return [
        PlannedArea(code, names[code], shapely.coverage_union_all(polygons[indexes]))
        for code, indexes in groups.items()
    ]
