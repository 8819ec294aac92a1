from __future__ import annotations

import numpy as np
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely import Polygon

from linli.kernel.areas.raster import OUTSIDE, Raster, Shapes


def brute_force(shapes: Shapes, lng: float, lat: float) -> int:
    hits = np.flatnonzero(shapely.intersects_xy(shapes, lng, lat))
    return int(hits[0]) if hits.size else OUTSIDE


def assert_exact(shapes: Shapes, points: np.ndarray) -> None:
    raster = Raster(shapes)
    expected = [brute_force(shapes, x, y) for x, y in points]
    assert raster.find_many(points[:, 0], points[:, 1]).tolist() == expected
    assert [raster.find(x, y) for x, y in points] == expected


def telling_points(shapes: Shapes, rng: np.random.Generator) -> np.ndarray:
    """Vertices, middles of edges, a hair beside them, cell corners, and points all over."""
    vertices = shapely.get_coordinates(shapes)
    middles = (vertices[1:] + vertices[:-1]) / 2
    west, south, east, north = shapely.total_bounds(shapes)
    size = np.array([east - west, north - south])
    scattered = rng.uniform((west, south) - size * 0.1, (east, north) + size * 0.1, (300, 2))
    raster = Raster(shapes)
    corners = np.column_stack(
        [
            west + rng.integers(0, raster._columns + 1, 200) / raster._per_lng,
            south + rng.integers(0, raster._rows + 1, 200) / raster._per_lat,
        ]
    )
    beside = vertices + rng.choice([-1e-13, 1e-13, -1e-9, 1e-9], vertices.shape)
    return np.concatenate([vertices, middles, beside, scattered, corners])


def tiling(rng: np.random.Generator, wide: int, high: int, holes: float = 0.0) -> Shapes:
    """Quadrilaterals that share their corners exactly, some left out."""
    corners = np.stack(np.meshgrid(np.arange(wide + 1.0), np.arange(high + 1.0), indexing="ij"), axis=-1)
    corners += rng.uniform(-0.3, 0.3, corners.shape)
    corners = corners * 0.004 + (120.1, 30.2)
    return np.array(
        [
            Polygon([corners[i, j], corners[i + 1, j], corners[i + 1, j + 1], corners[i, j + 1]])
            for i in range(wide)
            for j in range(high)
            if rng.random() >= holes or i == j == 0
        ]
    )


seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.integers(1, 7), st.integers(1, 7), st.sampled_from([0.0, 0.3]))
def test_a_tiling_is_answered_as_by_brute_force(seed: int, wide: int, high: int, holes: float) -> None:
    rng = np.random.default_rng(seed)
    shapes = tiling(rng, wide, high, holes)
    rng.shuffle(shapes)
    assert_exact(shapes, telling_points(shapes, rng))


@given(seeds, st.integers(1, 12))
def test_overlaps_holes_and_islands_are_answered_as_by_brute_force(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    discs = [
        shapely.Point(rng.uniform(-1, 1, 2)).buffer(rng.uniform(0.05, 0.8), quad_segs=int(rng.integers(1, 9)))
        for _ in range(count)
    ]
    rings = [disc.difference(disc.centroid.buffer(0.1)) for disc in discs]
    islands = [ring.union(shapely.Point(2 + i, 0).buffer(0.3)) for i, ring in enumerate(rings)]
    shapes = np.array([rng.choice([d, r, i]) for d, r, i in zip(discs, rings, islands, strict=True)])
    shapes = shapes[~shapely.is_empty(shapes)]
    assume(shapes.size)
    assert_exact(shapes, telling_points(shapes, rng))


@given(seeds)
def test_polygons_with_right_angles_on_the_cells_borders_are_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = np.array([shapely.box(i, j, i + 1, j + 1) for i in range(4) for j in range(4)])
    assert_exact(shapes, telling_points(shapes, rng))


def test_one_long_thin_polygon_among_small_ones_is_exact() -> None:
    rng = np.random.default_rng(0)
    thin = Polygon([(120, 30), (121, 31), (121, 31.0001)])
    shapes = np.array([thin, *tiling(rng, 5, 5)])
    assert_exact(shapes, telling_points(shapes, rng))


def test_more_polygons_than_one_chunk_are_exact() -> None:
    rng = np.random.default_rng(1)
    shapes = tiling(rng, 50, 45)
    assert_exact(shapes, telling_points(shapes, rng)[::7])


def test_without_polygons_everything_is_outside() -> None:
    raster = Raster(np.empty(0, dtype=object))
    assert raster.find(120.0, 30.0) == OUTSIDE
    assert raster.find_many(np.array([120.0]), np.array([30.0])).tolist() == [OUTSIDE]


def test_a_point_that_is_no_number_is_outside() -> None:
    raster = Raster(np.array([shapely.box(0, 0, 1, 1)]))
    assert raster.find(float("nan"), 0.5) == OUTSIDE
    assert raster.find_many(np.array([np.nan, 0.5]), np.array([0.5, 0.5])).tolist() == [OUTSIDE, 0]
