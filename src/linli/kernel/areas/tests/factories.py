"""A small city to test with: Linhu, three communities of which one is drawn and cut into four grids."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linli.kernel.areas import loading
from linli.kernel.areas.actions import EDIT
from linli.kernel.areas.loading import Loaded
from linli.lib.errors import NotAllowed

COMMUNITY = "990101001001"
ROWS = [
    ("9901", "临湖市"),
    ("990101", "东湖区"),
    ("990102", "西湖区"),
    ("990101001", "望江街道"),
    ("990101001001", "清泉社区"),
    ("990101001002", "杨柳社区"),
    ("990101001003", "新桥社区"),
]
STEP = 0.01  # a grid is about a kilometre wide
WEST, SOUTH = 120.0, 30.0


@dataclass(frozen=True)
class Clerk:
    """Somebody at a post who edits the tree."""

    area: str = "9901"
    post: int | None = 7
    system: bool = False
    allowed: bool = True

    def require(self, ability: str) -> None:
        if ability != EDIT or not self.allowed:
            raise NotAllowed(ability=ability)


def square(column: float, row: float, wide: float = 1, high: float = 1) -> dict[str, Any]:
    west, south = WEST + column * STEP, SOUTH + row * STEP
    east, north = west + wide * STEP, south + high * STEP
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def feature(code: Any, geometry: Any, name: str = "某网格", **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": code, "name": name, **properties},
        "geometry": geometry,
    }


def grid(number: int, column: float, row: float, **properties: Any) -> dict[str, Any]:
    return feature(f"{COMMUNITY}{number:03}", square(column, row), **{"name": f"第{number}网格"} | properties)


def write_geojson(path: Path, *features: Any, encoding: str = "utf-8", **members: Any) -> Path:
    document = {"type": "FeatureCollection", "features": list(features), **members}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding=encoding)
    return path


def load_city(folder: Path) -> None:
    path = folder / "city.csv"
    path.write_text("code,name\n" + "".join(f"{code},{name}\n" for code, name in ROWS), encoding="utf-8")
    loading.load_divisions(path)


FOUR = [grid(1, 0, 0), grid(2, 1, 0), grid(3, 0, 1), grid(4, 1, 1)]


def load_four(folder: Path) -> Loaded:
    """The city with one community of two by two grids."""
    load_city(folder)
    community = feature(COMMUNITY, square(0, 0, 2, 2), "")
    return loading.load_grids(write_geojson(folder / "four.geojson", community, *FOUR))
