"""The lie of the land of a made-up city: its edge, its water, its centres and its main roads.

Everything is in metres on a plane around the city's middle (x east, y north) and follows from the random
generator alone. The land grows with the square root of ``scale``, so that a grid stays as large as a grid is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import Delaunay, cKDTree
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

Points = npt.NDArray[np.float64]
"""Shape (n, 2): x and y in metres."""

HALF_WIDTH, HALF_HEIGHT = 18_000.0, 13_500.0
"""Half axes at scale 1, before the sea takes its part in the east."""

COAST_X = 12_500.0
OLD_TOWN = np.array([900.0, 2_400.0])
"""On the northern bank."""
NEW_TOWN = np.array([-6_900.0, 3_600.0])
"""West of the tributary."""

AVENUE_ANGLE = float(np.deg2rad(9.0))
"""By how much the old town's blocks are turned against east."""

COUNTRY = 0.17
"""Grids per square kilometre of open country."""
TOWN_SIGMA = 1_000.0
"""Metres within which a country town thins out."""


@dataclass(frozen=True)
class Waves:
    """Smooth noise: a sum of plane waves, cheap for any number of points."""

    vectors: Points
    phases: npt.NDArray[np.float64]

    @classmethod
    def make(cls, rng: np.random.Generator, shortest: float, longest: float, count: int = 14) -> Waves:
        lengths = np.exp(rng.uniform(np.log(shortest), np.log(longest), count))
        angles = rng.uniform(0, 2 * np.pi, count)
        vectors = np.column_stack([np.cos(angles), np.sin(angles)]) * (2 * np.pi / lengths)[:, None]
        return cls(vectors, rng.uniform(0, 2 * np.pi, count))

    def at(self, points: Points) -> npt.NDArray[np.float64]:
        """Values of about unit variance at ``points``."""
        total = np.zeros(len(points))
        for vector, phase in zip(self.vectors, self.phases, strict=True):
            total += np.sin(points @ vector + phase)
        return np.asarray(total * np.sqrt(2 / len(self.phases)))


@dataclass(frozen=True)
class Peak:
    """A centre from which the city gets thinner: ``height`` in grids per square kilometre."""

    centre: Points
    """Shape (2,)."""
    sigma: float
    height: float


@dataclass(frozen=True)
class Terrain:
    """Land and water, before anything is divided."""

    outline: Polygon
    sea: BaseGeometry
    river: LineString
    tributary: LineString
    peaks: tuple[Peak, ...]
    """The old town, and the new town beyond the tributary."""
    towns: Points
    heights: npt.NDArray[np.float64]
    """Density in the middle of each town."""
    roads: list[LineString]
    """Main roads; borders of grids follow them."""
    size: float
    """Linear factor against scale 1."""

    def density(self, points: Points) -> npt.NDArray[np.float64]:
        """Grids per square kilometre, up to a common factor: dense centres, towns, and country between."""
        total = np.full(len(points), COUNTRY)
        for peak in self.peaks:
            squared = ((points - peak.centre) ** 2).sum(axis=1)
            total += peak.height * np.exp(-squared / (2 * peak.sigma**2))
        nearest, town = cKDTree(self.towns).query(points)
        total += self.heights[town] * np.exp(-((nearest / TOWN_SIGMA) ** 2) / 2)
        return np.asarray(total)

    def rurality(self, points: Points) -> npt.NDArray[np.float64]:
        """0 in dense streets, towards 1 in open country."""
        return np.asarray(1 / (1 + (self.density(points) / 0.7) ** 2))

    def sample(self, rng: np.random.Generator, count: int) -> Points:
        """``count`` points over the land, as dense as the city (drawn peak by peak)."""
        low_x, low_y, high_x, high_y = self.outline.bounds
        box = (high_x - low_x) * (high_y - low_y) / 1e6
        centres = np.vstack([[peak.centre for peak in self.peaks], self.towns])
        sigmas = np.concatenate([[peak.sigma for peak in self.peaks], np.full(len(self.towns), TOWN_SIGMA)])
        heights = np.concatenate([[peak.height for peak in self.peaks], self.heights])
        masses = np.append(heights * 2 * np.pi * (sigmas / 1000) ** 2, COUNTRY * box)
        shapely.prepare(self.outline)
        kept: list[Points] = []
        while sum(map(len, kept)) < count:
            source = rng.choice(len(masses), size=2 * count, p=masses / masses.sum())
            points = rng.uniform([low_x, low_y], [high_x, high_y], (len(source), 2))
            at_peak = source < len(centres)
            spread = rng.normal(size=(int(at_peak.sum()), 2)) * sigmas[source[at_peak]][:, None]
            points[at_peak] = centres[source[at_peak]] + spread
            kept.append(points[shapely.contains_xy(self.outline, points)])
        return np.asarray(np.vstack(kept)[:count])


