"""The tree of divisions of the demo city: made up, or read from a real city's list (``--city FILE``)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from linli.config.demo.names import Namer
from linli.lib.errors import Invalid

COMMUNITIES_PER_TOWNSHIP = 5
TOWNSHIPS_PER_DISTRICT = 4
VILLAGES_FROM = 200
TOWNS_FROM = 100


@dataclass
class Division:
    """A node above the grids: city (4 digits), district (6), township (9) or community (12)."""

    code: str
    name: str
    children: list[Division] = field(default_factory=list)

    @property
    def leaves(self) -> int:
        """Number of communities below (at least one, since every node holds grids)."""
        return sum(child.leaves for child in self.children) or 1

    def at(self, width: int) -> Iterator[Division]:
        """The divisions below (or here) whose codes have ``width`` digits, in order."""
        if len(self.code) == width:
            yield self
        for child in self.children:
            yield from child.at(width)


def is_town(code: str) -> bool:
    """Whether a township code stands for a 镇 or 乡 (1xx, 2xx) and not for a 街道 (0xx)."""
    return len(code) == 9 and int(code[6:9]) >= TOWNS_FROM


def is_village(code: str) -> bool:
    """Whether a community code stands for a village (200 to 399), not for a residents' committee."""
    return len(code) >= 12 and VILLAGES_FROM <= int(code[9:12]) < 400


def fictional(rng: np.random.Generator, namer: Namer, *, scale: float) -> Division:
    """The made-up city: 3 districts, 12 townships and 60 communities at scale 1."""
    words = namer.words
    city = Division(words["city"]["code"], words["city"]["name"])
    townships = max(3, round(12 * scale))
    districts = max(3, round(3 * scale**0.5)) if scale > 1 else 3
    plans: list[dict[str, Any]] = [
        {"name": one["name"], "streets": list(one["streets"]), "towns": list(one["towns"])}
        for one in words["districts"]
    ]
    while len(plans) < districts:
        plans.append(
            {"name": f"{namer.stem()}{'县' if len(plans) % 2 else '区'}", "streets": [], "towns": []}
        )
    _fit(plans, townships, namer)
    communities = max(townships, round(60 * scale))
    quota = _shares(rng, communities, townships)
    for number, plan in enumerate(plans, 1):
        district = Division(f"{city.code}{number:02d}", plan["name"])
        city.children.append(district)
        for kind, first, names in (("街道", 1, plan["streets"]), ("镇", TOWNS_FROM, plan["towns"])):
            for offset, name in enumerate(names):
                township = Division(f"{district.code}{first + offset:03d}", name + kind)
                _people_with_communities(township, quota.pop(), kind == "镇", name, namer)
                district.children.append(township)
    return city


def _fit(plans: list[dict[str, Any]], townships: int, namer: Namer) -> None:
    """Add or take townships so that there are ``townships`` in all, one per district at least."""
    count = sum(len(plan["streets"]) + len(plan["towns"]) for plan in plans)
    turn = 0
    while count < townships or any(not plan["streets"] for plan in plans):
        short = [plan for plan in plans if not plan["streets"]]
        plan = short[0] if short else plans[turn % len(plans)]
        plan["towns" if not short and turn % 3 == 2 else "streets"].append(namer.stem())
        turn, count = turn + 1, count + 1
    while count > townships:
        plan = max(plans, key=lambda one: len(one["streets"]) + len(one["towns"]))
        plan["towns" if plan["towns"] else "streets"].pop()
        count -= 1


def _shares(rng: np.random.Generator, total: int, parts: int) -> list[int]:
    """``parts`` whole numbers of at least one that sum to ``total`` and differ as townships do."""
    shares = rng.dirichlet(np.full(parts, 18.0)) * (total - parts)
    whole = np.floor(shares).astype(int) + 1
    whole[np.argsort(np.floor(shares) - shares)[: total - int(whole.sum())]] += 1
    return [int(one) for one in whole]


def _people_with_communities(township: Division, count: int, is_town: bool, name: str, namer: Namer) -> None:
    committees = max(1, round(count * 0.4)) if is_town else count
    for index in range(count):
        village = index >= committees
        number = VILLAGES_FROM + index - committees if village else index + 1
        stem = name[:2] if index == 0 and not village else namer.stem()
        kind = "村" if village else "社区"
        township.children.append(Division(f"{township.code}{number:03d}", stem + kind))


def cities_in(path: Path) -> list[str]:
    """The codes of the cities that a file of divisions holds, in order. Refuses (``Invalid``) a bad file."""
    return _cities(_names(path))


def _cities(names: Iterable[str]) -> list[str]:
    return sorted({code[:4] for code in names if len(code) >= 6})


def from_file(path: Path, namer: Namer, *, city: str = "") -> Division:
    """A real city's divisions from a CSV (``code,name``) or JSON list, or nested JSON with ``children``.

    ``city`` picks one city (4 digits) when the file holds several. Levels that the file lacks are made up
    below what it has, with names that say so. Refuses (``Invalid``) a file in which no city is found.
    """
    names = _names(path)
    cities = _cities(names)
    if city:
        cities = [one for one in cities if one == city]
    if len(cities) != 1:
        found = "、".join(cities[:8]) or "没有"
        raise Invalid(fields={"city": f"文件中应有且只有一个城市，现有：{found}；可用“文件#4位城市代码”指定"})
    root = Division(cities[0], names.get(cities[0], f"{cities[0]}市"))
    mine = {code: name for code, name in names.items() if code.startswith(root.code)}
    _grow(root, mine, (6, 9, 12))
    for district in root.children or [_synthetic(root, 1, 2, "区")]:
        for township in district.children or [_synthetic(district, n, 3, "街道") for n in range(1, 5)]:
            if not township.children:
                township.children = [
                    Division(f"{township.code}{n:03d}", f"{namer.stem()}社区（示意）") for n in range(1, 6)
                ]
    return root


def _synthetic(parent: Division, number: int, digits: int, kind: str) -> Division:
    made = Division(f"{parent.code}{number:0{digits}d}", f"{parent.name}第{number}{kind}（示意）")
    parent.children.append(made)
    return made


def _grow(node: Division, names: dict[str, str], widths: tuple[int, ...]) -> None:
    if not widths:
        return
    width, *rest = widths
    for code in sorted(c for c in names if len(c) == width and c.startswith(node.code)):
        child = Division(code, names[code])
        _grow(child, names, tuple(rest))
        node.children.append(child)


def _names(path: Path) -> dict[str, str]:
    if not path.exists():
        raise Invalid(fields={"city": f"找不到文件 {path.name}"})
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="gb18030")
    if path.suffix.lower() == ".json":
        try:
            return dict(_walk(json.loads(text)))
        except json.JSONDecodeError as error:
            raise Invalid(fields={"city": f"{path.name} 不是有效的 JSON：第 {error.lineno} 行"}) from error
    return {row["code"]: row["name"] for row in csv.DictReader(text.splitlines()) if row.get("code")}


def _walk(nodes: Any) -> Iterator[tuple[str, str]]:
    for node in nodes if isinstance(nodes, list) else [nodes]:
        if isinstance(node, dict):
            if "code" in node and "name" in node:
                yield str(node["code"]), str(node["name"])
            yield from _walk(node.get("children", []))
