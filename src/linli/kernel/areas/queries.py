"""Reads of the tree for pages and the API. Names and paths come from memory: no page asks per row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np
import orjson
import shapely
from django.db.models import Q
from django.db.models.functions import Length
from shapely.geometry.base import BaseGeometry

from linli.kernel.areas.boundaries import METRES_PER_DEGREE, shapes_of
from linli.kernel.areas.errors import AreaNotFound
from linli.kernel.areas.levels import Level, ancestors, is_code, parent_of
from linli.kernel.areas.models import Area
from linli.kernel.areas.tree import Held, Node, held_tree

SEPARATOR = " › "
_MOST_MAPS = 64


def node(code: str) -> Node:
    """The area of ``code``, also a retired one. Refuses with ``AreaNotFound``."""
    found = held_tree.get().nodes([code]).get(code)
    if found is None:
        raise AreaNotFound(area=code)
    return found


def is_known(code: str) -> bool:
    """Whether there is, or was, an area of ``code``."""
    return code in held_tree.get().nodes([code])


def cities() -> list[Node]:
    """The cities at the top of the tree, by code."""
    return list(_cities.get())


def _read_cities() -> list[Node]:
    codes = Area.objects.current().filter(level=Level.CITY).values_list("code", flat=True)
    nodes = held_tree.get().nodes(codes)
    return [nodes[code] for code in sorted(nodes)]


_cities = Held(_read_cities)


def children(code: str) -> list[Node]:
    """The areas in force one level below ``code``, by code; the cities for ``""``."""
    if not code:
        return cities()
    return [one for one in subtree(code) if parent_of(one.code) == code]


def subtree(code: str) -> list[Node]:
    """The area ``code`` and everything below it that is in force, by code."""
    return [one for one in held_tree.get().under(code) if one.is_current] if is_code(code) else []


def name_of(code: str) -> str:
    """The name of an area, also of a retired one; the code itself where nothing is known of it."""
    return names_of([code])[code]


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """``name_of`` for many codes."""
    wanted = list(codes)
    nodes = held_tree.get().nodes(wanted)
    return {code: nodes[code].name if code in nodes else code for code in wanted}


def path_of(code: str, *, below: str = "") -> str:
    """Names from the city down, ``示例市 › 东湖区 › …``; only those below ``below`` if it is given."""
    return paths_of([code], below=below)[code]


def paths_of(codes: Iterable[str], *, below: str = "") -> dict[str, str]:
    """``path_of`` for many codes."""
    chains = {code: (*(ancestors(code) if is_code(code) else ()), code) for code in codes}
    nodes = held_tree.get().nodes({one for chain in chains.values() for one in chain})
    return {
        code: SEPARATOR.join(nodes[one].name for one in chain if one in nodes and not below.startswith(one))
        or names_of([code])[code]
        for code, chain in chains.items()
    }


def today_of(codes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The areas in force that carry on from each code: itself, or the end of its chain of successors.

    Empty where an area was retired without a successor, or is unknown. With it figures of the past are
    told by today's tree.
    """
    return {code: tuple(sorted(_heirs(code, set()))) for code in codes}


def _heirs(code: str, visited: set[str]) -> set[str]:
    if code in visited:
        return set()
    visited.add(code)
    found = held_tree.get().nodes([code]).get(code)
    if found is None:
        return set()
    if found.is_current:
        return {code}
    return set().union(*(_heirs(heir, visited) for heir in found.successors))


def version_on(code: str, day: dt.date) -> Area:
    """The version of an area that was in force on a day. Refuses with ``AreaNotFound``."""
    area = Area.objects.on(day).filter(code=code).order_by("-valid_from", "-id").first()
    if area is None:
        raise AreaNotFound(area=code)
    return area


def history(code: str) -> list[Area]:
    """All versions of an area, the oldest first."""
    return list(Area.objects.filter(code=code).order_by("valid_from", "id").defer("boundary"))


def search(text: str, *, within: str = "", limit: int = 20) -> list[Node]:
    """Areas in force whose name holds every word of ``text``, or whose code begins with it.

    The higher levels come first, then by code.
    """
    words = text.split()
    if not words:
        return []
    named = Q()
    for word in words:
        named &= Q(name__icontains=word)
    found = Area.objects.current().under(within).filter(named | Q(code__startswith=words[0]))
    codes = found.order_by(Length("code"), "code").values_list("code", flat=True)[:limit]
    nodes = held_tree.get().nodes(codes)
    return [nodes[code] for code in codes if code in nodes]


def polygon(code: str) -> BaseGeometry | None:
    """The boundary of an area (of a retired one the last), None where none was loaded."""
    rows = Area.objects.filter(code=code).order_by("-valid_from", "-id").values_list("boundary", flat=True)
    if not rows:
        raise AreaNotFound(area=code)
    return shapely.from_wkb(bytes(rows[0])) if rows[0] is not None else None


def grids_geojson(prefix: str, *, level: Level = Level.GRID, simplify: float = 0.0) -> bytes:
    """The boundaries in force under ``prefix`` as a GeoJSON FeatureCollection (properties code, name, kind).

    ``simplify`` is in metres: what is smaller may go. Shared borders are simplified once for both sides,
    so that no gaps open between neighbours. Made once per version of the tree.
    """
    maps = _maps.get()
    key = (prefix, level, simplify)
    if key not in maps:
        if len(maps) >= _MOST_MAPS:
            maps.clear()
        maps[key] = _draw_map(prefix, level, simplify)
    return maps[key]


def _draw_map(prefix: str, level: Level, simplify: float) -> bytes:
    rows = list(
        Area.objects.current()
        .under(prefix)
        .filter(level=level, boundary__isnull=False)
        .order_by("code")
        .values_list("code", "name", "kind", "boundary")
    )
    shapes = shapes_of(row[3] for row in rows)
    digits = 7  # a centimetre
    if simplify and rows:
        # the tolerance is the side of the square whose area a removed corner may have
        shapes = shapely.coverage_simplify(shapes, simplify / METRES_PER_DEGREE)
        digits = 6
    features = [
        {
            "type": "Feature",
            "id": int(code),
            "properties": {"code": code, "name": name, "kind": kind},
            "geometry": _geometry(shape, digits),
        }
        for (code, name, kind, _), shape in zip(rows, shapes, strict=True)
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def _geometry(shape: BaseGeometry, digits: int) -> dict[str, object]:
    polygons = [
        [
            np.round(shapely.get_coordinates(ring), digits).tolist()
            for ring in (part.exterior, *part.interiors)
        ]
        for part in shapely.get_parts(shape)
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _no_maps() -> dict[tuple[str, Level, float], bytes]:
    return {}


_maps = Held(_no_maps)