def make_terrain(rng: np.random.Generator, *, scale: float, towns: int) -> Terrain:
    """The terrain of a city with ``towns`` townships at ``scale``."""
    size = float(np.sqrt(scale))
    river = _river(rng, size)
    outline, sea = _land_and_sea(rng, size)
    growth = size**0.75
    peaks = (Peak(OLD_TOWN * size, 1_900 * growth, 7.0), Peak(NEW_TOWN * size, 1_250 * growth, 5.5))
    centres = _spread(rng, outline, towns, peaks[0])
    heights = np.exp(rng.normal(0.75, 0.5, towns))
    roads = _roads(rng, centres, peaks[0], outline)
    return Terrain(outline, sea, river, _tributary(rng, river, size), peaks, centres, heights, roads, size)


def _land_and_sea(rng: np.random.Generator, size: float) -> tuple[Polygon, BaseGeometry]:
    theta = np.linspace(0, 2 * np.pi, 900, endpoint=False)
    radius = np.ones_like(theta)
    for k in range(2, 40):
        radius += 0.36 / k**1.3 * rng.normal() * np.cos(k * theta + rng.uniform(0, 2 * np.pi))
    # further to the east than the coast, so that it is the sea that ends the land there
    ring = np.column_stack([np.cos(theta) * HALF_WIDTH, np.sin(theta) * HALF_HEIGHT])
    ring[:, 0] += 0.25 * HALF_WIDTH * (1 + np.cos(theta))
    west = _west_of_the_coast(rng, size)
    land = Polygon(ring * radius[:, None] * size).buffer(0).intersection(west)
    parts = [p for p in shapely.get_parts(land) if isinstance(p, Polygon)]
    outline = Polygon(max(parts, key=lambda part: part.area).exterior)
    return outline, outline.envelope.buffer(4_000 * size).difference(west)


def _west_of_the_coast(rng: np.random.Generator, size: float) -> Polygon:
    y = np.linspace(-2.2 * HALF_HEIGHT, 2.2 * HALF_HEIGHT, 500)
    along = y / HALF_HEIGHT
    # a wide bay in the south-east, a headland in the north-east, and smaller coves by noise
    x = COAST_X - 2_600 * np.exp(-(((along + 0.45) / 0.35) ** 2)) + 2_600 * np.sin(along * 1.6)
    x += 420 * Waves.make(rng, 2_500, 9_000).at(np.column_stack([np.zeros_like(y), y]))
    west = -3 * HALF_WIDTH
    coast = np.column_stack([x, y])
    return Polygon(np.vstack([[west, y[0]], coast, [west, y[-1]]]) * size).buffer(0)


def _river(rng: np.random.Generator, size: float) -> LineString:
    x = np.linspace(-1.6 * HALF_WIDTH, 1.4 * HALF_WIDTH, 300)
    y = -400 + 1_500 * np.sin(x / 5_200 + 0.9) + 900 * np.sin(x / 2_900 + rng.uniform(0, 6)) - x * 0.06
    return LineString(np.column_stack([x, y]) * size)


def _tributary(rng: np.random.Generator, river: LineString, size: float) -> LineString:
    mouth = np.array(river.interpolate(0.44, normalized=True).coords[0])
    t = np.linspace(0, 1, 120)
    x = mouth[0] - 3_800 * size * t + 900 * size * np.sin(t * 9 + rng.uniform(0, 1)) * t
    y = mouth[1] + 1.5 * HALF_HEIGHT * size * t
    return LineString(np.column_stack([x, y]))


