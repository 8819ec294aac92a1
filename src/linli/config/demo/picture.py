"""The demo city as a drawing (SVG): to look at what the generator made, and for the handbook."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from linli.config.demo.geometry import CityMap, PlannedArea
from linli.config.demo.terrain import Points
from linli.config.demo.tiling import Bend

TINTS = ("#f3ead7", "#e4ecd9", "#dfe8ee", "#f0e0de", "#e9e3f0", "#e0ede9", "#f4e6cf", "#e6e6dc")
STRENGTHS = ((15, "#a8a294", 0.5), (12, "#7d776a", 0.9), (9, "#4f5d75", 1.8), (6, "#9b2c2c", 3.2))


def svg(city: CityMap, *, width: int = 1400) -> str:
    """The city ``width`` pixels wide: grids, communities, townships, districts, water, roads, names."""
    west, south, east, north = city.areas[4][0].polygon.bounds
    squeeze = float(np.cos(np.deg2rad((south + north) / 2)))
    factor = width * 0.94 / ((east - west) * squeeze)
    height = int((north - south) * factor + width * 0.06)

    def place(points: Points) -> Points:
        x = (points[:, 0] - west) * squeeze * factor + width * 0.03
        return np.column_stack([x, (north - points[:, 1]) * factor + width * 0.03])

    def path(shape: BaseGeometry) -> str:
        return _path(shapely.transform(shape, place))

    townships = [area.code for area in city.areas[9]]
    sea = path(next(shape for kind, shape in city.ground if kind == "sea"))
    body = [f'<rect width="{width}" height="{height}" fill="#f6f5f1"/><path d="{sea}" fill="#cfe3ee"/>']
    body += [
        f'<path d="{path(grid.polygon)}" fill="{_fill(grid, townships)}" stroke="{STRENGTHS[0][1]}" '
        f'stroke-width="{STRENGTHS[0][2]}"/>'
        for grid in city.grids
    ]
    for code_width, colour, strength in STRENGTHS[1:]:
        body += [
            f'<path d="{path(area.polygon)}" fill="none" stroke="{colour}" stroke-width="{strength}"/>'
            for area in city.areas[code_width]
        ]
    for kind, shape in city.ground:
        drawn = path(shape)
        if kind == "river":
            body.append(f'<path d="{drawn}" fill="#b5d4e6"/>')
        elif kind == "road":
            body.append(f'<path d="{drawn}" fill="none" stroke="#ffffff" stroke-width="3"/>')
            body.append(f'<path d="{drawn}" fill="none" stroke="#e0b15e" stroke-width="1.6"/>')
    for code_width, size in ((9, 15), (6, 24)):
        body += [_label(area, place, size) for area in city.areas[code_width]]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'font-family="Noto Sans CJK SC, sans-serif">{"".join(body)}</svg>'
    )


def _fill(grid: PlannedArea, townships: list[str]) -> str:
    return "#c9b8d8" if grid.purpose else TINTS[townships.index(grid.code[:9]) % len(TINTS)]


def _label(area: PlannedArea, place: Bend, size: int) -> str:
    point = shapely.transform(shapely.point_on_surface(area.polygon), place)
    return (
        f'<text x="{point.x:.0f}" y="{point.y:.0f}" font-size="{size}" text-anchor="middle" fill="#222" '
        f'stroke="#fff" stroke-width="3" paint-order="stroke">{area.name}</text>'
    )


def _path(shape: BaseGeometry) -> str:
    pieces = []
    for part in shapely.get_parts(shape):
        rings = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
        for ring in rings:
            steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(ring))
            pieces.append(f"M{steps}" + ("Z" if part.geom_type == "Polygon" else ""))
    return "".join(pieces)
