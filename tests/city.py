"""A small city for tests: two districts, three townships, six communities, twelve square grids, all units.

    990101  东湖区    990101001 柳湾街道   990101002 石桥街道
    990102  西山区    990102101 青坪镇

Grids are squares of 0.01 degree in a row from longitude 110.00, latitude 30.00; ``centre_of(code)`` is the
middle of one. The data is loaded once for a test session; tests that empty tables load it anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from linli.domains.matters.loading import load_matters
from linli.kernel.access.actor import Actor, actor_of
from linli.kernel.areas.loading import load_grids
from linli.kernel.areas.models import Area
from linli.kernel.clocks.loading import load_calendar
from linli.kernel.records.editions import drop_all
from linli.kernel.records.ids import forget_blocks
from linli.kernel.units import queries as units
from linli.kernel.units.models import Account, Post, Unit, UnitKind

ROOT = Path(__file__).resolve().parents[1]
CITY = "9901"
TOWNSHIPS = {
    "990101001": "柳湾街道",
    "990101002": "石桥街道",
    "990102101": "青坪镇",
}
DISTRICTS = {"990101": "东湖区", "990102": "西山区"}
SIDE = 0.01
WEST, SOUTH = 110.0, 30.0
FUNCTIONS = {
    "城市管理局": ["urban_management", "gardens"],
    "消防救援大队": ["fire"],
    "住房城乡建设局": ["housing", "property"],
    "公安分局": ["police", "traffic"],
    "生态环境局": ["ecology", "water"],
    "卫生健康局": ["health"],
    "应急管理局": ["emergency"],
    "市场监管局": ["market"],
    "民政局": ["civil"],
}


def grids() -> list[str]:
    return [
        f"{township}{community:03d}{grid:03d}"
        for township in TOWNSHIPS
        for community in (1, 2)
        for grid in (1, 2)
    ]


def centre_of(grid: str) -> tuple[float, float]:
    """(lng, lat) of the middle of a grid."""
    return WEST + SIDE * (grids().index(grid) + 0.5), SOUTH + SIDE / 2


def _square(first: int, count: int) -> dict[str, object]:
    # corners by the same arithmetic for every neighbour, so that shared edges are identical
    west, east = round(WEST + SIDE * first, 6), round(WEST + SIDE * (first + count), 6)
    ring = [[west, SOUTH], [east, SOUTH], [east, SOUTH + SIDE], [west, SOUTH + SIDE], [west, SOUTH]]
    return {"type": "Polygon", "coordinates": [ring]}


def _features() -> list[dict[str, object]]:
    codes = grids()
    names = {CITY: "云汀市", **DISTRICTS, **TOWNSHIPS}
    for code in codes:
        names.setdefault(code[:12], f"第{code[11]}社区")
        names[code] = f"第{code[14]}网格"
    features = []
    for code, name in sorted(names.items(), key=lambda item: (len(item[0]), item[0])):
        inside = [i for i, grid in enumerate(codes) if grid.startswith(code)]
        geometry = _square(inside[0], len(inside))
        features.append({"type": "Feature", "properties": {"code": code, "name": name}, "geometry": geometry})
    return features


@dataclass
class City:
    """What tests need at hand: units by name, posts by a short word."""

    units: dict[str, Unit] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)

    def actor(self, word: str) -> Actor:
        return actor_of(self.posts[word])

    def unit(self, name: str) -> int:
        return int(self.units[name].pk)


def _units() -> None:
    def unit(name: str, kind: str, area: str, functions: list[str] | None = None) -> None:
        Unit.objects.create(name=name, kind=kind, area=area, functions=functions or [])

    unit("市综治中心", UnitKind.CENTRE, CITY, ["centre"])
    for district, title in DISTRICTS.items():
        unit(f"{title}综治中心", UnitKind.CENTRE, district, ["centre"])
        for name, functions in FUNCTIONS.items():
            unit(f"{title}{name}", UnitKind.DEPARTMENT, district, functions)
    for township, title in TOWNSHIPS.items():
        unit(f"{title}综治中心", UnitKind.CENTRE, township, ["centre"])
        unit(f"{title}办事处", UnitKind.GOVERNMENT, township, ["township"])
        for number in (1, 2):
            code = f"{township}{number:03d}"
            unit(f"{title}第{number}社区居委会", UnitKind.COMMITTEE, code, ["committee"])
    units.changed()


# What a post is called in tests, and its unit, role and area.
_POSTS: dict[str, tuple[str, str, str]] = {
    "worker": ("柳湾街道综治中心", "grid_worker", "990101001001001"),
    "other_worker": ("石桥街道综治中心", "grid_worker", "990101002001001"),
    "committee": ("柳湾街道第1社区居委会", "committee_clerk", "990101001001"),
    "dispatcher": ("柳湾街道综治中心", "dispatcher", "990101001"),
    "other_dispatcher": ("石桥街道综治中心", "dispatcher", "990101002"),
    "head": ("柳湾街道综治中心", "centre_head", "990101001"),
    "district_dispatcher": ("东湖区综治中心", "dispatcher", "990101"),
    "far_dispatcher": ("西山区综治中心", "dispatcher", "990102"),
    "city_dispatcher": ("市综治中心", "dispatcher", CITY),
    "urban": ("东湖区城市管理局", "clerk", "990101"),
    "fire": ("东湖区消防救援大队", "clerk", "990101"),
    "police": ("东湖区公安分局", "clerk", "990101"),
    "far_urban": ("西山区城市管理局", "clerk", "990102"),
    "supervisor": ("东湖区综治中心", "supervisor", "990101"),
    "leader": ("东湖区综治中心", "leader", "990101"),
    "mayor": ("市综治中心", "leader", CITY),
    "system_admin": ("市综治中心", "system_admin", CITY),
    "security_admin": ("市综治中心", "security_admin", CITY),
    "audit_admin": ("市综治中心", "audit_admin", CITY),
}


def build(folder: Path) -> None:
    """Load the city: areas, calendars, matters, units, posts (all with password ``linli-test-2026``)."""
    forget_blocks()
    drop_all()
    path = folder / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": _features()}, ensure_ascii=False))
    load_grids(path, source="测试城市")
    for year in sorted((ROOT / "data" / "holidays").glob("*.json")):
        load_calendar(year)
    load_matters(ROOT / "data" / "matters", area=CITY)
    _units()
    by_name = {unit.name: unit for unit in Unit.objects.all()}
    for word, (unit, role, area) in _POSTS.items():
        account = Account.objects.create_user(word, "linli-test-2026", name=word)
        Post.objects.create(account=account, unit=by_name[unit], role=role, area=area, title=role)


def read() -> City:
    """The city as it stands in the database."""
    found = City(units={unit.name: unit for unit in Unit.objects.all()})
    posts = Post.objects.select_related("account", "unit")
    found.posts = {post.account.username: post for post in posts}
    return found


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in the city come last: the others begin with empty tables, which it would fill for good."""
    items.sort(key=lambda item: "_city_loaded" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def _city_loaded(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The city stands in the test database before the first test; tests roll back to it."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        if not Area.objects.exists():
            build(tmp_path_factory.mktemp("city"))


@pytest.fixture
def city(_city_loaded: None, db: None, tmp_path: Path) -> Iterator[City]:
    """The small city; built anew where an earlier test has emptied the tables."""
    if not Area.objects.exists():
        build(tmp_path)
    drop_all()
    forget_blocks()
    yield read()
    drop_all()
