"""Which polygon holds a point: answered from a raster, exact to the last bit.

The bounding box of all polygons is cut into cells. A cell that no edge touches lies wholly inside one
polygon or wholly outside all: one array look-up answers. Only a cell that an edge touches keeps a short
list of candidates, which are tested with GEOS in order. The answer is always that of testing every
polygon in turn and taking the first that holds the point, its boundary included.

Cells are marked a hair wider than they are, so that rounding in the look-up can never hit an unmarked
cell by mistake; marking one too many costs an exact test, not a wrong answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

CELLS_PER_SHAPE = 100
"""Ten by ten: between one cell in five and one in four is then on a boundary. Four times as many cells
make look-ups a third faster, take three times the memory and twice the time to build."""
MOST_CELLS = 8_000_000
"""32 MB; beyond 80,000 polygons the cells grow instead."""

OUTSIDE = -1
_HAIR = 1e-6  # of a cell: far above rounding (1e-10), far below anything that matters
_LONGEST = 4.0  # longer edges are cut, in cells, so that their bounding boxes stay small
_CHUNK = 250  # polygons prepared at a time, which bounds the memory of building


class Edges(NamedTuple):
    """Line segments in units of cells, each with the index of its polygon."""

    u0: Floats
    v0: Floats
    u1: Floats
    v1: Floats
    owner: Ints


class Raster:
    """Look-up of points in ``shapes``, an array of polygons in order of precedence (the first wins)."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._frame(shapes)
        marks = np.zeros(self._columns * self._rows, dtype=np.bool_)
        pairs = [self._touched(edges, marks) for edges in self._chunks()]
        self._cells = np.full(marks.size, OUTSIDE, dtype=np.int32)
        # the last polygons first, so that the first overwrite them
        pairs += [self._fill(edges, marks) for edges in self._chunks(last_first=True)]
        self._index(np.concatenate(pairs) if pairs else np.empty(0, np.int64))

    def find(self, lng: float, lat: float) -> int:
        """Index of the first polygon that holds the point, or ``OUTSIDE``."""
        if not (self._west <= lng <= self._east and self._south <= lat <= self._north):
            return OUTSIDE
        column = min(int((lng - self._west) * self._per_lng), self._columns - 1)
        row = min(int((lat - self._south) * self._per_lat), self._rows - 1)
        answer: int = self._cells.item(row * self._columns + column)
        if answer >= OUTSIDE:
            return answer
        start: int = self._starts.item(-2 - answer)
        candidates = self._candidates[start : self._starts.item(-1 - answer)]
        # an array, for a single geometry would be prepared, which takes memory and gains nothing
        hits = shapely.intersects_xy(self._shapes[candidates], lng, lat)
        first = int(hits.argmax())
        return int(candidates.item(first)) if hits.item(first) else OUTSIDE

    def find_many(self, lngs: Floats, lats: Floats) -> Ints:
        """``find`` for arrays of points of one length."""
        found = np.full(lngs.shape, OUTSIDE, dtype=np.int64)
        inside = np.flatnonzero(
            (lngs >= self._west) & (lngs <= self._east) & (lats >= self._south) & (lats <= self._north)
        )
        x, y = lngs[inside], lats[inside]
        columns = np.minimum(((x - self._west) * self._per_lng).astype(np.int64), self._columns - 1)
        rows = np.minimum(((y - self._south) * self._per_lat).astype(np.int64), self._rows - 1)
        answers = self._cells[rows * self._columns + columns].astype(np.int64)
        found[inside] = np.maximum(answers, OUTSIDE)
        open_ = np.flatnonzero(answers < OUTSIDE)
        at, end = self._starts[-2 - answers[open_]], self._starts[-1 - answers[open_]]
        while open_.size:
            candidates = self._candidates[at]
            hit = shapely.intersects_xy(self._shapes[candidates], x[open_], y[open_])
            found[inside[open_[hit]]] = candidates[hit]
            more = ~hit & (at + 1 < end)
            open_, at, end = open_[more], at[more] + 1, end[more]
        return found

    @property
    def nbytes(self) -> int:
        """Bytes held by the raster and its candidate lists (without the polygons)."""
        return self._cells.nbytes + self._candidates.nbytes + self._starts.nbytes

    def _frame(self, shapes: Shapes) -> None:
        """Choose the cells: about square on the ground, ``CELLS_PER_SHAPE`` to a polygon."""
        # without polygons there are no bounds: NaN, between which no point lies
        bounds = shapely.total_bounds(shapes) if shapes.size else np.full(4, np.nan)
        self._west, self._south, self._east, self._north = bounds.tolist()
        self._columns = self._rows = 1
        self._per_lng = self._per_lat = 1.0
        if shapes.size:
            cells = min(MOST_CELLS, CELLS_PER_SHAPE * shapes.size)
            height = self._north - self._south
            width = self._east - self._west
            squeeze = max(0.01, math.cos(math.radians((self._north + self._south) / 2)))
            self._rows = min(cells, max(1, round(math.sqrt(cells * height / (width * squeeze)))))
            self._columns = max(1, cells // self._rows)
            self._per_lng, self._per_lat = self._columns / width, self._rows / height

    def _chunks(self, *, last_first: bool = False) -> Iterator[Edges]:
        starts = range(0, self._shapes.size, _CHUNK)
        for start in reversed(starts) if last_first else starts:
            yield self._edges(start, self._shapes[start : start + _CHUNK])

    def _edges(self, first: int, shapes: Shapes) -> Edges:
        parts, owner_of_part = shapely.get_parts(shapes, return_index=True)
        rings, part_of_ring = shapely.get_rings(parts, return_index=True)
        points, ring_of_point = shapely.get_coordinates(rings, return_index=True)
        u = (points[:, 0] - self._west) * self._per_lng
        v = (points[:, 1] - self._south) * self._per_lat
        joined = np.flatnonzero(ring_of_point[1:] == ring_of_point[:-1])
        owner = owner_of_part[part_of_ring[ring_of_point[joined]]].astype(np.int64) + first
        return Edges(u[joined], v[joined], u[joined + 1], v[joined + 1], owner)

    def _touched(self, edges: Edges, marks: NDArray[np.bool_]) -> Ints:
        """Mark the cells that an edge touches; return the pairs (cell, polygon)."""
        u0, v0, u1, v1, owner = _cut(edges)
        left, right = self._span(np.minimum(u0, u1), np.maximum(u0, u1), self._columns)
        low, high = self._span(np.minimum(v0, v1), np.maximum(v0, v1), self._rows)
        wide = right - left + 1
        edge, step = _expand(wide * (high - low + 1))
        column = left[edge] + step % wide[edge]
        row = low[edge] + step // wide[edge]
        # separating axis: the cell's centre is no further from the line than the cell's half-width
        du, dv = (u1 - u0)[edge], (v1 - v0)[edge]
        offset = du * (row + 0.5 - v0[edge]) - dv * (column + 0.5 - u0[edge])
        near = np.abs(offset) <= (0.5 + _HAIR) * (np.abs(du) + np.abs(dv))
        cells = row[near] * self._columns + column[near]
        marks[cells] = True
        return np.unique(self._pair(cells, owner[edge[near]]))

    def _fill(self, edges: Edges, marks: NDArray[np.bool_]) -> Ints:
        """Give unmarked cells inside a polygon to it; return (cell, polygon) for marked ones.

        Scan lines through the cells' centres, by the even-odd rule. Rounding could only matter close to
        an edge, and there the cells are marked.
        """
        low = np.ceil(np.minimum(edges.v0, edges.v1) - 0.5).astype(np.int64)
        high = np.ceil(np.maximum(edges.v0, edges.v1) - 0.5).astype(np.int64)
        edge, step = _expand(high - low)
        row = low[edge] + step
        slope = (edges.u1 - edges.u0)[edge] / (edges.v1 - edges.v0)[edge]
        crossing = edges.u0[edge] + (row + 0.5 - edges.v0[edge]) * slope
        owner = edges.owner[edge]
        order = np.lexsort((crossing, row, owner))
        row, owner, crossing = row[order][::2], owner[order][::2], np.ceil(crossing[order] - 0.5)
        start = np.maximum(crossing[::2].astype(np.int64), 0)
        stop = np.minimum(crossing[1::2].astype(np.int64), self._columns)
        span, step = _expand(np.maximum(stop - start, 0))
        cells = row[span] * self._columns + start[span] + step
        owners = owner[span]
        marked = marks[cells]
        # of several values for one cell the last is kept: reversed, the first polygon's
        self._cells[cells[~marked][::-1]] = owners[~marked][::-1]
        return self._pair(cells[marked], owners[marked])

    def _index(self, pairs: Ints) -> None:
        """Sort the pairs into one list of candidates per marked cell, in order of precedence."""
        cells, owners = np.divmod(np.unique(pairs), max(1, self._shapes.size))
        marked, first = np.unique(cells, return_index=True)
        self._candidates = owners.astype(np.int32)
        self._starts = np.append(first, cells.size).astype(np.int32)
        self._cells[marked] = -2 - np.arange(marked.size)

    def _pair(self, cells: Ints, owners: Ints) -> Ints:
        return cells * self._shapes.size + owners

    @staticmethod
    def _span(low: Floats, high: Floats, cells: int) -> tuple[Ints, Ints]:
        """First and last cell of each interval, a hair wider."""
        first = np.clip(np.floor(low - _HAIR), 0, cells - 1).astype(np.int64)
        last = np.clip(np.floor(high + _HAIR), 0, cells - 1).astype(np.int64)
        return first, last


def _cut(edges: Edges) -> Edges:
    """The same edges, those longer than a few cells in pieces."""
    u0, v0, u1, v1, owner = edges
    du, dv = u1 - u0, v1 - v0
    pieces = np.maximum(1, np.ceil(np.maximum(np.abs(du), np.abs(dv)) / _LONGEST)).astype(np.int64)
    edge, step = _expand(pieces)
    start, stop = step / pieces[edge], (step + 1) / pieces[edge]
    u0, v0, du, dv = u0[edge], v0[edge], du[edge], dv[edge]
    return Edges(u0 + du * start, v0 + dv * start, u0 + du * stop, v0 + dv * stop, owner[edge])


def _expand(counts: Ints) -> tuple[Ints, NDArray[Any]]:
    """For counts (2, 0, 3): items (0, 0, 2, 2, 2) and steps (0, 1, 0, 1, 2)."""
    items = np.repeat(np.arange(counts.size), counts)
    steps = np.arange(items.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return items, steps
