"""The units of the demo city: centres, governments, departments, stations, committees, companies."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from linli.config.demo.data import read
from linli.config.demo.geometry import CityMap, PlannedArea
from linli.config.demo.names import Namer
from linli.kernel.units.models import Unit, UnitKind

LEVELS = {4: "city", 6: "district", 9: "township", 12: "community", 15: "grid"}
BRANCH_ENDINGS = ("自治县", "街道", "镇", "乡", "区", "县", "市")


@dataclass(frozen=True)
class PlannedUnit:
    """A unit as it is going to be created."""

    name: str
    short_name: str
    kind: str
    area: str
    functions: tuple[str, ...]
    parent: int | None = None
    """Index of the unit above, in the same list and before this one."""

    @property
    def level(self) -> str:
        return LEVELS[len(self.area)]


@dataclass(frozen=True)
class Units:
    """All units, and who is responsible for what where."""

    planned: list[PlannedUnit]

    @cached_property
    def _by_duty(self) -> dict[tuple[str, str], list[int]]:
        found: dict[tuple[str, str], list[int]] = {}
        for index, unit in enumerate(self.planned):
            for function in unit.functions:
                found.setdefault((function, unit.area), []).append(index)
        return found

    def responsible(self, function: str, area: str, *, from_width: int = 12) -> int | None:
        """Index of the nearest unit that carries ``function`` for ``area``: its own level first, then above.

        ``from_width`` is the lowest level looked at (9 skips committees, 6 goes straight to the district).
        None where no unit carries it.
        """
        for width in (12, 9, 6, 4):
            if width <= min(from_width, len(area)):
                units = self._by_duty.get((function, area[:width]))
                if units:
                    # several property companies share a township: each keeps to its communities
                    return units[int(area[9:12] or 0) % len(units)]
        return None


def plan_units(city: CityMap, namer: Namer) -> Units:
    """The units of all levels, those above before those below."""
    planned: list[PlannedUnit] = []
    whole = city.areas[4][0]
    _level_of_government(planned, whole, None, "人民政府", ())
    for district in city.areas[6]:
        _level_of_government(planned, district, whole, "人民政府", ())
    _departments(planned, city)
    for township in city.areas[9]:
        above = city.named(township.code[:6])
        ending = "办事处" if township.name.endswith("街道") else "人民政府"
        _level_of_government(planned, township, above, ending, ("township",))
    _stations(planned, city)
    centres = {unit.area: index for index, unit in enumerate(planned) if unit.kind == UnitKind.CENTRE}
    for community in city.areas[12]:
        village = community.name.endswith("村")
        name = f"{community.name}{'村民' if village else '居民'}委员会"
        short = f"{community.name}委会" if village else f"{community.name}居委会"
        planned.append(
            PlannedUnit(
                name,
                short[:30],
                UnitKind.COMMITTEE,
                community.code,
                ("committee",),
                centres[community.code[:9]],
            )
        )
    _property_companies(planned, city, namer)
    return Units(planned)


def create_units(units: Units, *, on: dt.date) -> list[Unit]:
    """Write the units, in force from ``on``; returns them in the order of ``units.planned``."""
    rows = [
        Unit(
            name=unit.name,
            short_name=unit.short_name,
            kind=unit.kind,
            area=unit.area,
            functions=list(unit.functions),
            valid_from=on,
        )
        for unit in units.planned
    ]
    # a unit's parent is always one level up, so that ids are known when the next level is written
    for level in LEVELS.values():
        batch = [index for index, unit in enumerate(units.planned) if unit.level == level]
        for index in batch:
            parent = units.planned[index].parent
            rows[index].parent = rows[parent] if parent is not None else None
        Unit.objects.bulk_create([rows[index] for index in batch], batch_size=2000)
    return rows


def _level_of_government(
    planned: list[PlannedUnit],
    area: PlannedArea,
    above: PlannedArea | None,
    ending: str,
    functions: tuple[str, ...],
) -> None:
    """The government of an area and its governance centre."""
    index = {(unit.kind, unit.area): number for number, unit in enumerate(planned)}
    over = above.code if above else ""
    government = index.get((UnitKind.GOVERNMENT, over))
    short = f"{area.name}{'办' if ending == '办事处' else '政府'}"
    planned.append(
        PlannedUnit(f"{area.name}{ending}", short, UnitKind.GOVERNMENT, area.code, functions, government)
    )
    planned.append(
        PlannedUnit(
            f"{area.name}社会治安综合治理中心",
            f"{area.name}综治中心",
            UnitKind.CENTRE,
            area.code,
            ("centre",),
            index.get((UnitKind.CENTRE, over)),
        )
    )


def _departments(planned: list[PlannedUnit], city: CityMap) -> None:
    """Departments, public companies and mass organisations of the city and of each district."""
    whole = city.areas[4][0]
    for function, words in read("units")["functions"].items():
        above = len(planned)
        names = {"c": whole.name, "cc": stem_of(whole.name)}
        planned.append(
            PlannedUnit(
                words["city"].format(**names), words["short"][0], words["kind"], whole.code, (function,)
            )
        )
        for district in city.areas[6]:
            own = names | {"d": district.name, "ds": stem_of(district.name)}
            planned.append(
                PlannedUnit(
                    words["district"].format(**own),
                    words["short"][1].format(**own),
                    words["kind"],
                    district.code,
                    (function,),
                    above,
                )
            )


def _stations(planned: list[PlannedUnit], city: CityMap) -> None:
    """Stations of departments in each township."""
    above = {
        (unit.functions[0], unit.area): index
        for index, unit in enumerate(planned)
        if unit.level == "district" and unit.functions
    }
    for township in city.areas[9]:
        own = {"t": township.name, "s": stem_of(township.name)}
        for function, words in read("units")["functions"].items():
            if "township" in words:
                planned.append(
                    PlannedUnit(
                        words["township"].format(**own),
                        words["short"][2].format(**own),
                        words["kind"],
                        township.code,
                        (function,),
                        above[function, township.code[:6]],
                    )
                )


def _property_companies(planned: list[PlannedUnit], city: CityMap, namer: Namer) -> None:
    """Property companies: one for about three communities of a township."""
    words = read("units")["property_words"]
    sizes: dict[str, int] = {}
    for community in city.areas[12]:
        sizes[community.code[:9]] = sizes.get(community.code[:9], 0) + 1
    number = 0
    for township in city.areas[9]:
        for _ in range(max(1, round(sizes[township.code] / 3))):
            brand = words[number % len(words)]
            name = f"{brand}物业服务有限公司{stem_of(township.name)}"
            turn = number // len(words)
            planned.append(
                PlannedUnit(
                    f"{name}{f'第{turn + 1}' if turn else ''}项目部",
                    f"{brand}物业{stem_of(township.name)}"[:30],
                    UnitKind.PROPERTY,
                    township.code,
                    ("property",),
                )
            )
            number += 1


def stem_of(name: str) -> str:
    """A place's name without its kind: 望澜区 → 望澜."""
    for ending in BRANCH_ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending)
    return name
