"""Building the demo city, step by step."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from django.db import transaction

from linli.config import environment as env
from linli.config.demo import divisions, people, units
from linli.config.demo.cast import Cast
from linli.config.demo.geometry import CityMap, features, make_city
from linli.config.demo.names import Namer
from linli.config.demo.places import Place, make_places
from linli.config.demo.rhythm import Subject, draw_year
from linli.config.demo.year import build_year
from linli.domains.cases.models import Case, CaseState
from linli.domains.matters import queries as matters
from linli.domains.matters.kinds import Performer
from linli.domains.matters.loading import load_matters
from linli.kernel.areas import queries as areas
from linli.kernel.areas.loading import load_grids
from linli.kernel.areas.tree import Node
from linli.kernel.clocks.loading import load_calendar
from linli.kernel.clocks.queries import calendars
from linli.kernel.units.models import Post, Unit
from linli.kernel.units.queries import changed as units_changed
from linli.lib.errors import WrongState
from linli.lib.time import now

SEED = 9901
GRIDS = 400
CASES = 30_000
"""Both at scale 1."""

IN_FORCE_BEFORE = dt.timedelta(days=400)
"""Areas, units and posts are in force before the year of cases begins."""

ACCOUNTS = "demo.json"

Progress = Callable[[str, float], None]
"""What is being done, and the share of the whole that is done (0 to 1)."""


class CityThere(WrongState):
    code = "city_there"
    title = "数据目录里已有另一座城市，请换一个数据目录（--data）"


@dataclass(frozen=True)
class DemoCity:
    """What a start finds or has made."""

    name: str
    code: str
    is_new: bool
    accounts: tuple[dict[str, str], ...]
    """As in ``demo.json``: username, password, name, role, unit, area, about, token."""


@dataclass
class Making:
    """What the steps hand on to each other."""

    scale: float
    seed: int
    city_file: Path | None
    city_code: str
    until: dt.datetime
    data_dir: Path
    tell: Callable[[float], None] = lambda share: None
    """Shows the share of the present step that is done."""
    namer: Namer = field(init=False)
    city: CityMap = field(init=False)
    places: list[Place] = field(init=False)
    units: units.Units = field(init=False)
    unit_rows: list[Unit] = field(init=False)
    """In the order of ``units.planned``."""
    planned_posts: list[people.PlannedPost] = field(init=False)
    posts: list[Post] = field(init=False)
    """In the order of ``planned_posts``."""
    accounts: tuple[dict[str, str], ...] = ()

    @property
    def in_force_on(self) -> dt.date:
        return (self.until - IN_FORCE_BEFORE).date()

    @property
    def cases(self) -> int:
        """How many cases the year shall have."""
        return round(CASES * self.scale)


def build(
    *,
    scale: float = 1.0,
    seed: int = SEED,
    city: Path | None = None,
    progress: Progress | None = None,
    until: dt.datetime | None = None,
) -> DemoCity:
    """Make the demo city unless it is there, with a year of work that ends at ``until`` (now).

    ``scale`` multiplies grids, communities and cases. ``city`` is a file with a real city's divisions
    (``FILE`` or ``FILE#code`` where it holds several): their names then stand on made-up borders.
    A city that is there is used when it is one of the file's, or when no file was named. Refuses
    ``CityThere`` where the database holds a city that was not asked for, ``Invalid`` for a bad file.
    """
    data_dir = env.data_dir()
    path, _, code = str(city or "").partition("#")
    there = areas.cities()
    if there:
        if path:
            _refuse_another(there[0], Path(path), code)
        return DemoCity(there[0].name, there[0].code, False, _read_accounts(data_dir))
    making = Making(scale, seed, Path(path) if path else None, code, until or now(), data_dir)
    with transaction.atomic():
        for number, (title, step) in enumerate(STEPS):
            making.tell = _teller(progress, title, number)
            making.tell(0.0)
            step(making)
    if progress is not None:
        progress("演示城市已建成", 1.0)
    return DemoCity(making.city.name, making.city.code, True, making.accounts)


def _refuse_another(there: Node, path: Path, code: str) -> None:
    """Refuse where the city that is there is not the one, or not one of those, that the file stands for."""
    wanted = [code] if code else divisions.cities_in(path)
    if there.code not in wanted:
        asked = "、".join(wanted[:8]) or "没有城市"
        raise CityThere(
            f"数据目录里已有「{there.name}」（{there.code}），而 {path.name} 要的是：{asked}。"
            "请用 --data 另选一个空的数据目录（another city is there; choose another data directory）"
        )


def subjects_of(area: str, on: dt.date) -> list[Subject]:
    """The matters from which cases arise: those of the lists in force that some function leads."""
    return [
        Subject(
            code=one.code,
            name=one.name,
            category=one.category,
            function=one.lead_function,
            for_grid_worker=Performer.GRID_WORKER in one.performers,
        )
        for kind in ("grid", "city")
        for one in sorted(matters.current(kind, on, area=area), key=lambda matter: matter.code)
        if one.active
    ]


def _draw(making: Making) -> None:
    rng = np.random.default_rng([making.seed, 0])
    making.namer = Namer(rng)
    if making.city_file is None:
        tree = divisions.fictional(rng, making.namer, scale=making.scale)
        making.city = make_city(tree, seed=making.seed, grids=round(GRIDS * making.scale))
    else:
        tree = divisions.from_file(making.city_file, making.namer, city=making.city_code)
        making.city = make_city(tree, seed=making.seed, is_synthetic=True)
    making.places = make_places(making.city, making.namer, seed=making.seed)


def _load_areas(making: Making) -> None:
    """All levels in one file, through the door by which a real city's borders come in."""
    collection: dict[str, Any] = {"type": "FeatureCollection", "features": []}
    for width in sorted(making.city.areas):
        collection["features"] += features(making.city, width)["features"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "demo.geojson"
        file.write_bytes(orjson.dumps(collection))
        load_grids(
            file,
            on=making.in_force_on,
            source="演示：虚构边界" if not making.city.is_synthetic else "演示：区划名称为真，边界为虚构示意",
            progress=lambda done, whole: making.tell(done / max(1, whole)),
        )


def _load_calendar(making: Making) -> None:
    for file in sorted((env.CHECKOUT / "data" / "holidays").glob("*.json")):
        load_calendar(file)


def _load_matters(making: Making) -> None:
    load_matters(env.CHECKOUT / "data" / "matters", area=making.city.code)


def _create_units(making: Making) -> None:
    making.units = units.plan_units(making.city, making.namer)
    making.unit_rows = units.create_units(making.units, on=making.in_force_on)
    units_changed()


def _create_posts(making: Making) -> None:
    making.planned_posts = people.plan_posts(making.city, making.units, making.namer)
    making.posts = people.create_posts(making.planned_posts, making.unit_rows, on=making.in_force_on)


def _live_the_year(making: Making) -> None:
    subjects = subjects_of(making.city.code, making.in_force_on)
    plan = draw_year(
        subjects,
        making.places,
        making.city,
        count=making.cases,
        until=making.until,
        is_workday=calendars().of("office").is_workday,
        seed=making.seed,
    )
    posts = Post.objects.select_related("unit", "account").order_by("pk")
    build_year(
        plan,
        [grid.code for grid in making.city.grids],
        making.places,
        Cast(posts, random.Random(making.seed)),
        until=making.until,
        seed=making.seed,
        tell=making.tell,
    )


def _write_accounts(making: Making) -> None:
    handled = Case.objects.filter(state=CaseState.HANDLED).values_list("area", flat=True)
    people.show_where_work_waits(making.planned_posts, making.posts, Counter(handled))
    shown = people.show_accounts(making.planned_posts, making.posts, making.city)
    making.accounts = tuple(dataclasses.asdict(account) for account in shown)
    file = making.data_dir / ACCOUNTS
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(orjson.dumps(making.accounts, option=orjson.OPT_INDENT_2))


STEPS: tuple[tuple[str, Callable[[Making], None]], ...] = (
    ("描绘城市", _draw),
    ("载入区域和网格", _load_areas),
    ("载入节假日", _load_calendar),
    ("公布事项清单", _load_matters),
    ("建立单位", _create_units),
    ("建立账号和岗位", _create_posts),
    ("演一年的办件", _live_the_year),
    ("写出演示账号", _write_accounts),
)
"""In order; each takes what the ones before it left in ``Making``."""


def _teller(progress: Progress | None, title: str, number: int) -> Callable[[float], None]:
    def tell(share: float) -> None:
        if progress is not None:
            progress(title, min(0.999, (number + share) / len(STEPS)))

    return tell


def _read_accounts(data_dir: Path) -> tuple[dict[str, str], ...]:
    file = data_dir / ACCOUNTS
    return tuple(orjson.loads(file.read_bytes())) if file.exists() else ()
