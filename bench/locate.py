"""Point to grid: how many points a second, scalar and vectorised, over 20,000 generated grids.

Measured is the index itself, without the name look-up (a list access once a grid has been named) and
without the tree's number (one small query a second).
"""

from __future__ import annotations

import math
import resource
import time

import numpy as np
import shapely

from linli.kernel.areas.locate import GridIndex
from linli.kernel.areas.raster import Shapes

GRIDS = 20_000
BENDS = 8
"""Points to a side: four sides give grids of 32 vertices."""
SCALAR_POINTS = 100_000
MANY_POINTS = 1_000_000


def run(grids: int = GRIDS) -> dict[str, float]:
    """Print the table; return the figures (points a second, seconds, megabytes)."""
    shapes = winding_grids(grids)
    codes = [f"{990_101_001_001_001 + i}" for i in range(grids)]
    before = _peak_megabytes()
    start = time.perf_counter()
    index = GridIndex(codes, shapes)
    build = time.perf_counter() - start
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    points = np.random.default_rng(7).uniform((west, south), (east, north), (MANY_POINTS, 2))
    figures = {
        "grids": float(grids),
        "vertices_per_grid": float(shapely.get_num_coordinates(shapes).mean() - 1),
        "scalar_per_second": _scalar(index, points[:SCALAR_POINTS]),
        "vectorised_per_second": _vectorised(index, points),
        "build_seconds": build,
        "raster_megabytes": index.raster.nbytes / 1e6,
        "peak_growth_megabytes": _peak_megabytes() - before,
    }
    print("point → grid")
    for name, value in figures.items():
        print(f"  {name.replace('_', ' '):<24}{value:>16,.1f}")
    return figures


def winding_grids(count: int, seed: int = 1) -> Shapes:
    """``count`` polygons that tile a part of a made-up city, with winding borders shared exactly."""
    rng = np.random.default_rng(seed)
    wide = math.ceil(math.sqrt(count))
    corners = np.stack(np.meshgrid(np.arange(wide + 1.0), np.arange(wide + 1.0), indexing="ij"), axis=-1)
    corners += rng.uniform(-0.2, 0.2, corners.shape)
    across = _winding(corners[:-1], corners[1:], rng)
    up = _winding(corners[:, :-1], corners[:, 1:], rng)
    rings = [
        np.concatenate([across[i, j, :-1], up[i + 1, j, :-1], across[i, j + 1, :0:-1], up[i, j, ::-1]])
        for i in range(wide)
        for j in range(wide)
    ]
    return np.asarray(shapely.polygons(np.array(rings[:count]) * 0.003 + (120.0, 30.0)))


def _winding(
    start: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    stop: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    rng: np.random.Generator,
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    along = np.linspace(0, 1, BENDS + 1)[:, None]
    line = start[..., None, :] * (1 - along) + stop[..., None, :] * along
    line[..., 1:-1, :] += rng.uniform(-0.03, 0.03, line[..., 1:-1, :].shape)
    return line


def _scalar(index: GridIndex, points: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    find, codes = index.raster.find, index.codes
    plain = points.tolist()
    start = time.perf_counter()
    for lng, lat in plain:
        codes[find(lng, lat)]
    return len(plain) / (time.perf_counter() - start)


def _vectorised(index: GridIndex, points: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    lngs, lats = points[:, 0].copy(), points[:, 1].copy()
    start = time.perf_counter()
    index.codes[index.raster.find_many(lngs, lats)]
    return len(points) / (time.perf_counter() - start)


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