def _spread(rng: np.random.Generator, outline: Polygon, count: int, core: Peak) -> Points:
    """``count`` centres kept apart from each other: closer together near the core."""
    inside = outline.buffer(-1_200)
    shapely.prepare(inside)
    low_x, low_y, high_x, high_y = inside.bounds
    candidates = rng.uniform([low_x, low_y], [high_x, high_y], (60 * count, 2))
    candidates = candidates[shapely.contains_xy(inside, candidates)]
    away = np.hypot(*(candidates - core.centre).T)
    weight = 1 + 1.9 * np.exp(-((away / (2.3 * core.sigma)) ** 2))
    chosen = [int(np.argmin(away))]
    nearest = np.hypot(*(candidates - candidates[chosen[0]]).T)
    while len(chosen) < count:
        best = int(np.argmax(nearest * weight))
        chosen.append(best)
        nearest = np.minimum(nearest, np.hypot(*(candidates - candidates[best]).T))
    return np.asarray(candidates[chosen])


def _roads(rng: np.random.Generator, towns: Points, core: Peak, outline: Polygon) -> list[LineString]:
    """Country roads between neighbouring towns, a ring round the old town and avenues through it."""
    lines = [_bend(rng, towns[a], towns[b]) for a, b in _gabriel(towns)]
    radius = 1.55 * core.sigma
    theta = np.linspace(0, 2 * np.pi, 140)
    wobble = 1.15 + 0.07 * np.sin(2 * theta + 0.6) + 0.05 * np.sin(3 * theta + rng.uniform(0, 6))
    ring = core.centre + radius * wobble[:, None] * np.column_stack([1.15 * np.cos(theta), np.sin(theta)])
    lines.append(LineString(ring))
    for angle, offset in ((0, -0.38), (0, 0.3), (90, -0.45), (90, 0.1), (90, 0.62)):
        direction = AVENUE_ANGLE + np.deg2rad(angle)
        along = np.array([np.cos(direction), np.sin(direction)])
        across = np.array([-along[1], along[0]])
        t = np.linspace(-1, 1, 60)
        bow = offset * radius + 0.05 * radius * np.sin(2.4 * t + offset)
        lines.append(LineString(core.centre + along * (1.7 * radius * t)[:, None] + across * bow[:, None]))
    for x, y in _outermost(towns):
        outward = np.array([x, y]) / max(1.0, float(np.hypot(x, y)))
        lines.append(_bend(rng, np.array([x, y]), np.array([x, y]) + outward * HALF_WIDTH * 2))
    clipped = (shapely.intersection(line, outline) for line in lines)
    return [part for line in clipped for part in shapely.get_parts(line) if isinstance(part, LineString)]


def _bend(rng: np.random.Generator, start: Points, end: Points) -> LineString:
    t = np.linspace(0, 1, 40)[:, None]
    along = end - start
    across = np.array([-along[1], along[0]])
    bow = rng.normal(0, 0.07) * np.sin(np.pi * t) + rng.normal(0, 0.02) * np.sin(3 * np.pi * t)
    return LineString(start + along * t + across * bow)


def _gabriel(points: Points) -> list[tuple[int, int]]:
    """Pairs with no third point inside the circle between them: neighbours that deserve a road."""
    if len(points) < 4:
        return [(a, b) for a in range(len(points)) for b in range(a)]
    simplices = Delaunay(points).simplices
    pairs = np.unique(
        np.sort(np.vstack([simplices[:, [0, 1]], simplices[:, [1, 2]], simplices[:, [0, 2]]])), axis=0
    )
    middle = (points[pairs[:, 0]] + points[pairs[:, 1]]) / 2
    radius = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T) / 2
    nearest, _ = cKDTree(points).query(middle)
    return [(int(a), int(b)) for (a, b), ok in zip(pairs, nearest >= radius * 0.999, strict=True) if ok]


def _outermost(points: Points) -> Points:
    if len(points) < 4:
        return points
    return np.asarray(points[np.unique(Delaunay(points).convex_hull)])
