"""Grids that tile the land exactly: every border is made once and used by both neighbours.

The land is cut by river and main roads, each part is filled with cells in proportion to density, all lines
are noded together, given vertices, bent by one smooth displacement, and only then closed to polygons. Equal
coordinates are therefore equal to the last bit, which is what ``shapely.coverage_is_valid`` asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from linli.config.demo.terrain import AVENUE_ANGLE, Points, Terrain, Waves

Geometries = npt.NDArray[Any]
"""An object array of shapely geometries."""

Labels = npt.NDArray[np.int64]

Bend = Callable[[Points], Points]

SAMPLES_PER_GRID = 30
TURN = np.array([[np.cos(AVENUE_ANGLE), -np.sin(AVENUE_ANGLE)], [np.sin(AVENUE_ANGLE), np.cos(AVENUE_ANGLE)]])
"""To axes along the avenues, so that blocks follow them."""
NODE_SIZE = 0.05
"""Lines are noded on a raster of five centimetres, so that near misses meet."""


@dataclass(frozen=True)
class Tiling:
    """Cells of the land with their neighbours."""

    cells: Geometries
    """Polygons in metres."""
    parts: Labels
    """Which piece between river and main roads a cell lies in."""
    centres: Points
    pairs: npt.NDArray[np.int64]
    """Shape (m, 2): neighbours that share a border."""
    borders: npt.NDArray[np.float64]
    """Shape (m,): metres of border shared by each pair."""
    bend: Bend
    """The displacement that the borders went through, for roads and rivers that are to stay on them."""


def tile(rng: np.random.Generator, terrain: Terrain, count: int) -> Tiling:
    """``count`` grids over the land of ``terrain``."""
    parts = _parts(terrain)
    seeds, seed_parts = _seeds(rng, terrain, parts, count)
    lines: list[BaseGeometry] = [shapely.boundary(part) for part in parts]
    for index, part in enumerate(parts):
        mine = seeds[seed_parts == index]
        if len(mine) > 1:
            edges = shapely.voronoi_polygons(shapely.multipoints(mine), extend_to=part, only_edges=True)
            lines.append(shapely.intersection(edges, part))
    faces, middles, bend = _faces(rng, terrain, lines)
    owner = _owners(faces, middles, seeds, seed_parts, parts)
    groups = [faces[owner == index] for index in range(count)]
    cells = np.array([_whole(group) for group in groups], dtype=object)
    pairs, borders = neighbours(cells)
    centres = shapely.get_coordinates(shapely.point_on_surface(cells))
    return Tiling(cells, seed_parts, centres, pairs, borders, bend)


def _whole(faces: Geometries) -> BaseGeometry:
    return faces[0] if len(faces) == 1 else shapely.coverage_union_all(faces)


def _parts(terrain: Terrain) -> list[Polygon]:
    """The pieces of land between river, tributary and main roads, without slivers."""
    lines = [terrain.outline.exterior, terrain.river, terrain.tributary, *terrain.roads]
    noded = shapely.union_all(np.array(lines, dtype=object), grid_size=NODE_SIZE)
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.contains(terrain.outline.buffer(1), pieces)
    return [piece for piece in pieces[inside] if isinstance(piece, Polygon)]


def _seeds(
    rng: np.random.Generator, terrain: Terrain, parts: list[Polygon], count: int
) -> tuple[Points, Labels]:
    """One seed per grid: the middle of an equal share of the density, part by part."""
    points = terrain.sample(rng, SAMPLES_PER_GRID * count)
    tree = shapely.STRtree(parts)
    point_index, part_index = tree.query(shapely.points(points), predicate="within")
    located = np.full(len(points), -1)
    located[point_index] = part_index
    shares = np.bincount(located[located >= 0], minlength=len(parts)) * (count / (located >= 0).sum())
    quota = _whole_numbers(shares, count)
    seeds, owners = [], []
    for index, wanted in enumerate(quota):
        mine = points[located == index]
        for leaf in _halve(rng, mine, int(wanted)):
            middle = leaf.mean(axis=0)
            # the middle of a bent part may lie outside it: then the sample nearest to the middle
            if not shapely.contains_xy(parts[index], middle[0], middle[1]):
                middle = leaf[np.argmin(((leaf - middle) ** 2).sum(axis=1))]
            seeds.append(middle)
            owners.append(index)
    return np.array(seeds), np.array(owners)


def _whole_numbers(shares: npt.NDArray[np.float64], total: int) -> Labels:
    """Whole numbers near ``shares`` that sum up to ``total`` (largest remainders)."""
    whole = np.floor(shares).astype(np.int64)
    missing = total - int(whole.sum())
    whole[np.argsort(whole - shares, kind="stable")[:missing]] += 1
    return whole


def _halve(rng: np.random.Generator, points: Points, leaves: int) -> list[Points]:
    """Split ``points`` into ``leaves`` groups of about equal number, across the longer side each time."""
    if leaves <= 1:
        return [points] if leaves == 1 else []
    axes = points @ TURN
    spans = np.ptp(axes, axis=0)
    side = int(spans[1] > spans[0])
    left = leaves // 2
    share = left / leaves * rng.uniform(0.86, 1.14) if leaves < 24 else left / leaves
    cut = int(np.clip(round(len(points) * share), left, len(points) - (leaves - left)))
    order = np.argpartition(axes[:, side], cut)
    return _halve(rng, points[order[:cut]], left) + _halve(rng, points[order[cut:]], leaves - left)


def _faces(
    rng: np.random.Generator, terrain: Terrain, lines: list[BaseGeometry]
) -> tuple[Geometries, Points, Bend]:
    """All faces between ``lines``, bent; a point inside each as it was before bending; the bend."""
    noded = shapely.get_parts(shapely.union_all(np.array(lines, dtype=object), grid_size=NODE_SIZE))
    chains = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(noded)))
    chains = shapely.segmentize(chains, np.maximum(shapely.length(chains) / 5, 12.0))
    straight = shapely.get_parts(shapely.polygonize(chains))
    middles = shapely.get_coordinates(shapely.point_on_surface(straight))
    points = shapely.get_coordinates(straight)
    for strength, bend in _bends(rng, terrain):
        bent = shapely.set_coordinates(straight.copy(), bend(points))
        if strength == 0 or shapely.is_valid(bent).all():
            break
    return bent, middles, bend


def _bends(rng: np.random.Generator, terrain: Terrain) -> Iterator[tuple[float, Bend]]:
    """Smooth displacements, weaker and weaker: the first that folds no narrow face over is the one to take.

    A few metres in town, far more in open country.
    """
    bands = [
        (Waves.make(rng, 400, 1_000), Waves.make(rng, 400, 1_000), 7.0, 13.0),
        (Waves.make(rng, 1_200, 2_800), Waves.make(rng, 1_200, 2_800), 10.0, 70.0),
    ]

    def bend(points: Points, strength: float) -> Points:
        rural = terrain.rurality(points)
        moved = points.copy()
        for east, north, urban, country in bands:
            amplitude = strength * (urban + (country - urban) * rural)
            moved[:, 0] += amplitude * east.at(points)
            moved[:, 1] += amplitude * north.at(points)
        return moved

    for strength in (1.0, 0.75, 0.5, 0.25, 0.0):
        yield strength, partial(bend, strength=strength)


def _owners(
    faces: Geometries, middles: Points, seeds: Points, seed_parts: Labels, parts: list[Polygon]
) -> Labels:
    """The seed to which each face belongs; faces without one join the neighbour of the longest border."""
    # A face lies in one part and in one Voronoi cell, so the nearest seed of its part owns it ...
    located = np.full(len(faces), -1)
    point_index, part_index = shapely.STRtree(parts).query(shapely.points(middles), predicate="within")
    located[point_index] = part_index
    owner = np.full(len(faces), -1)
    for part in np.unique(located[located >= 0]):
        mine, seeds_here = np.flatnonzero(located == part), np.flatnonzero(seed_parts == part)
        if len(seeds_here):
            tree = shapely.STRtree(np.asarray(shapely.points(seeds[seeds_here]), dtype=object))
            _, nearest = tree.query_nearest(shapely.points(middles[mine]), all_matches=False)
            owner[mine] = seeds_here[nearest]
    # ... unless a bent part leaves a piece apart from its seed: only the largest connected piece stays
    pairs, borders = neighbours(faces)
    return join_strays(owner, shapely.area(faces), pairs, borders)


def join_strays(
    labels: Labels,
    weights: npt.NDArray[np.float64],
    pairs: npt.NDArray[np.int64],
    borders: npt.NDArray[np.float64],
    within: Labels | None = None,
) -> Labels:
    """Make every label connected: lesser pieces (and label -1) join the neighbour of the longest border.

    ``weights`` decide which piece of a label is its body; ``within`` keeps pieces inside their parent if any
    neighbour there takes them.
    """
    labels = labels.copy()
    for _ in range(50):
        stray = (labels < 0) | ~_bodies(labels, weights, pairs)
        if not stray.any():
            return labels
        both = np.vstack([pairs, pairs[:, ::-1]])
        lengths = np.concatenate([borders, borders])
        takes = stray[both[:, 0]] & ~stray[both[:, 1]]
        both, lengths = both[takes], lengths[takes].copy()
        if within is not None:
            lengths += 1e9 * (within[both[:, 0]] == within[both[:, 1]])
        order = np.argsort(lengths, kind="stable")
        labels[both[order, 0]] = labels[both[order, 1]]
    raise ValueError("the land falls apart: some pieces touch no other")


def _bodies(
    labels: Labels, weights: npt.NDArray[np.float64], pairs: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Which items belong to the heaviest connected piece of their label."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    same = pairs[labels[pairs[:, 0]] == labels[pairs[:, 1]]]
    graph = coo_array((np.ones(len(same)), (same[:, 0], same[:, 1])), shape=(len(labels), len(labels)))
    _, piece = connected_components(graph, directed=False)
    mass = np.bincount(piece, weights=weights)
    label_of_piece = np.zeros(len(mass), dtype=np.int64)
    label_of_piece[piece] = labels
    order = np.lexsort((mass, label_of_piece))
    last = np.append(label_of_piece[order][1:] != label_of_piece[order][:-1], True)
    is_body = np.zeros(len(mass), dtype=bool)
    is_body[order[last]] = True
    return np.asarray(is_body[piece])


def neighbours(cells: Geometries) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Pairs of cells that share a border, and its length. Borders must be equal vertex by vertex."""
    rings, owner_of_ring = shapely.get_rings(cells, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    joined = ring[:-1] == ring[1:]
    start, end = points[:-1][joined], points[1:][joined]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    start[swap], end[swap] = end[swap], start[swap]
    segments = np.column_stack([start, end])
    owner = owner_of_ring[ring[:-1][joined]]
    order = np.lexsort(segments.T[::-1])
    segments, owner = segments[order], owner[order]
    twin = (segments[1:] == segments[:-1]).all(axis=1)
    pairs = np.sort(np.column_stack([owner[:-1][twin], owner[1:][twin]]), axis=1)
    lengths = np.hypot(*(segments[1:][twin][:, :2] - segments[1:][twin][:, 2:]).T)
    unique, index = np.unique(pairs, axis=0, return_inverse=True)
    return unique.astype(np.int64), np.bincount(index.ravel(), weights=lengths).astype(np.float64)
